import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errorWith } from '../../errors.fixtures';
import type { Exec, ExecOptions, ExecResult } from '../process/exec';
import { wheelsIn, type PlacedInput } from './pip';
import { findPython, hostPip } from './on-host';
import { ended, inputOf, settingsOf } from './pip.fixtures';
import { temporaryDirectory } from '../../temporary.fixtures';

const pip = (version: string, python: string): ExecResult =>
  ended({ stdout: `pip ${version} from C:\\Python\\Lib\\site-packages\\pip (python ${python})` });
const ABSENT = ended({ exitCode: null, notFound: true });
const NO_PIP = ended({ exitCode: 1, stderr: '/usr/bin/python3: No module named pip' });

/** A machine with these programs. */
const machine =
  (programs: Record<string, ExecResult>): Exec =>
  (file) =>
    Promise.resolve(programs[file] ?? ABSENT);

describe('findPython', () => {
  it.each<[string, Record<string, ExecResult>, string[]]>([
    ['Linux', { python3: pip('23.0.1', '3.11'), python: pip('26.3', '3.13') }, ['python3']],
    ['a virtual environment', { python: pip('26.3', '3.13') }, ['python']],
    ['Windows', { py: pip('25.0', '3.12') }, ['py']],
    [
      'the first with a pip that is new enough',
      { python3: pip('20.2.4', '3.9'), python: pip('20.3', '3.8') },
      ['python'],
    ],
    [
      'uv where nothing else has pip',
      { python3: NO_PIP, uv: pip('26.3', '3.13') },
      ['uv', 'run', '--quiet', '--no-project', '--no-python-downloads', '--with=pip', 'python'],
    ],
  ])('%s', async (_, programs, expected) => {
    expect(await findPython(machine(programs))).toEqual(expected);
  });

  it.each<[string, Record<string, ExecResult>, string, string]>([
    ['nothing', {}, 'PATH has no Python', 'or Python 3 with pip, or uv'],
    [
      'old ones',
      { python3: pip('9.0.1', '3.6'), python: pip('20.3.4', '2.7'), py: NO_PIP },
      'only `python3` (pip 9.0, Python 3), `python` (pip 20.3, Python 2), `py` (no pip)',
      'or Python 3 with pip, or uv',
    ],
    ['uv without a Python', { uv: ended({ exitCode: 2 }) }, '`uv` (no pip)', 'uv python install'],
  ])('says what it found: %s', async (_, programs, message, hint) => {
    await expect(findPython(machine(programs))).rejects.toThrow(
      errorWith('HOST_PYTHON_MISSING', message, hint),
    );
  });
});

