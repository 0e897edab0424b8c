import {
  ROOT_USER,
  runArguments,
  type ContainerEngine,
  type ContainerRun,
  type Mount,
} from './container';

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

/** What all engines get alike, after their own arguments. */
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
const NAMED = [
  '--name=nx-lambda-python-7-0123abcd-0123456789ab',
  '--label=nx-lambda-python.owner=7-0123abcd-0123456789ab',
  '--platform=linux/arm64',
];
const UNLABELLED = '--security-opt=label=disable';
const root = { uid: 0, gid: 0, daemon: 'root' } as const;
const windows = { uid: undefined, gid: undefined, daemon: 'root' } as const;
const rootless = { ...user, daemon: 'rootless' } as const;
const remapped = { ...user, daemon: 'remapped' } as const;

describe('the golden argument lists', () => {
  it.each<[ContainerEngine, string, ContainerRun['user'], string[]]>([
    ['docker', 'a user', user, ['--user=1000:100', UNLABELLED]],
    ['docker', 'root', root, ['--user=0:0', UNLABELLED]],
    ['docker', 'a rootless daemon', rootless, ['--user=0:0', UNLABELLED]],
    ['docker', 'user namespaces', remapped, ['--userns=host', '--user=1000:100', UNLABELLED]],
    [
      ...(['docker', 'root and user namespaces', { ...root, daemon: 'remapped' }] as const),
      ['--userns=host', '--user=0:0', UNLABELLED],
    ],
    ['docker', 'Windows', windows, ['--user=0:0', UNLABELLED]],
    ['podman', 'a user', user, ['--userns=keep-id', '--user=1000:100', UNLABELLED]],
    ['podman', 'root', root, ['--user=0:0', UNLABELLED]],
    ['finch', 'a user', user, ['--user=1000:100']],
    ['finch', 'root', root, ['--user=0:0']],
    ['nerdctl', 'a user', user, ['--user=1000:100']],
    ['nerdctl', 'a rootless daemon', rootless, ['--user=0:0']],
  ])('%s, %s', (engine, _, mapping, own) => {
    const args = runArguments(engine, { ...run, user: mapping });
    expect(args).toEqual([...START, ...NAMED, ...own, ...SHARED]);
  });

  it.each<[ContainerEngine, ContainerRun['input'], string[]]>([
    ['docker', 'pipe', ['--interactive', '--log-driver=none']],
    ['podman', 'pipe', ['--interactive', '--log-driver=none']],
    ['nerdctl', 'pipe', ['--interactive']],
    ['docker', 'terminal', ['--interactive', '--tty']],
    ['docker', 'detached', ['--detach']],
  ])('%s, input: %s', (engine, input, own) => {
    const args = runArguments(engine, { ...run, user: ROOT_USER, input });
    const label = engine === 'nerdctl' ? [] : [UNLABELLED];
    expect(args).toEqual([...START, ...own, ...NAMED, '--user=0:0', ...label, ...SHARED]);
  });

  it('a run without anything optional', () => {
    const bare = { mounts: [], environment: {}, inherited: [], extraArguments: [] };
    const args = runArguments('docker', { ...run, ...bare, owner: undefined, network: undefined });
    expect(args).toEqual([
      ...[...START, '--platform=linux/arm64', '--user=1000:100', UNLABELLED],
      ...['--workdir=/in', '--entrypoint=', 'local/image:1', 'sh', '-c', 'true'],
    ]);
  });
});
