import { runArguments, ROOT_USER, type ContainerRun, type Mount } from './container';

const user = { uid: 1000, gid: 100, daemon: 'root' } as const;
const mounts: Mount[] = [
  { source: '/home/me/a b', target: '/in', readOnly: true },
  { source: '/odd,"path', target: '/out', readOnly: false },
  { source: '/run/me/agent.sock', target: '/agent.sock', readOnly: false },
  { source: 'shared', target: '/volume', readOnly: false, isVolume: true },
];
const run: ContainerRun = {
  image: 'local/image:1',
  platform: 'linux/arm64',
  mounts,
  environment: { HOME: '/in/home', CFLAGS: '-O2 -g' },
  inherited: ['PIP_INDEX_URL', 'SSH_AUTH_SOCK'],
  workdir: '/in',
  network: 'host',
  user,
  owner: '7-0123abcd-0123456789ab',
  input: 'none',
  extraArguments: ['--add-host=a:1.2.3.4', '--memory=2g'],
  command: ['sh', '-c', 'true'],
};

/** What all engines are asked in the same words, after what they are not. */
const SHARED = [
  '--network=host',
  '--mount=type=bind,source=/home/me/a b,target=/in,readonly',
  '--mount=type=bind,"source=/odd,""path",target=/out',
  '--mount=type=bind,source=/run/me/agent.sock,target=/agent.sock',
  '--mount=type=volume,source=shared,target=/volume',
  '--env=HOME=/in/home',
  '--env=CFLAGS=-O2 -g',
  '--env=PIP_INDEX_URL',
  '--env=SSH_AUTH_SOCK',
  '--workdir=/in',
  '--add-host=a:1.2.3.4',
  '--memory=2g',
  '--entrypoint=',
  'local/image:1',
  'sh',
  '-c',
  'true',
];
const START = ['run', '--rm', '--init'];
const NAMED = ['--label=nx-lambda-python.owner=7-0123abcd-0123456789ab', '--platform=linux/arm64'];
const UNLABELLED = '--security-opt=label=disable';
const root = { uid: 0, gid: 0, daemon: 'root' } as const;
const windows = { uid: undefined, gid: undefined, daemon: 'root' } as const;

describe('the golden argument lists', () => {
  it.each<[string, 'docker' | 'podman' | 'finch' | 'nerdctl', Partial<ContainerRun>, string[]]>([
    ['docker', 'docker', {}, [...START, ...NAMED, '--user=1000:100', UNLABELLED]],
    ['docker, root', 'docker', { user: root }, [...START, ...NAMED, '--user=0:0', UNLABELLED]],
    [
      'docker, rootless daemon',
      'docker',
      { user: { ...user, daemon: 'rootless' } },
      [...START, ...NAMED, '--user=0:0', UNLABELLED],
    ],
    [
      'docker, daemon with user namespaces',
      'docker',
      { user: { ...user, daemon: 'remapped' } },
      [...START, ...NAMED, '--userns=host', '--user=1000:100', UNLABELLED],
    ],
    [
      'docker, root and a daemon with user namespaces',
      'docker',
      { user: { ...root, daemon: 'remapped' } },
      [...START, ...NAMED, '--userns=host', '--user=0:0', UNLABELLED],
    ],
    [
      'docker, Windows',
      'docker',
      { user: windows },
      [...START, ...NAMED, '--user=0:0', UNLABELLED],
    ],
    [
      'docker, copying',
      'docker',
      { user: ROOT_USER, input: 'pipe' },
      [...START, '--interactive', '--log-driver=none', ...NAMED, '--user=0:0', UNLABELLED],
    ],
    [
      'docker, a shell',
      'docker',
      { input: 'terminal' },
      [...START, '--interactive', '--tty', ...NAMED, '--user=1000:100', UNLABELLED],
    ],
    [
      'docker, a shell without files of this machine',
      'docker',
      { user: ROOT_USER, input: 'detached' },
      [...START, '--detach', ...NAMED, '--user=0:0', UNLABELLED],
    ],
    [
      'docker, to be typed',
      'docker',
      { input: 'terminal', owner: undefined },
      [
        ...[...START, '--interactive', '--tty', '--platform=linux/arm64', '--user=1000:100'],
        UNLABELLED,
      ],
    ],
    [
      'podman',
      'podman',
      {},
      [...START, ...NAMED, '--userns=keep-id', '--user=1000:100', UNLABELLED],
    ],
    ['podman, root', 'podman', { user: root }, [...START, ...NAMED, '--user=0:0', UNLABELLED]],
    [
      'podman, copying',
      'podman',
      { user: ROOT_USER, input: 'pipe' },
      [...START, '--interactive', '--log-driver=none', ...NAMED, '--user=0:0', UNLABELLED],
    ],
    ['finch', 'finch', {}, [...START, ...NAMED, '--user=1000:100']],
    ['finch, root', 'finch', { user: root }, [...START, ...NAMED, '--user=0:0']],
    ['nerdctl', 'nerdctl', {}, [...START, ...NAMED, '--user=1000:100']],
    [
      'nerdctl, rootless',
      'nerdctl',
      { user: { ...user, daemon: 'rootless' } },
      [...START, ...NAMED, '--user=0:0'],
    ],
    [
      'nerdctl, copying',
      'nerdctl',
      { user: ROOT_USER, input: 'pipe' },
      [...START, '--interactive', ...NAMED, '--user=0:0'],
    ],
  ])('%s', (_, engine, partial, own) => {
    expect(runArguments(engine, { ...run, ...partial })).toEqual([...own, ...SHARED]);
  });

  it('a run without anything optional', () => {
    const bare = { mounts: [], environment: {}, inherited: [], extraArguments: [] };
    expect(runArguments('docker', { ...run, ...bare, network: undefined })).toEqual([
      ...START,
      ...NAMED,
      '--user=1000:100',
      UNLABELLED,
      '--workdir=/in',
      '--entrypoint=',
      'local/image:1',
      'sh',
      '-c',
      'true',
    ]);
  });
});
