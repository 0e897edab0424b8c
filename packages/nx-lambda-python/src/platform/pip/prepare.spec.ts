import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildWheel, type FixtureWheel } from '../../packaging/wheel/wheel.fixtures';
import type { Exec } from '../process/exec';
import { hashFile } from '../files/files';
import type { ContainerPlace } from './pip-container';
import { prepareRequest } from './prepare';
import { INPUT, type LocalInput, type ResolveRequest } from './request';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'prepare-'))));
afterEach(() => rmSync(directory, { recursive: true }));

const FILE = 'services/a/requirements.txt';
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

function request(text: string, local: Partial<LocalInput> = {}): ResolveRequest {
  const source = join(directory, 'source.py');
  writeFileSync(source, 'x = 1\n');
  return {
    runtime: { name: 'python3.11', python: [3, 11], glibc: [2, 26], deprecated: null },
    architecture: 'x86_64',
    files: new Map([[FILE, text]]),
    requirements: [FILE],
    constraints: [],
    pipArguments: ['--require-hashes'],
    configuration: { deciding: {}, connecting: {}, certificates: undefined },
    local: {
      base: { projectRoot: 'services/a', workspaceRoot: '/ws' },
      files: ['libs/a/pyproject.toml', 'libs/b/setup.py', 'services/a/v/w-1-py3-none-any.whl'].map(
        (path) => ({ path, source, executable: false, sha256: 'd1' }),
      ),
      isLocked: false,
      ...local,
    },
    ssh: 'auto',
    secrets: () => ({ variables: {}, netrc: undefined }),
    onLine: () => undefined,
  };
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
    return Promise.resolve({ exitCode: 0, notFound: false, stdout: '', stderr: '', output: '' });
  };
  return { exec, lines };
}

const digest = (path: string) => hashFile(join(directory, 'prepared', path), 'hex');

describe('prepareRequest', () => {
  it('leaves a request alone that names nothing of the workspace, and starts nothing', async () => {
    const never: Exec = () => Promise.reject(new Error('started'));
    const given = request('six==1\n', { files: [] });
    expect(await prepareRequest(directory, given, place(), never)).toEqual(given);
    expect(existsSync(join(directory, 'prepared'))).toBe(false);
  });

  it('builds libraries in the container and requires their wheels by hash', async () => {
    const { exec, lines } = builder([{ name: 'lib_a' }, null]);
    const text =
      '--index-url https://h\n-e ../../libs/a[x]\n../../libs/b ; os_name == "nt"\nsix==1\n';
    const prepared = await prepareRequest(directory, request(text), place(), exec);
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
    const given = request('../../libs/a\n../../libs/b\n');
    const prepared = await prepareRequest(directory, given, place(), exec);
    expect(prepared.files.get(FILE)).toContain('\nb @ file:///nx-lambda-python/input/libs/b\n');
  });

  it('tells pip to resolve nothing for a lock', async () => {
    const { exec } = builder([]);
    const prepared = await prepareRequest(
      directory,
      request('six==1', { isLocked: true }),
      place(),
      exec,
    );
    expect(prepared.pipArguments).toEqual(['--require-hashes', '--no-deps']);
  });

  describe('on the host', () => {
    it('takes pure wheels, judging no marker by this machine', async () => {
      const { exec, lines } = builder([{ name: 'a' }]);
      const given = request('../../libs/a ; sys_platform == "linux"\n./v/w-1-py3-none-any.whl\n');
      const prepared = await prepareRequest(directory, given, undefined, exec);
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
      await expect(
        prepareRequest(directory, request('../../libs/a\n'), undefined, exec),
      ).rejects.toMatchObject({
        code: 'WHEEL_UNAVAILABLE',
        message: expect.stringContaining(words) as string,
      });
    });

    it('names the library that could not be built', async () => {
      const exec: Exec = (_, args) =>
        Promise.resolve({
          exitCode: args[3] === 'wheel' ? 1 : 0,
          notFound: false,
          stdout: '',
          stderr: '',
          output: 'ERROR: no compiler\n',
        });
      await expect(
        prepareRequest(directory, request('../../libs/a\n'), undefined, exec),
      ).rejects.toMatchObject({
        code: 'WHEEL_UNAVAILABLE',
        message: expect.stringMatching(/`libs\/a` could not be built.*\n.*no compiler/) as string,
      });
    });
  });
});
