/** Private sources work by every way of giving credentials, and no secret is found anywhere afterwards. */

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { describeWithEngine } from './support/engine';
import { killRunning } from './support/nx-process';
import { makeRepository } from './support/private-index';
import { PrivateSources } from './support/private-sources';
import { resolveAs } from './support/resolve-as';
import {
  describeWithSshd,
  makeKey,
  startSshAgent,
  startSshServer,
  type SshAgent,
  type SshKey,
  type SshServer,
} from './support/ssh-server';

const HOST = ['--engine=host'];

describeWithEngine('private sources', () => {
  let sources: PrivateSources;
  /** `host:port` */
  let at: string;

  beforeAll(async () => {
    sources = new PrivateSources();
    await sources.start();
    at = `127.0.0.1:${sources.index.port}`;
  });
  afterEach(killRunning);
  afterAll(() => sources.stop());

  it('finds a secret in any of the forms that are looked for', () => {
    const { canaries, directory } = sources;
    const secret = canaries.create('planted');
    const texts = {
      plain: secret,
      encoded: encodeURIComponent(secret),
      basic: Buffer.from(`me:${secret}`).toString('base64'),
      alone: Buffer.from(secret).toString('base64'),
      within: Buffer.from(`x${secret}y`).toString('base64'),
    };
    for (const [form, text] of Object.entries(texts)) {
      expect(canaries.inText(form, `before ${text} after`)).toEqual([`${form}: planted`]);
    }
    const planted = join(directory, 'planted');
    mkdirSync(planted);
    writeFileSync(join(planted, 'a.zip'), zipSync({ 'deep.txt': strToU8(secret) }));
    expect(canaries.inFiles(planted)).toEqual([`${join(planted, 'a.zip')}!deep.txt: planted`]);
  });

  describe('with credentials in the URLs of requirements files', () => {
    const variables = () => ({
      WHO: 'me',
      INDEX_PW: sources.encoded('simple'),
      INDEX_HOST: '127.0.0.1',
      GIT_PW: sources.encoded('git'),
    });

    beforeAll(() => {
      const { commit, port } = sources.index;
      sources.service('files', [
        `--index-url http://\${WHO}:\${INDEX_PW}@\${INDEX_HOST}:${port}/simple`,
        `--extra-index-url http://me:${sources.encoded('extra')}@${at}/extra`,
        'plain==1.0',
        'extra==1.0',
        '# old: http://me:${UNSET}@nowhere/simple',
        'fromsource==1.0',
        `gitproject @ git+http://me:\${GIT_PW}@${at}/git/project.git@${commit}`,
      ]);
    });

    it('says who refuses wrong ones, and names a variable that is not set', async () => {
      const wrong = sources.encoded('wrong');
      expect(await sources.fail('files', { ...variables(), INDEX_PW: wrong })).toContain(
        `error[INDEX_ACCESS_DENIED]: the index at ${at} requires different credentials (401)`,
      );
      expect(await sources.fail('files', { ...variables(), GIT_PW: wrong })).toContain(
        `error[GIT_ACCESS_DENIED]: git has no valid credentials for http://${at}/git/project.git`,
      );
      expect(await sources.fail('files', { ...variables(), INDEX_PW: undefined })).toContain(
        '`services/files/requirements.txt` uses `${INDEX_PW}`, but the environment variable INDEX_PW is not set',
      );
    });

    it('builds wheels, from an index, from source and from git', async () => {
      expect(await sources.succeed('files', variables())).toEqual([
        'extra',
        'fromsource',
        'gitproject',
        'plain',
      ]);
      const seen = [...sources.processes.seen];
      // The pip that pip starts, and git, were there to be seen.
      expect(seen.some((line) => /guarded_pip\.py .*buildhelper==1\.0$/.test(line))).toBe(true);
      expect(seen.some((line) => /^git clone .*project\.git/.test(line))).toBe(true);
    });

    it('installs them, which records where each came from', async () => {
      expect(await sources.succeed('files', variables(), ['--dependencies=install'])).toContain(
        'gitproject',
      );
      expect(sources.workspace.packagePaths('services/files')).toContain(
        'gitproject-1.0.dist-info/direct_url.json',
      );
    });

    it('needs no credentials for the same wheels', async () => {
      const environment = { ...variables(), INDEX_PW: undefined, GIT_PW: undefined };
      const { code, output } = await sources.build('files', environment, ['--skip-nx-cache']);
      expect(output).toContain('from the wheel store');
      expect(code).toBe(0);
    });
  });

  it('takes pip.conf and a netrc, for pip and for git, and warns of a branch', async () => {
    const { port, granted } = sources.index;
    // A netrc knows hosts, neither ports nor paths: another name of the host has another password.
    sources.service('conf', [
      `--extra-index-url http://localhost:${port}/netrc`,
      'plain==1.0',
      'extra==1.0',
      `gitproject @ git+http://localhost:${port}/netrc/git/project.git@main`,
    ]);
    const environment = {
      PIP_CONFIG_FILE: sources.write(
        'pip.conf',
        `[global]\nindex-url = http://me:${sources.encoded('conf')}@${at}/conf\n`,
      ),
      NETRC: sources.write(
        'netrc',
        [
          `machine elsewhere login me password ${sources.canaries.create('unrelated')}`,
          'machine localhost',
          `  login me\n  password ${sources.password('netrc')}\n`,
        ].join('\n'),
      ),
    };
    const { code, output } = await sources.build('conf', environment);
    expect(output).toContain(`warning: git+http://localhost:${port}/netrc/git/project.git@main`);
    expect(output).toContain(
      `\`git ls-remote http://localhost:${port}/netrc/git/project.git main\``,
    );
    expect(code).toBe(0);
    expect(granted.some((url) => url.startsWith('/netrc/extra'))).toBe(true);
    expect(granted.some((url) => url.startsWith('/conf/extra'))).toBe(true);
  });

  it('takes them on the host way too, which refuses repositories', async () => {
    const { port } = sources.index;
    sources.service('host', [
      `--extra-index-url http://me:\${EXTRA_PW}@${at}/extra`,
      'plain==1.0',
      'extra==1.0',
    ]);
    const netrc = `machine localhost login me password ${sources.password('netrc')}\n`;
    writeFileSync(join(sources.home, '.netrc'), netrc, { mode: 0o600 });
    const environment = {
      PIP_INDEX_URL: `http://localhost:${port}/netrc`,
      EXTRA_PW: sources.encoded('extra'),
    };
    const wrong = { ...environment, NETRC: sources.write('none', '') };
    expect(await sources.fail('host', wrong, HOST)).toContain(
      `error[INDEX_ACCESS_DENIED]: the index at localhost:${port}`,
    );
    expect(await sources.succeed('host', environment, HOST)).toEqual(['extra', 'plain']);
    expect(await sources.fail('conf', environment, HOST)).toContain('error[WHEEL_UNAVAILABLE]');
  });

  describe('behind a certificate of one’s own and a proxy with a password', () => {
    const environment = (proxyPassword: 'proxy' | 'wrong' = 'proxy') => ({
      PIP_INDEX_URL: `https://me:${sources.encoded('simple')}@127.0.0.1:${sources.secure.port}/simple`,
      HTTPS_PROXY: `http://me:${sources.encoded(proxyPassword)}@127.0.0.1:${sources.proxy.port}`,
    });
    const named = () => ({ PIP_CERT: sources.certificates.authority });

    beforeAll(() => sources.service('secure', ['secure==1.0']));

    it('does not trust it unasked', async () => {
      expect(await sources.fail('secure', environment())).toContain(
        'its certificate is not trusted',
      );
      expect(sources.secure.granted).toEqual([]);
    });

    it('says that the proxy refuses', async () => {
      expect(await sources.fail('secure', { ...environment('wrong'), ...named() })).toContain(
        'error[INDEX_ACCESS_DENIED]: the proxy refuses these credentials (407)',
      );
    });

    it('trusts what PIP_CERT names', async () => {
      expect(await sources.succeed('secure', { ...environment(), ...named() })).toEqual(['secure']);
      expect(sources.proxy.connected).toContain(`127.0.0.1:${sources.secure.port}`);
    });

    it('trusts what pip.conf names, on the host way', async () => {
      const text = `[global]\ncert = ${sources.certificates.authority}\n`;
      const configured = { ...environment(), PIP_CONFIG_FILE: sources.write('cert.conf', text) };
      expect(await sources.succeed('secure', configured, HOST)).toEqual(['secure']);
    });
  });

  describeWithSshd('git+ssh', () => {
    let server: SshServer;
    let key: SshKey;
    let requirement: string;
    const agents: SshAgent[] = [];

    async function agent(name: string, keys: SshKey[], owner?: number): Promise<string> {
      const started = await startSshAgent(resolve(sources.directory, name), keys, owner);
      agents.push(started);
      return started.socket;
    }

    beforeAll(async () => {
      const { canaries, directory } = sources;
      key = makeKey(join(directory, 'keys'), 'id', canaries.create('key comment'));
      for (const [n, line] of key.privateLines.entries()) canaries.add(`key line ${n}`, line);
      server = await startSshServer(join(directory, 'sshd'), key);
      const repository = join(directory, 'ssh', 'project.git');
      const commit = makeRepository(repository, 'gitproject');
      requirement = `gitproject @ git+ssh://${server.login}${repository}@${commit}`;
      sources.service('ssh', [requirement]);
    });
    afterAll(() => {
      server.stop();
      agents.forEach((one) => one.stop());
    });

    it('says that there is no agent, and that it has no key', async () => {
      const output = await sources.fail('ssh');
      expect(output).toContain('error[SSH_AGENT_MISSING]');
      expect(output).toContain('eval "$(ssh-agent)" && ssh-add');
      const empty = await agent('empty', []);
      expect(await sources.fail('ssh', { SSH_AUTH_SOCK: empty })).toContain(
        'the ssh agent has no key',
      );
    });

    it('refuses a host that it does not know, and a key that the host does not know', async () => {
      const stranger = makeKey(join(sources.directory, 'keys'), 'other', 'other');
      const environment = { SSH_AUTH_SOCK: await agent('stranger', [stranger]) };
      const output = await sources.fail('ssh', environment);
      expect(output).toContain('error[GIT_ACCESS_DENIED]: the host key of [127.0.0.1]:');
      expect(output).toMatch(/ssh-keyscan -p \d+ 127\.0\.0\.1 >> ~\/\.ssh\/known_hosts/);
      writeFileSync(join(sources.home, '.ssh', 'known_hosts'), server.knownHost);
      expect(await sources.fail('ssh', environment)).toContain(
        'does not accept any key of the ssh agent',
      );
    });

    it('builds with the agent, and by an alias that chooses a key', async () => {
      const stranger = makeKey(join(sources.directory, 'keys'), 'first', 'first');
      const environment = { SSH_AUTH_SOCK: await agent('agent', [stranger, key]) };
      expect(await sources.succeed('ssh', environment)).toEqual(['gitproject']);
      const [, user = '', port = ''] = /^(.+)@.+:(\d+)$/.exec(server.login) ?? [];
      writeFileSync(
        join(sources.home, '.ssh', 'config'),
        `Host work\n  HostName 127.0.0.1\n  Port ${port}\n  User ${user}\n  IdentitiesOnly yes\n  IdentityFile ${key.file}\n`,
      );
      sources.service('alias', [requirement.replace(server.login, 'work')]);
      expect(await sources.succeed('alias', environment)).toEqual(['gitproject']);
    });

    // Elsewhere every test of this file is one.
    const itAsRoot = process.getuid?.() === 0 ? it : it.skip;
    itAsRoot('builds as a user whom the image does not know', async () => {
      const user = 12_345;
      writeFileSync(join(sources.home, '.ssh', 'known_hosts'), server.knownHost);
      // The run's own directory is closed to others.
      const open = mkdtempSync(join(tmpdir(), 'nx-lambda-python-e2e-'));
      try {
        chmodSync(open, 0o755);
        const work = join(open, 'work');
        mkdirSync(work);
        const environment = {
          HOME: sources.home,
          SSH_AUTH_SOCK: await agent(join(open, 'agent'), [key], user),
        };
        expect(await resolveAs(user, work, requirement, environment)).toEqual([
          { name: 'gitproject-1.0-py3-none-any.whl', owner: user },
        ]);
      } finally {
        rmSync(open, { recursive: true });
      }
    });
  });

  it('leaves no secret anywhere', () => {
    sources.processes.stop();
    expect(sources.leaks()).toEqual([]);
  });
});
