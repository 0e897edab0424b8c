import { runArguments, type ContainerRun } from './container';

const run: ContainerRun = {
  image: 'local/image:1',
  platform: 'linux/amd64',
  mounts: [
    { source: '/home/me/a b', target: '/in', readOnly: true },
    { source: '/odd,"path', target: '/out', readOnly: false },
  ],
  environment: { HOME: '/in/home' },
  inherited: ['PIP_INDEX_URL'],
  workdir: '/in',
  network: 'host',
  user: { uid: 1000, gid: 100, rootless: false },
  extraArguments: ['--add-host=a:1.2.3.4'],
  command: ['sh', '-c', 'true'],
};

describe('runArguments', () => {
  it('docker', () => {
    expect(runArguments('docker', run)).toEqual([
      'run',
      '--rm',
      '--init',
      '--platform=linux/amd64',
      '--user=1000:100',
      '--security-opt=label=disable',
      '--network=host',
      '--mount=type=bind,source=/home/me/a b,target=/in,readonly',
      '--mount=type=bind,"source=/odd,""path",target=/out',
      '--env=HOME=/in/home',
      '--env=PIP_INDEX_URL',
      '--workdir=/in',
      '--add-host=a:1.2.3.4',
      '--entrypoint=',
      'local/image:1',
      'sh',
      '-c',
      'true',
    ]);
  });

  it.each([
    ['podman', { uid: 1000, gid: 100, rootless: false }, '--userns=keep-id'],
    ['docker', { uid: 1000, gid: 100, rootless: false }, '--user=1000:100'],
    ['docker', { uid: 1000, gid: 100, rootless: true }, undefined],
    ['docker', { uid: 0, gid: 0, rootless: false }, undefined],
    ['docker', { uid: undefined, gid: undefined, rootless: false }, undefined],
  ] as const)('%s maps %j to %s', (engine, user, expected) => {
    const mapping = runArguments(engine, { ...run, user }).filter((argument) =>
      /^--user/.test(argument),
    );
    expect(mapping).toEqual(expected ? [expected] : []);
  });
});
