import { findRuntime } from '../../service/runtimes';
import { unfitLocks } from './lock-wheels';

const runtime = (name = 'python3.11') => {
  const found = findRuntime(name);
  if (!found) throw new Error(name);
  return { runtime: found, architecture: 'x86_64' as const };
};
const WHEELS = [
  'fast-2.0-cp310-cp310-manylinux_2_28_x86_64.whl',
  'fast-2.0-cp312-cp312-manylinux_2_28_x86_64.whl',
  'fast-2.0-cp311-cp311-manylinux_2_28_x86_64.whl',
];
const HEAD = 'name = "Fast"\nversion = "2.0"\n';
const listOf = (key: string, names: string[], prefix = '') =>
  `[${names.map((name) => `{ ${key} = "${prefix}${name}" }`).join(', ')}]`;
const LOCKS: [path: string, (wheels: string[]) => string][] = [
  [
    'a/uv.lock',
    (wheels) =>
      `[[package]]\n${HEAD}sdist = { url = "https://h/fast-2.0.tar.gz" }\nwheels = ${listOf('url', wheels, 'https://h/')}\n`,
  ],
  [
    'a/poetry.lock',
    (wheels) => `[[package]]\n${HEAD}files = ${listOf('file', [...wheels, 'fast-2.0.tar.gz'])}\n`,
  ],
  [
    'a/pylock.toml',
    (wheels) =>
      `[[packages]]\n${HEAD}sdist = { name = "fast-2.0.tar.gz" }\nwheels = ${listOf('name', wheels)}\n`,
  ],
];

describe.each(LOCKS)('unfitLocks of %s', (path, lockOf) => {
  const warn = (wheels: string[], line = 'fast==2.0', name?: string) =>
    unfitLocks(['requirements.txt', path], [line], runtime(name), () => lockOf(wheels));

  it('names a distribution, why no wheel fits, and the runtime that has one', () => {
    expect(warn(WHEELS)).toEqual([
      `\`${path}\` has no wheel for python3.11 x86_64 of \`Fast 2.0\` (its wheels need glibc 2.28, the runtime has 2.26): pip builds from source, which takes long and needs compilers; lock another version, or set runtime = "python3.12" under [tool.nx-lambda-python]`,
    ]);
  });

  it.each<[string, ...Parameters<typeof warn>]>([
    ['a wheel fits', [...WHEELS, 'fast-2.0-py3-none-any.whl']],
    ['only the source is published', []],
    ['the runtime does not need it', WHEELS, 'fast==2.0 ; sys_platform == "win32"'],
    ['nothing requires it', WHEELS, 'other==1.0'],
    ['another runtime loads it', WHEELS, 'fast==2.0', 'python3.12'],
  ])('says nothing if %s', (_, ...given) => {
    expect(warn(...given)).toEqual([]);
  });
});

it('reads no names of files from a Pipfile.lock, which has none', () => {
  const lock = '{ "default": { "fast": { "version": "==2.0", "hashes": ["sha256:00"] } } }';
  expect(unfitLocks(['a/Pipfile.lock'], ['fast==2.0'], runtime(), () => lock)).toEqual([]);
});
