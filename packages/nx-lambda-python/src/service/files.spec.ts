import { errorWith } from '../errors.fixtures';
import {
  checkNames,
  foldName,
  isPrunedDirectory,
  packageRules,
  selectFiles,
  unmatchedIncludes,
} from './files';
import { entryName } from './roots';
import { parseMarker } from './marker';

function marker(lines = '') {
  const isPackageless = lines.includes('include');
  return parseMarker(
    `[tool.nx-lambda-python]\nruntime = "python3.13"\n${
      isPackageless ? 'handlers = ["handlers/*.py"]' : 'package = "orders"'
    }\n${lines}`,
    'pyproject.toml',
  );
}

describe('selectFiles', () => {
  const files = [
    'README.md',
    'conftest.py',
    'orders/__init__.py',
    'orders/.env',
    'orders/__pycache__/x.pyc',
    'orders/data/schema.json',
    'orders/handlers/create.py',
    'orders/handlers/test_create.py',
    'orders/handlers/create_test.py',
    'orders/lib/native.so',
    'orders/tests/a.py',
    'other/orders/x.py',
    'pyproject.toml',
    'requirements.txt',
    'tests/test_a.py',
  ];

  it('takes the import package without tests, caches and hidden files', () => {
    expect(selectFiles(marker(), files)).toEqual([
      'orders/__init__.py',
      'orders/data/schema.json',
      'orders/handlers/create.py',
      'orders/lib/native.so',
    ]);
  });

  it('lets exclude take more out and give back with !', () => {
    const selected = selectFiles(
      marker('exclude = ["*.json", "!orders/tests/", "!orders/handlers/create_test.py"]'),
      files,
    );
    expect(selected).not.toContain('orders/data/schema.json');
    expect(selected).toContain('orders/tests/a.py');
    expect(selected).toContain('orders/handlers/create_test.py');
    expect(selected).not.toContain('orders/handlers/test_create.py');
  });

  it('keeps data files of every kind', () => {
    const data = [
      'py.typed',
      'schema.json',
      'templates/mail.html.j2',
      'LICENSE',
      'a.so',
      'x.pth',
      'q.sql',
    ];
    const paths = data.map((name) => `orders/${name}`).sort();
    expect(selectFiles(marker(), paths)).toEqual(paths);
  });

  it.each([
    [
      'the last pattern wins',
      '["data/", "!data/"]',
      ['orders/data/keep.json', 'orders/data/x/y.csv'],
    ],
    [
      'a file is given back from a pattern',
      '["*.json", "!keep.json"]',
      ['orders/data/keep.json', 'orders/data/x/y.csv'],
    ],
    ['not from an excluded directory, as in git', '["data/", "!data/keep.json"]', []],
    [
      'a slash in the middle anchors a pattern',
      '["data/*"]',
      ['orders/data/keep.json', 'orders/data/x/y.csv'],
    ],
    [
      'with the directory named from the root',
      '["/orders/data/*", "!/orders/data/keep.json"]',
      ['orders/data/keep.json'],
    ],
    ['two stars', '["orders/**/y.csv"]', ['orders/data/keep.json']],
    [
      'one star is no slash',
      '["orders/*/y.csv"]',
      ['orders/data/keep.json', 'orders/data/x/y.csv'],
    ],
    [
      'a class and a question mark',
      '["[xz]/?.csv"]',
      ['orders/data/keep.json', 'orders/data/x/y.csv'],
    ],
    ['an escaped mark', '["\\\\!y.csv"]', ['orders/data/keep.json', 'orders/data/x/y.csv']],
  ])('reads exclude as git does: %s', (_, exclude, expected) => {
    const paths = ['orders/data/keep.json', 'orders/data/x/y.csv'];
    expect(selectFiles(marker(`exclude = ${exclude}`), paths)).toEqual(expected);
  });

  it('keeps configuration at the root out even when everything is included', () => {
    const everything = selectFiles(marker('include = ["*"]'), [
      'app.py',
      'handlers/a.py',
      'handlers/README.md',
      'project.json',
      'pyproject.toml',
      'requirements-dev.txt',
      'README.md',
      'uv.lock',
    ]);
    expect(everything).toEqual(['app.py', 'handlers/README.md', 'handlers/a.py']);
  });

  it('reads patterns below root, and tells upper from lower case', () => {
    const src = marker('root = "src"');
    expect(selectFiles(src, ['src/orders/a.py', 'orders/b.py', 'src/Orders/c.py'])).toEqual([
      'src/orders/a.py',
    ]);
    expect(entryName(src, 'src/orders/a.py')).toBe('orders/a.py');
    expect(entryName(src, 'srcs/orders/a.py')).toBeUndefined();
  });

  it('sorts by code units', () => {
    expect(selectFiles(marker(), ['orders/b', 'orders/B', 'orders/a'])).toEqual([
      'orders/B',
      'orders/a',
      'orders/b',
    ]);
  });
});