describe('pip of this machine', () => {
  let directory: string;
  beforeEach(() => (directory = temporaryDirectory()));

  const input: PlacedInput = {
    ...inputOf('requirements.txt', 'six\n', { pipArguments: ['--pre'] }),
    step: 'placed',
  };
  const DECIDING = { PIP_INDEX_URL: 'https://me:s3cret@index.invalid' };
  const resolve = (exec: Exec, settings = settingsOf({ deciding: DECIDING }, 'arm64')) =>
    hostPip(settings, exec).make('wheels', directory, input);

  /** A Python that downloads `files`. */
  function python(files: string[], result: Partial<ExecResult>, calls: Call[]): Exec {
    return (file, args, options) => {
      if (args.includes('--version')) return machine({ python3: pip('26.3', '3.13') })(file, args);
      calls.push({ args, options });
      for (const name of files) writeFileSync(join(directory, 'wheels', name), '');
      return Promise.resolve(ended(result));
    };
  }
  interface Call {
    args: readonly string[];
    options: ExecOptions | undefined;
  }

  it("asks for the runtime's tags and markers, by no secret argument", async () => {
    const calls: Call[] = [];
    const exec = python(['six-1.17.0-py2.py3-none-any.whl'], {}, calls);
    await resolve(exec);
    expect(wheelsIn(directory)).toEqual([
      join(directory, 'wheels', 'six-1.17.0-py2.py3-none-any.whl'),
    ]);
    expect(calls[0]?.args).toEqual([
      expect.stringMatching(/resolve_on_host\.py$/),
      join(directory, 'request.json'),
    ]);
    expect(calls[0]?.options?.env).toMatchObject(DECIDING);
    const text = readFileSync(join(directory, 'request.json'), 'utf8');
    expect(text).not.toContain('s3cret');
    const { pip: args, environment } = JSON.parse(text) as {
      pip: string[];
      environment: Record<string, string>;
    };
    expect(args.slice(0, 3)).toEqual([
      'download',
      '--only-binary=:all:',
      `--dest=${join(directory, 'wheels')}`,
    ]);
    expect(args).toEqual(
      expect.arrayContaining([
        ...['--python-version=3.11', '--implementation=cp', '--abi=cp311', '--abi=abi3'],
        ...['--platform=manylinux_2_26_aarch64', '--platform=manylinux2014_aarch64', '--pre'],
      ]),
    );
    expect(args).not.toContain('--platform=manylinux_2_27_aarch64');
    expect(environment).toMatchObject({
      python_version: '3.11',
      platform_machine: 'aarch64',
      sys_platform: 'linux',
      platform_system: 'Linux',
    });
  });

  it('gives pip what the key has, and no file or variable of this machine', async () => {
    const before = process.env;
    process.env = { ...before, PIP_NO_BINARY: ':all:', PIP_CONFIG_FILE: '/home/me/pip.conf' };
    try {
      const calls: Call[] = [];
      const configured = settingsOf({
        deciding: { PIP_CONSTRAINT: '/etc/pip/limits.txt https://host/limits.txt' },
        connecting: { PIP_RETRIES: '2' },
        host: { PIP_CLIENT_CERT: '/home/me/client.pem' },
        certificates: '/ca.pem',
        constraints: {
          files: new Map([['.nx-lambda-python/outside/etc/pip/limits.txt', 'six<2\n']]),
          named: {
            PIP_CONSTRAINT: [
              '.nx-lambda-python/outside/etc/pip/limits.txt',
              'https://host/limits.txt',
            ],
          },
          meaning: { PIP_CONSTRAINT: 'six<2' },
          inside: [],
          outside: [],
        },
      });
      await resolve(python([], {}, calls), configured);
      const limits = join(directory, 'input/.nx-lambda-python/outside/etc/pip/limits.txt');
      expect(readFileSync(limits, 'utf8')).toBe('six<2\n');
      expect(calls[0]?.options?.env).toMatchObject({
        PIP_CONFIG_FILE: '/dev/null',
        PIP_CONSTRAINT: `${pathToFileURL(limits).href} https://host/limits.txt`,
        PIP_RETRIES: '2',
        PIP_CLIENT_CERT: '/home/me/client.pem',
        PIP_CERT: '/ca.pem',
      });
      expect(calls[0]?.options?.env).toHaveProperty('PIP_NO_BINARY', undefined);
    } finally {
      process.env = before;
    }
  });

  it('writes nothing beside its input, wherever a path came from', async () => {
    const files = new Map([['../../escaped.txt', 'six\n']]);
    const pip = hostPip(settingsOf(), python([], {}, []));
    const resolving = pip.make('wheels', directory, { ...input, files });
    await expect(resolving).rejects.toThrow('outside of it: ../../escaped.txt');
  });

  it('refuses what pip downloaded as source, though it was content', async () => {
    const files = ['mine-1.0.zip', 'docopt-0.6.2.tar.gz', 'six-1.17.0-py2.py3-none-any.whl'];
    await expect(resolve(python(files, {}, []))).rejects.toThrow(
      errorWith('WHEEL_UNAVAILABLE', '`docopt-0.6.2.tar.gz` is required by its URL'),
    );
  });

  it('says that a pip cannot be told the runtime', async () => {
    const output = 'its markers cannot be told the runtime: No module named markers';
    const exec = python([], { exitCode: 70, output }, []);
    await expect(resolve(exec)).rejects.toThrow(errorWith('HOST_PYTHON_MISSING', output));
  });
});
