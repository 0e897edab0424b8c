import { findRuntime, type Runtime } from '../service/runtimes';
import { hiddenLibrary } from './hidden-library';
import { openWheel, partOf } from './packaging.fixtures';

async function warnings(
  distribution: string,
  version: string,
  paths: string[],
  runtime = 'python3.11',
  files: string[] = [],
) {
  const wheel = openWheel({
    name: distribution,
    version,
    files: Object.fromEntries(paths.map((path) => [path, ''])),
  });
  const { facts } = await partOf([wheel]);
  return hiddenLibrary(
    facts,
    files.map((path) => ({ path })),
    findRuntime(runtime) as Runtime,
  );
}

it('names a distribution that takes the place of a standard module', async () => {
  expect(await warnings('typing', '3.7.4.3', ['typing.py'])).toEqual([
    '`typing 3.7.4.3` hides `typing` of Python 3.11\'s standard library from everything that imports it: take it out of the requirements, or, where another distribution requires it, out of the package by "excludeDistributions": ["typing"]',
  ]);
});

it.each([
  ['enum34', ['enum/__init__.py'], 'python3.9', 1],
  ['dataclasses', ['dataclasses.py'], 'python3.11', 1],
  ['futures', ['concurrent/__init__.py', 'concurrent/futures/__init__.py'], 'python3.12', 1],
  ['fast', ['zlib.cpython-311-x86_64-linux-gnu.so'], 'python3.11', 1],
  ['both', ['typing.py', 'enum.py'], 'python3.11', 2],
  // A backport of what the runtime's Python does not have.
  ['pyasyncore', ['asyncore/__init__.py'], 'python3.12', 0],
  ['pyasyncore', ['asyncore/__init__.py'], 'python3.11', 1],
  ['tomllib', ['tomllib.py'], 'python3.10', 0],
  // One under another name.
  ['importlib_metadata', ['importlib_metadata/__init__.py'], 'python3.11', 0],
  ['typing_extensions', ['typing_extensions.py'], 'python3.11', 0],
  // A directory without `__init__.py` comes after every module of its name.
  ['portion', ['email/extra.py'], 'python3.11', 0],
  ['data', ['html/index.html', 'code'], 'python3.11', 0],
  // Never looked for in files.
  ['systime', ['time.py', 'sys.py'], 'python3.11', 0],
] as [string, string[], string, number][])(
  '%s with %j on %s: %s',
  async (name, paths, runtime, count) => {
    expect(await warnings(name, '1.0', paths, runtime)).toHaveLength(count);
  },
);

it('names files of the service, too', async () => {
  const files = ['types/__init__.py', 'handlers/json.py', 'queue.py', 'orders/x.py'];
  expect(await warnings('six', '1.0', ['six.py'], 'python3.11', files)).toEqual([
    expect.stringMatching(/^the service's own `queue` hides `queue` of Python 3\.11/),
    expect.stringMatching(/^the service's own `types` hides/),
  ]);
});
