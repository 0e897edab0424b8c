import { errorWith } from '../../errors.fixtures';
import { readBuildConstraints, splitBuildConstraints } from './build-constraints';

const FILES: Record<string, string> = {
  'services/a/build.txt': '# why\n-r ../../more.txt\nsetuptools<80\n',
  'more.txt': 'wheel==0.45.1\n',
  'uv.lock':
    'version = 1\n[manifest]\nbuild-constraints = [{ name = "hatchling", specifier = "<2" }]\n',
  'plain/uv.lock': 'version = 1\n[[package]]\nname = "build-constraints"\n',
};
const read = (pipArgs: string[], ...taken: string[]) =>
  readBuildConstraints(
    { pipArgs, projectRoot: 'services/a', workspaceRoot: '/w' },
    taken,
    (path) => FILES[path],
  );

it('takes the argument out of those of pip, in both forms', () => {
  expect(
    splitBuildConstraints([
      '--pre',
      '--build-constraint',
      'a',
      '--build-con=b',
      '--build-option=c',
    ]),
  ).toEqual({ words: ['a', 'b'], others: ['--pre', '--build-option=c'] });
});

it('reads files relative to the project, with what they include, and passes URLs on', () => {
  const { named, files, meaning } = read([
    ...['--build-constraint', 'build.txt'],
    '--build-constraint=https://user:secret@h/c.txt',
  ]);
  expect(named).toEqual(['services/a/build.txt', 'https://user:secret@h/c.txt']);
  expect([...files.keys()].sort()).toEqual(['more.txt', 'services/a/build.txt']);
  expect(meaning).toEqual(['https://h/c.txt', 'setuptools<80', 'wheel==0.45.1']);
});

it.each([
  ['uv.lock', ['uv.lock.build-constraints.txt'], ['hatchling<2']],
  ['plain/uv.lock', [], []],
  ['requirements.txt', [], []],
])('reads those of %s', (taken, named, meaning) => {
  expect(read([], taken)).toMatchObject({ named, meaning });
});

it.each([
  ['absent.txt', errorWith('REQUIREMENTS_MISSING', 'services/a/absent.txt')],
  ['../../../up.txt', errorWith('OPTION_INVALID', '`pipArgs` names `../../../up.txt`')],
])('refuses %s', (path, error) => {
  expect(() => read(['--build-constraint', path])).toThrow(error);
});
