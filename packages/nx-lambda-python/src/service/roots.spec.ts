import { errorWith } from '../errors.fixtures';
import { checkNames, selectFiles } from './files';
import { parseMarker } from './marker';
import { codeDirectories, entryName } from './roots';

const marker = (lines: string, path = 'services/orders/pyproject.toml') =>
  parseMarker(
    `[tool.nx-lambda-python]\nruntime = "python3.13"\npackage = "orders"\n${lines}\n`,
    path,
  );

it.each([
  ['', 'services/orders', '', []],
  ['root = "src"', 'services/orders', 'src', []],
  ['roots = ["src"]', 'services/orders', 'src', []],
  ['roots = [".", "../../libs/a/src"]', 'services/orders', '', ['../../libs/a/src']],
  ['roots = ["../../libs/a/src/", "./"]', 'services/orders', '', ['../../libs/a/src']],
  ['roots = ["src", "lib", "../b c [é]"]', 'services/orders', 'src', ['lib', '../b c [é]']],
  ['roots = ["../../shared", "../b"]', 'shared', '', ['../services/b']],
])('reads %j', (line, directory, root, roots) => {
  expect(marker(line)).toMatchObject({ directory, root, roots });
});

it('reads those of a service at the root of the workspace', () => {
  const { directory, root, roots } = marker('roots = ["src", "libs/a"]', 'pyproject.toml');
  expect({ directory, root, roots }).toEqual({ directory: '.', root: 'src', roots: ['libs/a'] });
});

it.each([
  ['roots = []', '`roots` is empty', 'roots = [".", '],
  ['root = "src"\nroots = ["../a"]', '`root` and `roots` are both set', 'roots = ["src", '],
  [
    'roots = [".", "../../../a"]',
    '`roots` has `../../../a`, expected a directory of the workspace',
  ],
  ['roots = [".", "/srv/a"]', '`roots` has `/srv/a`, expected'],
  ['roots = [".", "..\\\\a"]', '`roots` has `..\\a`, expected'],
  ['roots = [".", "./"]', '`roots` has `.` twice'],
  ['roots = [".", "lib"]', '`roots` has `lib`, which is inside `.`', 'roots = ["src", "lib"]'],
  ['roots = ["src", "../../libs", "../../libs/a"]', '`../../libs/a`, which is inside `../../libs`'],
  ['roots = [".", "../.."]', '`roots` has `.`, which is inside `../..`'],
  ['roots = "src"', '`roots` is a string, expected an array'],
])('refuses %j', (lines, message, hint = '') => {
  expect(() => marker(lines)).toThrow(errorWith('MARKER_INVALID', message, hint));
});

describe('the files of roots', () => {
  const lib = '../../libs/a/src';
  const files = [
    'orders/a.py',
    'common/b.py',
    `${lib}/common/c.py`,
    `${lib}/common/tests/d.py`,
    `${lib}/e.py`,
    `${lib}/setup.py`,
  ];

  it.each([
    ['', ['orders/a.py', `${lib}/common/c.py`, `${lib}/e.py`]],
    ['exclude = ["/e.py"]', ['orders/a.py', `${lib}/common/c.py`]],
    ['include = ["/orders/", "/common/"]', ['common/b.py', 'orders/a.py', `${lib}/common/c.py`]],
  ])('are selected by patterns of paths in the package: %j', (line, expected) => {
    const one = marker(`roots = [".", "${lib}"]\n${line}`);
    expect(selectFiles(one, files)).toEqual([...expected].sort());
    expect(entryName(one, `${lib}/common/c.py`)).toBe('common/c.py');
    expect(codeDirectories(one)).toEqual(['services/orders', 'libs/a/src']);
  });

  it.each([
    [['data', 'lib/data/x.csv'], '`lib/data/x.csv` clashes with `data`, since `data` would be'],
    [['a/x.py', 'lib/A/y.py'], '`lib/A/y.py` clashes with `a/x.py`, which differs only in case'],
  ])('have one place each: %j', (paths, words) => {
    const nameOf = (path: string) => path.replace(/^lib\//, '');
    for (const order of [paths, [...paths].reverse()]) {
      expect(() => checkNames(order, nameOf)).toThrow(errorWith('ENTRY_COLLISION', ''));
    }
    expect(() => checkNames(paths, nameOf)).toThrow(errorWith('ENTRY_COLLISION', words));
  });
});