it('names include patterns that match nothing', () => {
  const { include, ...rest } = marker('include = ["handlers/", "libs/**", "!handlers/x.py"]');
  expect(unmatchedIncludes({ include, ...rest }, ['handlers/a.py', 'lib/b.py'])).toEqual([
    'libs/**',
  ]);
});

it('prunes what no package can hold', () => {
  expect(
    ['.venv', 'orders/__pycache__', 'node_modules', 'venv', '.git'].every(isPrunedDirectory),
  ).toBe(true);
  expect(['orders', 'orders/venv', 'dist', 'orders/tests'].some(isPrunedDirectory)).toBe(false);
});

const DIRECTORIES = [
  'src',
  'src/py',
  'src/x',
  'a_lib',
  'a_lib/x',
  'a_lib/x/y',
  'orders',
  'orders/x',
];

it.each([
  ['include = ["/orders/*.py"]', ['orders']],
  ['root = "src/py"\ninclude = ["/app.py"]', ['src', 'src/py']],
  ['include = ["/?_lib/**/x.py"]', ['a_lib', 'a_lib/x', 'a_lib/x/y']],
  ['include = ["/orders/", "/src/py/z/"]\nexclude = ["/orders/x/"]', ['src', 'src/py', 'orders']],
  ['include = ["/a\\\\ b/x/"]', DIRECTORIES],
  ['include = ["lib/", "!/src/"]', DIRECTORIES],
])('enters only what %s may select', (settings, expected) => {
  const never = ['node_modules', '.git', 'orders/tests'];
  const { enters } = packageRules(marker(settings));
  expect([...DIRECTORIES, ...never].filter(enters)).toEqual(expected);
});

const COMPOSED = 'caf\u00e9';
const DECOMPOSED = 'cafe\u0301';

describe('checkNames', () => {
  it.each([
    ['case', ['orders/a.py', 'orders/A.py'], '`orders/a.py`, which differs only in case'],
    ['case of a directory', ['orders/a.py', 'Orders/b.py'], 'differs only in case'],
    ['case of a file and a directory', ['orders/util/x.py', 'orders/Util'], 'only in case'],
    ['Unicode form', [`o/${COMPOSED}.py`, `o/${DECOMPOSED}.py`], '(NFC, NFD)'],
    ['Unicode form of a directory', [`${DECOMPOSED}/a.py`, `${COMPOSED}/b.py`], '(NFC, NFD)'],
    ['both', [`o/${COMPOSED}.py`, `o/${DECOMPOSED.toUpperCase()}.py`], 'only in case'],
  ])('refuses names that differ in %s only', (_, paths, words) => {
    expect(() => checkNames(paths)).toThrow(errorWith('ENTRY_COLLISION', words));
  });

  it('takes any other names', () => {
    const paths = [
      'a.py',
      'a/b.py',
      'a/c.py',
      'b/a.py',
      `${DECOMPOSED}.py`,
      'cafe.py',
      'straße.py',
    ];
    expect(() => checkNames(paths)).not.toThrow();
  });
});

it('folds what some file system takes for one name', () => {
  expect(foldName(`O/${DECOMPOSED}.PY`)).toBe(`o/${COMPOSED}.py`);
  expect(foldName('plain.py')).toBe('plain.py');
});
