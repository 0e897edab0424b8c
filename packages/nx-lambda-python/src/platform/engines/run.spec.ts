import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { errorWith } from '../../errors.fixtures';
import type { Exec, ExecOptions, ExecResult } from '../process/exec';
import { ownedName } from '../process/owner';
import { type ContainerEngine, sweepContainers } from './container';
import { planCopies } from './copy';
import { runContainer, UNSEEN, type ContainerTask, type MountChoice } from './run';
import { readTar, writeTar } from './tar';
import { temporaryDirectory } from '../../temporary.fixtures';

let directory: string;
let environment: NodeJS.ProcessEnv;
beforeEach(() => {
  environment = process.env;
  // Whatever docker this machine has.
  process.env = { ...environment, DOCKER_HOST: 'unix:///var/run/docker.sock' };
  directory = temporaryDirectory();
  mkdirSync(join(directory, 'work', 'wheels'), { recursive: true });
  writeFileSync(join(directory, 'work', 'request.json'), '{}');
  writeFileSync(join(directory, 'ca.crt'), 'certificates');
});
afterEach(() => {
  process.env = environment;
});

interface Call {
  args: readonly string[];
  options: ExecOptions | undefined;
}
const result = (partial: Partial<ExecResult>): ExecResult => ({
  ...{ exitCode: 0, stdout: '', stderr: '', output: '', notFound: false },
  ...partial,
});

/** An engine whose runs with mounts have this end, and whose runs with copies leave one wheel. */
function engine(mounted: Partial<ExecResult>, calls: Call[], information = ''): Exec {
  return async (_, args, options) => {
    if (args[0] === 'info') return result({ stdout: information });
    if (args[0] !== 'run') return result({});
    calls.push({ args, options });
    const { inputFile, outputFile } = options ?? {};
    if (!inputFile || !outputFile) return result(mounted);
    await readTar(inputFile, join(directory, 'seen'));
    mkdirSync(join(directory, 'made', 'wheels'), { recursive: true });
    writeFileSync(join(directory, 'made', 'wheels', 'a.whl'), 'wheel');
    await writeTar(outputFile, [{ source: join(directory, 'made', 'wheels'), target: '/wheels' }]);
    return result({});
  };
}

const task = (): ContainerTask => ({
  image: 'image:1',
  platform: 'linux/amd64',
  mounts: [
    { source: join(directory, 'work'), target: '/root', readOnly: false },
    {
      source: join(directory, 'work', 'wheels'),
      target: '/root/cache',
      readOnly: false,
      isCache: true,
    },
    { source: join(directory, 'ca.crt'), target: '/deep/ca.crt', readOnly: true },
    { source: 'named', target: '/volume', readOnly: false, isVolume: true },
  ],
  environment: {},
  inherited: ['SECRET'],
  workdir: '/root',
  extraArguments: [],
  command: ['pip', 'wheel'],
});

const lines: string[] = [];
function run(
  mount: MountChoice,
  exec: Exec,
  name: ContainerEngine = 'docker',
): Promise<ExecResult> {
  lines.length = 0;
  const leaves = { source: join(directory, 'work'), target: '/root', names: ['wheels'] };
  const options = {
    mount,
    leaves,
    secrets: { SECRET: 's3cret' },
    onLine: (line: string) => void lines.push(line),
  };
  return runContainer({ engine: name, name: 'image:1', digest: 'sha256:a' }, task(), options, exec);
}

const MISSING_SOURCE = () =>
  `docker: Error response from daemon: invalid mount config for type "bind": bind source path does not exist: ${join(directory, 'work')}.`;

describe('auto', () => {
  it('mounts where the engine is of this machine, in one run', async () => {
    const calls: Call[] = [];
    await run('auto', engine({ output: 'pip said' }, calls));
    expect(calls).toHaveLength(1);
    expect(calls[0]?.args).toContain(
      `--mount=type=bind,source=${join(directory, 'work')},target=/root`,
    );
    expect(calls[0]?.args).not.toContain('--interactive');
    expect(lines).toEqual([]);
  });

  it.each<[string, () => Partial<ExecResult>]>([
    ['the command did not find its files', () => ({ exitCode: UNSEEN })],
    ['docker has no such path', () => ({ exitCode: 125, output: MISSING_SOURCE() })],
    [
      'podman has no such path',
      () => ({
        exitCode: 126,
        output: `Error: statfs ${join(directory, 'ca.crt')}: no such file or directory`,
      }),
    ],
  ])('copies after a run in which %s', async (_, mounted) => {
    const calls: Call[] = [];
    expect((await run('auto', engine(mounted(), calls))).exitCode).toBe(0);
    expect(calls).toHaveLength(2);
    expect(lines).toEqual([expect.stringContaining('"mount": "copy" saves this attempt')]);
  });

  it.each<[string, Partial<ExecResult>]>([
    ['pip failed', { exitCode: 1, output: 'No such file or directory' }],
    [
      'a path is not there here either',
      { exitCode: 125, output: 'bind source path does not exist: /nowhere' },
    ],
  ])('does not copy when %s', async (_, mounted) => {
    const calls: Call[] = [];
    await run('auto', engine(mounted, calls)).catch(() => undefined);
    expect(calls).toHaveLength(1);
  });

  it('copies at once for an engine behind a network', async () => {
    process.env['DOCKER_HOST'] = 'tcp://docker:2375';
    const calls: Call[] = [];
    await run('auto', engine({ exitCode: UNSEEN }, calls));
    expect(calls).toHaveLength(1);
    expect(calls[0]?.args).toContain('--interactive');
  });
});

