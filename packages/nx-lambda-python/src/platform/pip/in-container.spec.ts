import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Exec } from '../process/exec';
import { containerPip, type ContainerPlace } from './in-container';
import { wheelsIn, type PlacedInput } from './pip';
import { ended, inputOf, placeOf, settingsOf } from './pip.fixtures';
import { temporaryDirectory } from '../../temporary.fixtures';

let directory: string;
beforeEach(() => (directory = temporaryDirectory()));

const input: PlacedInput = {
  ...inputOf('services/a/requirements.txt', 'six\n'),
  step: 'placed',
  pipArguments: ['--target=/mine', '--wheel-dir=/mine'],
};
const pipOf = (exec: Exec, place: Partial<ContainerPlace> = {}, settings = settingsOf()) =>
  containerPip(placeOf(directory, place), settings, exec);

/** An engine that leaves `files` in the container's directory. */
function engine(files: string[], ran: string[][]): Exec {
  return (file, args) => {
    const words = [file, ...args].filter((word) => !/^--(name|label)=/.test(word));
    if (args[0] === 'run') ran.push(words.map((word) => word.replaceAll(directory, '<work>')));
    for (const path of files) writeFileSync(join(directory, path), '');
    return Promise.resolve(ended());
  };
}

function pipArguments(): string[] {
  const text = readFileSync(join(directory, 'request.json'), 'utf8');
  return (JSON.parse(text) as { pip: string[] }).pip;
}

const FILES = ['--requirement', '/nx-lambda-python/input/services/a/requirements.txt'];

describe('pip in the container', () => {
  it('makes wheels', async () => {
    const exec = engine(['wheels/six-1.17.0-py2.py3-none-any.whl', 'wheels/note.txt'], []);
    const pip = pipOf(exec);
    await pip.make('wheels', directory, input);
    expect(wheelsIn(directory)).toEqual([
      join(directory, 'wheels', 'six-1.17.0-py2.py3-none-any.whl'),
    ]);
    expect(pip.resolvedBy).toEqual({ image: 'image:1@sha256:aa', engine: 'podman' });
    expect(pipArguments()).toEqual([
      'wheel',
      ...FILES,
      ...input.pipArguments,
      '--wheel-dir=/nx-lambda-python/wheels',
    ]);
  });

  it('installs, without bytecode', async () => {
    const exec = engine(['tree/six.py'], []);
    await pipOf(exec).make('install', directory, input);
    expect(existsSync(join(directory, 'tree', 'six.py'))).toBe(true);
    expect(pipArguments()).toEqual([
      'install',
      ...FILES,
      ...input.pipArguments,
      '--no-compile',
      '--no-warn-conflicts',
      '--target=/nx-lambda-python/tree',
    ]);
  });

  it('keeps what others have in its cache where a hash does not fit', async () => {
    const ran: string[][] = [];
    const entry = join(directory, 'cache', 'http-v2', 'entry');
    mkdirSync(join(directory, 'cache', 'http-v2'), { recursive: true });
    writeFileSync(entry, '');
    const output =
      'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n' +
      '    six==1.17.0 from https://host/six.whl:\n        Expected sha256 11\n';
    const exec: Exec = async (file, args, options) => ({
      ...(await engine([], ran)(file, args, options)),
      ...(args[0] === 'run' ? { exitCode: 1, output } : {}),
    });
    await expect(pipOf(exec).make('wheels', directory, input)).rejects.toMatchObject({
      code: 'PIP_FAILED',
    });
    expect(ran.map((words) => words.includes('--env=PIP_NO_CACHE_DIR=1'))).toEqual([false, true]);
    expect(existsSync(entry)).toBe(true);
  });

  it('sees what the user mounts, sets and passes on, whose values are in no argument', async () => {
    const ran: string[][] = [];
    const place = {
      volumes: [{ source: '/opt/oracle', target: '/oracle', readOnly: true }],
      environment: { literal: { CFLAGS: '-O2' }, inherited: ['TOKEN', 'PIP_PRE'] },
    };
    const settings = settingsOf({ deciding: { PIP_PRE: 'secret' } });
    await pipOf(engine([], ran), place, settings).make('wheels', directory, input);
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
    await pipOf(engine([], ran)).make('wheels', directory, input);
    directory = temporaryDirectory();
    await pipOf(engine([], ran)).make('install', directory, input);
    const [first, second] = ran;
    expect(first).toEqual(second);
    expect(second).toContain('--env=PYTHONPATH=/nx-lambda-python/platform');
    expect(readFileSync(join(directory, 'platform', '_manylinux.py'), 'utf8')).toContain('2, 26');
  });
});
