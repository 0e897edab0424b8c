import { RUNTIMES } from '../../service/runtimes';
import { fitOf, fittingRuntimes, newestFitting, versionsOf, type ListedFile } from './listing';

const target = (name: string, architecture: 'x86_64' | 'arm64' = 'x86_64') => {
  const runtime = RUNTIMES.find((one) => one.name === name);
  if (!runtime) throw new Error(name);
  return { runtime, architecture };
};
const files = (...names: string[]): ListedFile[] => names.map((filename) => ({ filename }));

test('versions are those in file names, newest first', () => {
  const listed = files(
    ...['my_lib-1.9-py3-none-any.whl', 'my.lib-1.10.tar.gz', 'my-lib-1.10-2-py3-none-any.whl'],
    ...['my-lib-extra-3.0.tar.gz', 'my-lib-1.8.win32.exe', 'my-lib-2.0rc1.zip'],
  );
  expect(
    versionsOf('My.Lib', listed).map(({ version, files: own }) => [version, own.length]),
  ).toEqual([
    ['2.0rc1', 1],
    ['1.10', 2],
    ['1.9', 1],
  ]);
});

it.each<[string, string[], string | undefined]>([
  ['python3.12', ['x-1-cp312-cp312-manylinux_2_34_x86_64.whl'], undefined],
  ['python3.11', ['x-1.tar.gz'], 'it has no wheels'],
  [
    'python3.11',
    [
      'x-1-cp39-abi3-manylinux_2_34_x86_64.manylinux_2_28_x86_64.whl',
      'x-1-cp312-cp312-manylinux1_x86_64.whl',
    ],
    'its wheels need glibc 2.28, the runtime has 2.26',
  ],
  [
    'python3.11',
    ['x-1-cp312-abi3-manylinux_2_28_x86_64.whl', 'x-1-cp313-cp313t-win_amd64.whl'],
    'its wheels are for Python 3.12 and newer and need glibc 2.28, the runtime has 2.26',
  ],
  [
    'python3.11',
    ['x-1-pp310-pypy310_pp73-manylinux2014_x86_64.whl'],
    'its wheels are for PyPy 3.10',
  ],
  ['python3.11', ['x-1-py3-none-musllinux_1_2_x86_64.whl'], 'its wheels are for musl'],
  ['python3.11', ['x-1-cp311-cp311-manylinux2014_i686.whl'], 'its wheels are for i686'],
  ['python3.11', ['x-1-not-a-wheel-at-all-really.whl'], 'it has no wheels'],
])('%s: %s', (name, names, reason) => {
  expect(fitOf(files(...names), target(name))).toMatchObject({
    hasWheel: reason === undefined,
    reason,
  });
});

test('the newest version that fits is neither yanked nor for another Python, and a release if one fits', () => {
  const wheel = (version: string, more: Partial<ListedFile> = {}) => ({
    filename: `x-${version}-py3-none-any.whl`,
    ...more,
  });
  const listed = [
    ...[wheel('5.0', { requiresPython: '>=3.12' }), wheel('4.0', { isYanked: true })],
    ...[wheel('3.0rc1'), wheel('2.0'), wheel('1.0')],
  ];
  const newest = (own: ListedFile[]) => newestFitting(versionsOf('x', own), target('python3.11'));
  expect(newest(listed)).toBe('2.0');
  expect(newest(listed.slice(0, 3))).toBe('3.0rc1');
  expect(newest(listed.slice(0, 2))).toBeUndefined();
  expect(fitOf(listed.slice(0, 1), target('python3.11')).requiresPython).toBe('>=3.12');
});

test('runtimes that load one of the wheels', () => {
  const wheels = files(
    'x-1-cp310-abi3-manylinux_2_28_aarch64.whl',
    'x-1-cp39-cp39-manylinux_2_17_aarch64.whl',
  );
  const names = fittingRuntimes(wheels, target('python3.11', 'arm64')).map(({ name }) => name);
  expect(names).toEqual(['python3.9', 'python3.12', 'python3.13', 'python3.14']);
});