describe('copy', () => {
  it('sends what would be mounted, but no cache, and fetches what was made', async () => {
    const calls: Call[] = [];
    await run('copy', engine({}, calls));
    expect(readdirSync(join(directory, 'seen'), { recursive: true }).sort()).toEqual([
      ...['deep', 'deep/ca.crt', 'root', 'root/request.json', 'root/wheels'],
    ]);
    expect(readFileSync(join(directory, 'work', 'wheels', 'a.whl'), 'utf8')).toBe('wheel');
    expect(readdirSync(join(directory, 'work')).sort()).toEqual(['request.json', 'wheels']);
    const [call] = calls;
    expect(call?.args.filter((word) => word.startsWith('--mount'))).toEqual([
      '--mount=type=volume,source=named,target=/volume',
    ]);
    expect(call?.args.slice(-4)).toEqual(['/root', 'wheels', 'pip', 'wheel']);
    expect(call?.args).toEqual(expect.arrayContaining(['--user=0:0', '--env=SECRET']));
    expect(call?.args.join(' ')).not.toContain('s3cret');
    expect(call?.options?.env).toEqual({ SECRET: 's3cret' });
  });

  it('refuses what does not arrive whole', async () => {
    const half: Exec = (_, args, options) => {
      if (options?.outputFile) writeFileSync(options.outputFile, Buffer.alloc(100));
      return Promise.resolve(result({ stdout: args[0] === 'ps' ? '' : 'x' }));
    };
    await expect(run('copy', half)).rejects.toMatchObject({
      code: 'CONTAINER_FAILED',
      message: 'the files that docker sent back did not arrive complete: Unexpected end of data',
    });
  });

  it('leaves paths that are not here to the engine, and refuses sockets', async () => {
    const socket = join(directory, 'agent.sock');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    const mount = (source: string) => ({ source, target: '/x', readOnly: false });
    expect(planCopies([mount('/nowhere/at/all'), mount(directory)])).toEqual({
      copied: [mount(directory)],
      kept: [mount('/nowhere/at/all')],
    });
    expect(() => planCopies([mount(socket)])).toThrow(errorWith('CONTAINER_FAILED', socket));
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('bind', () => {
  it('never copies, and says why it cannot mount', async () => {
    const calls: Call[] = [];
    await expect(run('bind', engine({ exitCode: UNSEEN }, calls))).rejects.toThrow(
      errorWith('CONTAINER_FAILED', '', '"mount": "copy"'),
    );
    expect(calls).toHaveLength(1);
  });

  it.each<[ContainerEngine, string, string]>([
    [
      'docker',
      '[name=seccomp,profile=default]',
      `--user=${process.getuid?.()}:${process.getgid?.()}`,
    ],
    ['docker', '[name=seccomp name=rootless]', '--user=0:0'],
    ['docker', '[name=userns]', '--userns=host'],
    ['nerdctl', '[name=rootless]', '--user=0:0'],
  ])('%s with %s runs as %s', async (name, information, expected) => {
    const calls: Call[] = [];
    await run('bind', engine({}, calls, information), name);
    expect(calls[0]?.args).toContain(expected);
  });

  it("reports the engine's words when nothing was started", async () => {
    const words = 'docker: network nowhere not found';
    await expect(run('bind', engine({ exitCode: 125, output: words }, []))).rejects.toThrow(
      errorWith('CONTAINER_FAILED', words),
    );
  });
});

describe('sweepContainers', () => {
  const DEAD = 2 ** 22 - 3;
  it.each([
    ['docker', (owner: string) => `a=b,nx-lambda-python.owner=${owner},c=d`],
    ['podman', (owner: string) => `map[a:b nx-lambda-python.owner:${owner}]`],
  ] as const)('ends what dead processes of this machine left, %s', async (name, labels) => {
    const foreign = ownedName(DEAD).replace(/-[0-9a-f]{8}-/, '-00000000-');
    const listed = [ownedName(DEAD), ownedName(), foreign, 'no owner'].map(
      (owner, index) => `id${index} ${labels(owner)}`,
    );
    const asked: (readonly string[])[] = [];
    const exec: Exec = (_, args) => {
      asked.push(args);
      return Promise.resolve(result({ stdout: listed.join('\n') }));
    };
    await sweepContainers(name, exec);
    expect(asked.slice(1)).toEqual([
      ['kill', 'id0'],
      ['rm', '--force', 'id0'],
    ]);
  });
});
