import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorWith } from '../../errors.fixtures';
import { buildWheel, type FixtureWheel } from '../../packaging/wheel/wheel.fixtures';
import type { Exec } from '../process/exec';
import { hashFile } from '../files/files';
import { containerPip } from './in-container';
import { INPUT, type RequiredInput } from './pip';
import { hostPip } from './on-host';
import { ended, inputOf, placeOf, settingsOf } from './pip.fixtures';
import { prepareInput } from './prepare';
import { temporaryDirectory } from '../../temporary.fixtures';

let directory: string;
beforeEach(() => (directory = temporaryDirectory()));

const FILE = 'services/a/requirements.txt';
const settings = settingsOf();
const inContainer = (required: RequiredInput, exec: Exec) =>
  prepareInput(directory, required, settings, containerPip(placeOf(directory), settings, exec));
const onHost = (required: RequiredInput, exec: Exec) =>
  prepareInput(directory, required, settings, hostPip(settings, exec));

function input(text: string, changes: Partial<RequiredInput> = {}): RequiredInput {
  const source = join(directory, 'source.py');
  writeFileSync(source, 'x = 1\n');
  const copies = ['libs/a/pyproject.toml', 'libs/b/setup.py', 'services/a/v/w-1-py3-none-any.whl'];
  return inputOf(FILE, text, {
    pipArguments: ['--require-hashes'],
    localFiles: copies.map((path) => ({ path, source, executable: false, sha256: 'd1' })),
    ...changes,
  });
}

/** Leaves a wheel for each build, in order; `null` is a marker that does not hold. */
function builder(wheels: (FixtureWheel | null)[]): { exec: Exec; lines: string[] } {
  const lines: string[] = [];
  const exec: Exec = (_, args) => {
    const isHost = args[2] === 'pip' && args[3] === 'wheel';
    const work = join(directory, 'prepared');
    if (isHost || args[0] === 'run') {
      const first = isHost ? Number(/(\d+)$/.exec(args.at(-1) ?? '')?.[1]) : 0;
      const made = isHost ? wheels.slice(first, first + 1) : wheels;
      made.forEach((wheel, offset) => {
        const name = String(first + offset);
        lines.push(readFileSync(join(work, `${name}.txt`), 'utf8').trim());
        mkdirSync(join(work, name));
        if (!wheel) return;
        const { filename, bytes } = buildWheel(wheel);
        writeFileSync(join(work, name, filename), bytes);
      });
    }
    return Promise.resolve(ended());
  };
  return { exec, lines };
}

const digest = (path: string) => hashFile(join(directory, 'prepared', path));

describe('prepareInput', () => {
  it('leaves an input alone that names nothing of the workspace, and starts nothing', async () => {
    const never: Exec = () => Promise.reject(new Error('started'));
    const given = input('six==1\n', { localFiles: [] });
    const { files, requirements, constraints, localFiles, pipArguments } = given;
    expect(await inContainer(given, never)).toEqual({
      ...{ step: 'placed', files, requirements, constraints, localFiles, pipArguments },
    });
    expect(existsSync(join(directory, 'prepared'))).toBe(false);
  });

  it('builds libraries in the container and requires their wheels by hash', async () => {
    const { exec, lines } = builder([{ name: 'lib_a' }, null]);
    const text =
      '--index-url https://h\n-e ../../libs/a[x]\n../../libs/b ; os_name == "nt"\nsix==1\n';
    const prepared = await inContainer(input(text), exec);
    expect(lines).toEqual([
      '--index-url https://h\nfile:///nx-lambda-python/input/libs/a',
      '--index-url https://h\nfile:///nx-lambda-python/input/libs/b ; os_name == "nt"',
    ]);
    expect(prepared.files.get(FILE)?.trim().split('\n')).toEqual([
      '--index-url https://h',
      `lib-a[x] @ file:///nx-lambda-python/prepared/0/lib_a-1.0-py3-none-any.whl#sha256=${digest('0/lib_a-1.0-py3-none-any.whl')}`,
      'six==1',
    ]);
    const asked = JSON.parse(readFileSync(join(directory, 'prepared', 'request.json'), 'utf8')) as {
      commands: string[][];
    };
    expect(asked.commands[0]).toEqual([
      ...['-m', 'pip', 'wheel', '--no-deps'],
      ...['--requirement', '/nx-lambda-python/0.txt', '--wheel-dir', '/nx-lambda-python/0'],
    ]);
    expect(existsSync(join(directory, 'prepared', INPUT, 'libs/a/pyproject.toml'))).toBe(true);
  });

  it('leaves to pip the library that another one requires by its directory', async () => {
    const metadata =
      'Metadata-Version: 2.1\nName: a\nVersion: 1.0\nRequires-Dist: b @ file:///nx-lambda-python/input/libs/a/../b ; os_name == "posix"\n';
    const { exec } = builder([{ name: 'a', metadata }, { name: 'b' }]);
    const given = input('../../libs/a\n../../libs/b\n');
    const prepared = await inContainer(given, exec);
    expect(prepared.files.get(FILE)).toContain('\nb @ file:///nx-lambda-python/input/libs/b\n');
  });

  it('tells pip to resolve nothing for a lock', async () => {
    const { exec } = builder([]);
    const prepared = await inContainer(input('six==1', { isLocked: true }), exec);
    expect(prepared.pipArguments).toEqual(['--require-hashes', '--no-deps']);
  });

  describe('on the host', () => {
    it('takes pure wheels, judging no marker by this machine', async () => {
      const { exec, lines } = builder([{ name: 'a' }]);
      const given = input('../../libs/a ; sys_platform == "linux"\n./v/w-1-py3-none-any.whl\n');
      const prepared = await onHost(given, exec);
      expect(lines).toEqual([`file://${directory}/prepared/input/libs/a`]);
      expect(prepared.files.get(FILE)?.trim().split('\n')).toEqual([
        `a @ file://${directory}/prepared/0/a-1.0-py3-none-any.whl#sha256=${digest('0/a-1.0-py3-none-any.whl')} ; sys_platform == "linux"`,
        `w @ file://${directory}/input/services/a/v/w-1-py3-none-any.whl#sha256=d1`,
      ]);
    });

    it.each<[FixtureWheel, string]>([
      [{ name: 'a', tag: 'cp311-cp311-linux_x86_64' }, 'is for this machine'],
      [
        {
          name: 'a',
          metadata: 'Metadata-Version: 2.1\nName: a\nVersion: 1.0\nRequires-Dist: b @ file:///x\n',
        },
        'by a path of this machine',
      ],
    ])('refuses another wheel than a pure one', async (wheel, words) => {
      const { exec } = builder([wheel]);
      await expect(onHost(input('../../libs/a\n'), exec)).rejects.toThrow(
        errorWith('WHEEL_UNAVAILABLE', words),
      );
    });

    it('names the library that could not be built', async () => {
      const exec: Exec = (_, args) =>
        Promise.resolve(
          ended({ exitCode: args[3] === 'wheel' ? 1 : 0, output: 'ERROR: no compiler\n' }),
        );
      await expect(onHost(input('../../libs/a\n'), exec)).rejects.toThrow(
        errorWith('WHEEL_UNAVAILABLE', /`libs\/a` could not be built.*\n.*no compiler/),
      );
    });
  });
});
