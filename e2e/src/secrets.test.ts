/** Private sources work by every way of giving credentials, and no secret is found anywhere afterwards. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { Canaries } from './support/canaries';
import { makeCertificates, type OwnCertificates } from './support/certificates';
import { CONTAINER_OPTIONS, describeWithEngine } from './support/engine';
import { killRunning, runNx } from './support/nx-process';
import { startPasswordProxy, type PasswordProxy } from './support/password-proxy';
import { makeRepository, startPrivateIndex, type PrivateIndex } from './support/private-index';
import { ProcessArguments } from './support/process-arguments';
import { runDirectory } from './support/run-directory';
import {
  describeWithSshd,
  makeKey,
  startSshAgent,
  startSshServer,
  type SshAgent,
  type SshKey,
  type SshServer,
} from './support/ssh-server';
import { serviceFiles, Workspace, type Environment } from './support/workspace';

const MARKER = 'package = "app"\nruntime = "python3.11"\n';
const HANDLER = 'def handler(event, context):\n    return {}\n';

describeWithEngine('private sources', () => {
  const canaries = new Canaries();
  const passwords = Object.fromEntries(
    ['simple', 'extra', 'git', 'netrc', 'conf', 'proxy', 'wrong'].map((name) => [
      name,
      canaries.create(name),
    ]),
  ) as Record<string, string>;
  const encoded = (name: string) => encodeURIComponent(passwords[name] ?? '');
  const outputs: string[] = [];
  /** Found while builds ran. */
  const duringBuilds = new Set<string>();

  let workspace: Workspace;
  let directory: string;
  let store: string;
  let home: string;
  let processes: ProcessArguments;
  let certificates: OwnCertificates;
  let index: PrivateIndex;
  let secure: PrivateIndex;
  let proxy: PasswordProxy;

  function observe(): void {
    processes.sample();
    for (const found of canaries.inFiles(join(store, 'v1', 'work'))) duringBuilds.add(found);
  }

  beforeAll(async () => {
    workspace = new Workspace('secrets');
    workspace.succeed(['g', 'nx-lambda-python:init']);
    workspace.setDefaults('build', CONTAINER_OPTIONS);
    directory = mkdtempSync(join(runDirectory(), 'secrets-'));
    store = join(directory, 'store');
    home = join(directory, 'home');
    mkdirSync(join(home, '.ssh'), { recursive: true });
    mkdirSync(join(store, 'v1', 'work'), { recursive: true });
    processes = new ProcessArguments();
    certificates = makeCertificates(join(directory, 'certificates'));
    const realms = Object.fromEntries(
      Object.entries(passwords).map(([name, password]) => [name, `me:${password}`]),
    );
    index = await startPrivateIndex(join(directory, 'index'), realms, observe);
    secure = await startPrivateIndex(join(directory, 'secure'), realms, observe, certificates);
    proxy = await startPasswordProxy(`me:${passwords['proxy']}`, observe);
  });

  afterEach(killRunning);
  afterAll(async () => {
    processes.stop();
    await Promise.all([index.stop(), secure.stop(), proxy.stop()]);
  });

  function service(name: string, requirements: readonly string[]): void {
    workspace.writeAll(
      serviceFiles(`services/${name}`, MARKER, {
        'app/handlers/a.py': HANDLER,
        'requirements.txt': `${requirements.join('\n')}\n`,
      }),
    );
  }

  async function build(
    name: string,
    environment: Environment = {},
    ...options: string[]
  ): Promise<{ code: number | null; output: string }> {
    const nothing = Object.fromEntries(
      Object.keys(process.env)
        .filter((key) => /^(PIP_|SSH_|NETRC|.*_PROXY$|REQUESTS_CA|CURL_CA|SSL_CERT)/i.test(key))
        .map((key) => [key, undefined]),
    );
    const result = await runNx(workspace, ['build', name, ...options], {
      ...nothing,
      HOME: home,
      // What does not work does not work at once.
      PIP_RETRIES: '1',
      NX_LAMBDA_PYTHON_CACHE_DIRECTORY: store,
      ...environment,
    });
    outputs.push(result.output);
    return result;
  }

  async function succeed(name: string, environment?: Environment, ...options: string[]) {
    const { code, output } = await build(name, environment, ...options);
    if (code !== 0) throw new Error(output);
    expect(output).not.toContain('from the wheel store');
    return workspace.manifest(`services/${name}`).distributions.map((one) => one.name);
  }

  async function fail(name: string, environment?: Environment, ...options: string[]) {
    const { code, output } = await build(name, environment, ...options);
    expect(code).not.toBe(0);
    return output;
  }

  const file = (name: string, text: string) => {
    writeFileSync(join(directory, name), text, { mode: 0o600 });
    return join(directory, name);
  };

  it('finds a secret in any of the forms that are looked for', () => {
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
    beforeAll(() => {
      const at = `127.0.0.1:${index.port}`;
      service('files', [
        `--index-url http://\${WHO}:\${INDEX_PW}@\${INDEX_HOST}:${index.port}/simple`,
        `--extra-index-url http://me:${encoded('extra')}@${at}/extra`,
        'plain==1.0',
        'extra==1.0',
        '# old: http://me:${UNSET}@nowhere/simple',
        'fromsource==1.0',
        `gitproject @ git+http://me:\${GIT_PW}@${at}/git/project.git@${index.commit}`,
      ]);
    });
    const variables = () => ({
      WHO: 'me',
      INDEX_PW: encoded('simple'),
      INDEX_HOST: '127.0.0.1',
      GIT_PW: encoded('git'),
    });

    it('says who refuses wrong ones', async () => {
      const index401 = await fail('files', { ...variables(), INDEX_PW: encoded('wrong') });
      expect(index401).toContain(
        `error[INDEX_ACCESS_DENIED]: the index at 127.0.0.1:${index.port} wants other credentials (401)`,
      );
      const git401 = await fail('files', { ...variables(), GIT_PW: encoded('wrong') });
      expect(git401).toContain('error[GIT_ACCESS_DENIED]: git has no valid credentials for');
    });

    it('names a variable that is not set', async () => {
      expect(await fail('files', { ...variables(), INDEX_PW: undefined })).toContain(
        '`services/files/requirements.txt` uses `${INDEX_PW}`, and the environment variable INDEX_PW is not set',
      );
    });

    it('builds wheels, from an index, from source and from git', async () => {
      expect(await succeed('files', variables())).toEqual([
        'extra',
        'fromsource',
        'gitproject',
        'plain',
      ]);
      const seen = [...processes.seen];
      // The pip that pip starts, and git, were there to be seen.
      expect(seen.filter((line) => /guarded_pip\.py .*buildhelper==1\.0$/.test(line))).not.toEqual(
        [],
      );
      expect(seen.filter((line) => /^git clone .*project\.git/.test(line))).not.toEqual([]);
    });

    it('needs no credentials for the same wheels', async () => {
      const { code, output } = await build(
        'files',
        { ...variables(), INDEX_PW: undefined, GIT_PW: undefined },
        '--skip-nx-cache',
      );
      expect(output).toContain('from the wheel store');
      expect(code).toBe(0);
    });
  });

  it('takes pip.conf and a netrc, for pip and for git', async () => {
    // A netrc knows hosts, neither ports nor paths: the second host has the second password.
    service('conf', [
      `--extra-index-url http://localhost:${index.port}/netrc`,
      'plain==1.0',
      'extra==1.0',
      `gitproject @ git+http://localhost:${index.port}/netrc/git/project.git@${index.commit}`,
    ]);
    const pipConf = file(
      'pip.conf',
      `[global]\nindex-url = http://me:${encoded('conf')}@127.0.0.1:${index.port}/conf\n`,
    );
    const netrc = file(
      'netrc',
      `machine elsewhere login me password ${canaries.create('unrelated')}\nmachine localhost\n  login me\n  password ${passwords['netrc']}\n`,
    );
    const environment = { PIP_CONFIG_FILE: pipConf, NETRC: netrc };
    expect(await succeed('conf', environment)).toEqual(['extra', 'gitproject', 'plain']);
    expect(index.granted.some((url) => url.startsWith('/netrc/extra'))).toBe(true);
    expect(index.granted.some((url) => url.startsWith('/conf/'))).toBe(true);
  });

  it('takes them all on the host way, which refuses repositories', async () => {
    service('host', [
      `--extra-index-url http://me:\${EXTRA_PW}@127.0.0.1:${index.port}/extra`,
      'plain==1.0',
      'extra==1.0',
    ]);
    writeFileSync(join(home, '.netrc'), `machine localhost login me password ${passwords['netrc']}\n`, {
      mode: 0o600,
    });
    const environment = {
      PIP_INDEX_URL: `http://localhost:${index.port}/netrc`,
      EXTRA_PW: encoded('extra'),
    };
    const refused = await fail('host', { ...environment, EXTRA_PW: encoded('wrong'), HOME: directory }, '--engine=host');
    expect(refused).toContain('error[INDEX_ACCESS_DENIED]');
    expect(await succeed('host', environment, '--engine=host')).toEqual(['extra', 'plain']);
    expect(await fail('files', {
      ...{ WHO: 'me', INDEX_PW: 'x', INDEX_HOST: '127.0.0.1', GIT_PW: 'x' },
    }, '--engine=host')).toContain('error[WHEEL_UNAVAILABLE]');
  });

  describe('behind a certificate of one’s own and a proxy with a password', () => {
    beforeAll(() => service('secure', ['secure==1.0']));
    const environment = () => ({
      PIP_INDEX_URL: `https://me:${encoded('simple')}@127.0.0.1:${secure.port}/simple`,
      HTTPS_PROXY: `http://me:${encoded('proxy')}@127.0.0.1:${proxy.port}`,
    });

    it('does not trust it unasked', async () => {
      expect(await fail('secure', environment())).toContain('could not be reached: SSLError');
      expect(secure.granted).toEqual([]);
    });

    it('says that the proxy refuses', async () => {
      const wrong = `http://me:${encoded('wrong')}@127.0.0.1:${proxy.port}`;
      const output = await fail('secure', {
        ...environment(),
        HTTPS_PROXY: wrong,
        PIP_CERT: certificates.authority,
      });
      expect(output).toContain('refuses these credentials (407)');
    });

    it('trusts what PIP_CERT names', async () => {
      const named = { ...environment(), PIP_CERT: certificates.authority };
      expect(await succeed('secure', named)).toEqual(['secure']);
      expect(proxy.connected).toContain(`127.0.0.1:${secure.port}`);
    });

    it('trusts what pip.conf names, on the host way', async () => {
      const pipConf = file('cert.conf', `[global]\ncert = ${certificates.authority}\n`);
      expect(await fail('secure', environment(), '--engine=host')).toContain('SSLError');
      const named = { ...environment(), PIP_CONFIG_FILE: pipConf };
      expect(await succeed('secure', named, '--engine=host')).toEqual(['secure']);
    });
  });

  it('warns of a branch', async () => {
    service('branch', [
      `--index-url http://me:\${PW}@127.0.0.1:${index.port}/simple`,
      `gitproject @ git+http://me:\${GIT_PW}@127.0.0.1:${index.port}/git/project.git@main`,
    ]);
    const { code, output } = await build('branch', {
      ...{ PW: encoded('simple'), GIT_PW: encoded('git') },
    });
    expect(code).toBe(0);
    expect(output).toContain('warning: git+http://127.0.0.1');
    expect(output).toContain(
      `\`git ls-remote http://127.0.0.1:${index.port}/git/project.git main\``,
    );
  });

  describeWithSshd('git+ssh', () => {
    let server: SshServer;
    let key: SshKey;
    let commit: string;
    const agents: SshAgent[] = [];

    async function agent(name: string, keys: SshKey[]): Promise<string> {
      const started = await startSshAgent(join(directory, name), keys);
      agents.push(started);
      return started.socket;
    }

    beforeAll(async () => {
      key = makeKey(join(directory, 'keys'), 'id', canaries.create('key comment'));
      for (const [n, line] of key.privateLines.entries()) canaries.add(`key line ${n}`, line);
      server = await startSshServer(join(directory, 'sshd'), key);
      commit = makeRepository(join(directory, 'ssh', 'project.git'), 'gitproject');
      service('ssh', [
        `gitproject @ git+ssh://${server.login}${join(directory, 'ssh', 'project.git')}@${commit}`,
      ]);
    });
    afterAll(() => {
      server.stop();
      agents.forEach((one) => one.stop());
    });

    it('says that there is no agent, and that it has no key', async () => {
      const output = await fail('ssh');
      expect(output).toContain('error[SSH_AGENT_MISSING]');
      expect(output).toContain('eval "$(ssh-agent)" && ssh-add');
      const empty = await agent('empty', []);
      expect(await fail('ssh', { SSH_AUTH_SOCK: empty })).toContain('the ssh agent has no key');
    });

    it('refuses a host that it does not know, and says how to get to know it', async () => {
      const output = await fail('ssh', { SSH_AUTH_SOCK: await agent('agent', [key]) });
      expect(output).toContain('error[GIT_ACCESS_DENIED]: the host key of [127.0.0.1]:');
      expect(output).toMatch(/ssh-keyscan -p \d+ 127\.0\.0\.1 >> ~\/\.ssh\/known_hosts/);
    });

    it('builds with the agent, once the host is known', async () => {
      writeFileSync(join(home, '.ssh', 'known_hosts'), server.knownHost);
      const stranger = makeKey(join(directory, 'keys'), 'other', 'other');
      expect(
        await fail('ssh', { SSH_AUTH_SOCK: await agent('stranger', [stranger]) }),
      ).toContain('accepts none of the keys in the ssh agent');
      const socket = join(directory, 'agent', 'agent.sock');
      expect(await succeed('ssh', { SSH_AUTH_SOCK: socket })).toEqual(['gitproject']);
    });
  });

  it('leaves no secret anywhere', () => {
    processes.stop();
    const containers = execFileSync('docker', ['ps', '--all', '--quiet', '--no-trunc'], {
      encoding: 'utf8',
    }).trim();
    const leftovers = containers
      ? execFileSync('docker', ['inspect', ...containers.split('\n')], { encoding: 'utf8' })
      : '';
    const images = execFileSync('docker', ['image', 'ls', '--quiet', '--no-trunc'], {
      encoding: 'utf8',
    }).trim();
    expect([
      ...duringBuilds,
      ...canaries.inText('process arguments', [...processes.seen].join('\n')),
      ...canaries.inText('output', outputs.join('\n')),
      ...canaries.inText('containers', leftovers),
      ...canaries.inText(
        'images',
        execFileSync('docker', ['image', 'inspect', ...images.split('\n')], { encoding: 'utf8' }),
      ),
      ...canaries.inFiles(store),
      ...canaries.inFiles(join(workspace.root, 'dist')),
      ...canaries.inFiles(join(workspace.root, '.nx')),
    ]).toEqual([]);
    // It was there to be looked into.
    expect(readdirSync(join(store, 'v1')).sort()).toEqual(
      expect.arrayContaining(['parts', 'sets', 'wheels']),
    );
    expect(readFileSync(join(workspace.root, 'dist/services/files/package.zip')).length).toBeGreaterThan(0);
  });
});
