import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Exec } from '../process/exec';
import { installInContainer, resolveInContainer } from './in-container';
import type { ContainerPlace } from './pip-container';
import type { ResolveRequest } from './request';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'in-container-'))));
afterEach(() => rmSync(directory, { recursive: true }));

const request: ResolveRequest = {
  runtime: { name: 'python3.11', python: [3, 11], glibc: [2, 26], deprecated: null },
  architecture: 'x86_64',
  files: new Map([['services/a/requirements.txt', 'six\n']]),
  requirements: ['services/a/requirements.txt'],
  constraints: [],
  pipArguments: ['--target=/mine', '--wheel-dir=/mine'],
  configuration: { deciding: {}, connecting: {}, certificates: undefined },
  ssh: 'auto',
  secrets: () => ({ variables: {}, netrc: undefined }),
  onLine: () => undefined,
};
const place = (): ContainerPlace => ({
  image: { engine: 'podman', name: 'image:1', digest: 'sha256:aa' },
  network: undefined,
  mount: 'bind',
  volumes: [],
  environment: {},
  inherited: [],
  extraArguments: [],
  pipCache: join(directory, 'cache'),
});

/** An engine that leaves `files` in the container's directory. */
function engine(files: string[], ran: string[][]): Exec {
  return (file, args) => {
    const words = [file, ...args].filter((word) => !word.startsWith('--label='));
    if (args[0] === 'run') ran.push(words.map((word) => word.replaceAll(directory, '<work>')));
    for (const path of files) writeFileSync(join(directory, path), '');
    const output = { stdout: '', stderr: '', output: '' };
    return Promise.resolve({ exitCode: 0, notFound: false, ...output });
  };
}

function pipArguments(): string[] {
  const text = readFileSync(join(directory, 'request.json'), 'utf8');
  return (JSON.parse(text) as { pip: string[] }).pip;
}

const FILES = ['--requirement', '/nx-lambda-python/input/services/a/requirements.txt'];
const PINNED = { image: 'image:1@sha256:aa', engine: 'podman' };

describe('pip in the container', () => {
  it('makes wheels', async () => {
    const exec = engine(['wheels/six-1.17.0-py2.py3-none-any.whl', 'wheels/note.txt'], []);
    expect(await resolveInContainer(directory, request, place(), exec)).toEqual({
      files: [join(directory, 'wheels', 'six-1.17.0-py2.py3-none-any.whl')],
      ...PINNED,
    });
    expect(pipArguments()).toEqual([
      'wheel',
      ...FILES,
      ...request.pipArguments,
      '--wheel-dir=/nx-lambda-python/wheels',
    ]);
  });

  it('installs, without bytecode', async () => {
    const exec = engine(['tree/six.py'], []);
    expect(await installInContainer(directory, request, place(), exec)).toEqual({
      tree: join(directory, 'tree'),
      ...PINNED,
    });
    expect(pipArguments()).toEqual([
      'install',
      ...FILES,
      ...request.pipArguments,
      '--no-compile',
      '--no-warn-conflicts',
      '--target=/nx-lambda-python/tree',
    ]);
  });

  it('keeps what others have in its cache where a hash does not fit', async () => {
    const ran: string[][] = [];
    const own = place();
    const entry = join(own.pipCache, 'http-v2', 'entry');
    mkdirSync(join(own.pipCache, 'http-v2'), { recursive: true });
    writeFileSync(entry, '');
    const output =
      'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n' +
      '    six==1.17.0 from https://host/six.whl:\n        Expected sha256 11\n';
    const exec: Exec = async (file, args, options) => ({
      ...(await engine([], ran)(file, args, options)),
      ...(args[0] === 'run' ? { exitCode: 1, output } : {}),
    });
    await expect(resolveInContainer(directory, request, own, exec)).rejects.toMatchObject({
      code: 'PIP_FAILED',
    });
    expect(ran.map((words) => words.includes('--env=PIP_NO_CACHE_DIR=1'))).toEqual([false, true]);
    expect(existsSync(entry)).toBe(true);
  });

  it('sees what the user mounts, sets and passes on, whose values are in no argument', async () => {
    const ran: string[][] = [];
    await resolveInContainer(
      directory,
      { ...request, configuration: { ...request.configuration, deciding: { PIP_PRE: 'secret' } } },
      {
        ...place(),
        volumes: [{ source: '/opt/oracle', target: '/oracle', readOnly: true }],
        environment: { CFLAGS: '-O2' },
        inherited: ['TOKEN', 'PIP_PRE'],
      },
      engine([], ran),
    );
    expect(ran[0]).toEqual(
      expect.arrayContaining([
        '--mount=type=bind,source=/opt/oracle,target=/oracle,readonly',
        '--env=CFLAGS=-O2',
        '--env=PIP_PRE',
        '--env=TOKEN',
      ]),
    );
    expect(
      ran[0]?.filter((word) => word.startsWith('--env=PIP_PRE') && !word.includes('PREFER')),
    ).toEqual(['--env=PIP_PRE']);
  });

  it("runs in one and the same container, for the runtime's glibc", async () => {
    const ran: string[][] = [];
    await resolveInContainer(directory, request, place(), engine([], ran));
    rmSync(directory, { recursive: true });
    directory = mkdtempSync(join(tmpdir(), 'in-container-'));
    await installInContainer(directory, request, place(), engine([], ran));
    const [first, second] = ran;
    expect(first).toEqual(second);
    expect(second).toContain('--env=PYTHONPATH=/nx-lambda-python/platform');
    expect(readFileSync(join(directory, 'platform', '_manylinux.py'), 'utf8')).toContain('2, 26');
  });
});
