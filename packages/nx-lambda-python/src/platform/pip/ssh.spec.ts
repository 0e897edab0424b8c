import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorWith } from '../../errors.fixtures';
import type { Exec } from '../process/exec';
import { forwardSsh, sshHosts, type SshRequest } from './ssh';
import { temporaryDirectory } from '../../temporary.fixtures';

let directory: string;
let request: SshRequest;
beforeEach(() => {
  directory = temporaryDirectory();
  const home = join(directory, 'home');
  mkdirSync(join(home, '.ssh'), { recursive: true });
  writeFileSync(join(home, '.ssh', 'known_hosts'), 'git.host ssh-ed25519 AAAA');
  writeFileSync(join(home, '.ssh', 'work.pub'), 'ssh-ed25519 PUBLIC');
  writeFileSync(join(home, 'agent'), '');
  request = {
    choice: 'auto',
    texts: ['a @ git+ssh://git@work/a.git@v1\n'],
    engine: 'docker',
    directory: join(directory, 'run'),
    root: '/in',
    environment: { HOME: home, SSH_AUTH_SOCK: join(home, 'agent') },
  };
  mkdirSync(request.directory);
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** This machine's ssh and ssh-add. */
function machine(agentExit: number, settings = ''): Exec {
  return (file) =>
    Promise.resolve({
      exitCode: file === 'ssh-add' ? agentExit : 0,
      notFound: false,
      stdout: file === 'ssh' ? settings : '',
      ...{ stderr: '', output: '' },
    });
}

const inRun = (name: string) => readFileSync(join(request.directory, 'ssh', name), 'utf8');

describe('forwardSsh', () => {
  it('forwards nothing without a requirement that needs it, unless told so', async () => {
    request.texts = ['a==1\n'];
    expect(await forwardSsh(request, machine(0))).toBeUndefined();
    expect(await forwardSsh({ ...request, choice: 'agent' }, machine(0))).toBeDefined();
  });

  it('mounts the socket, and trusts known hosts only', async () => {
    jest.spyOn(process, 'getuid').mockReturnValue(0);
    const home = join(directory, 'home');
    expect(await forwardSsh(request, machine(0))).toEqual({
      mounts: [{ source: join(home, 'agent'), target: '/in-ssh-agent', readOnly: false }],
      environment: {
        SSH_AUTH_SOCK: '/in-ssh-agent',
        GIT_SSH_COMMAND: 'ssh -F /in/ssh/config',
      },
    });
    expect(inRun('known_hosts')).toContain('git.host ssh-ed25519 AAAA\n');
    expect(inRun('config')).toMatch(
      /StrictHostKeyChecking yes\n {2}UserKnownHostsFile \/in\/ssh\/known_hosts/,
    );
  });

  it("follows this machine's alias, with the public half of its key", async () => {
    const settings = [
      'hostname git.host',
      'port 2222',
      'user git',
      'hostkeyalias none',
      'identitiesonly yes',
      `identityfile ${join(directory, 'home', '.ssh', 'work')}`,
    ].join('\n');
    await forwardSsh(request, machine(0, settings));
    expect(inRun('config')).toContain(
      'Host work\n  HostName git.host\n  Port 2222\n  User git\n  IdentitiesOnly yes\n  IdentityFile /in/ssh/0.pub\n',
    );
    expect(inRun('0.pub')).toBe('ssh-ed25519 PUBLIC');
  });

  it('gives a user a name where the engine does not', async () => {
    jest.spyOn(process, 'getuid').mockReturnValue(1000);
    const forwarding = await forwardSsh(request, machine(0));
    expect(forwarding?.mounts[1]).toEqual({
      source: join(request.directory, 'ssh', 'passwd'),
      target: '/etc/passwd',
      readOnly: true,
    });
    expect(inRun('passwd')).toContain('build:x:1000:');
  });

  it.each([
    [2, 'no ssh agent answers', 'ssh-agent'],
    [1, 'has no key', '`ssh-add`'],
  ])('says what to do when ssh-add ends with %s', async (exit, message, hint) => {
    await expect(forwardSsh(request, machine(exit))).rejects.toThrow(
      errorWith('SSH_AGENT_MISSING', message, hint),
    );
  });

  it('says that no agent is running, or that "ssh" is "none"', async () => {
    request.environment['SSH_AUTH_SOCK'] = undefined;
    await expect(forwardSsh(request, machine(0))).rejects.toThrow(errorWith('SSH_AGENT_MISSING'));
    await expect(forwardSsh({ ...request, choice: 'none' }, machine(0))).rejects.toThrow(
      errorWith('OPTION_INVALID', 'work'),
    );
  });
});

it('sshHosts finds each host once', () => {
  expect(
    sshHosts([
      'git+ssh://git@b/x git+ssh://a:22/y',
      '-e git+ssh://[::1]:22/z\ngit+ssh://git@b/w\ngit+ssh://-oX=y/q',
    ]),
  ).toEqual(['::1', 'a', 'b']);
});
