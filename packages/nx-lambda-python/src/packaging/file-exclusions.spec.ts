import { fileExclusions } from './file-exclusions';

const PATHS = [
  'demo/__init__.py',
  'demo/py.typed',
  'demo/core.h',
  'demo/data/a.json',
  'demo/data/b.json',
  'demo/tests/__init__.py',
  'demo/tests/conftest.py',
  'demo/tests/data/a.npz',
  'demo/tests/sub/a_test.py',
  'demo/tests/test_a.py',
  'demo/tests/LICENSE.txt',
  'demo/sub/test/py.typed',
  'demo/testing/test_b.py',
  'tests.py',
  'tests/test_all.py',
  'demo-1.0.dist-info/METADATA',
  'demo-1.0.dist-info/tests/LICENSE.txt',
  'demo/old.dist-info/x',
];
const TESTS = ['conftest.py', 'data/a.npz', 'sub/a_test.py', 'test_a.py'].map(
  (name) => `demo/tests/${name}`,
);
const excluded = (...patterns: string[]) => PATHS.filter(fileExclusions(patterns).excludes);

describe('fileExclusions', () => {
  it.each<[string[], string[]]>([
    [[], []],
    [['demo/data/*.json'], ['demo/data/a.json', 'demo/data/b.json']],
    [['*.json', '!b.json'], ['demo/data/a.json']],
    [['/tests/'], ['tests/test_all.py']],
    [['data'], ['demo/data/a.json', 'demo/data/b.json', 'demo/tests/data/a.npz']],
    [['DATA/'], []],
    [['*.dist-info/', 'METADATA', 'x'], ['demo/old.dist-info/x']],
    [['preset:headers'], ['demo/core.h']],
    [['preset:tests'], [...TESTS, 'tests/test_all.py']],
    [['preset:tests', '!demo/tests/'], ['tests/test_all.py']],
    [
      ['preset:tests', 'LICENSE*', '!conftest.py'],
      ['demo/tests/LICENSE.txt', ...TESTS.slice(1), 'tests/test_all.py'],
    ],
  ])('%j excludes %j', (patterns, paths) => expect(excluded(...patterns).sort()).toEqual(paths));

  it.each<[string[], string[]]>([
    [['*.json', '!nothing', 'preset:headers'], []],
    [['demo/dat/*.json'], ['`demo/dat/*.json`', '`demo/data/*.json`']],
    [['/dema/data/'], ['`/dema/data/`', '`demo/data`']],
    [['cort.h'], ['`cort.h`', '`core.h`']],
    [['METADATA'], ['`METADATA`']],
    [['*.xyz'], ['`*.xyz`']],
  ])('%j: warns of what matches nothing, and names what is near', (patterns, [pattern, near]) => {
    const expected = `\`excludeFiles\` has ${pattern}, which matches no file of a distribution`;
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    expect(fileExclusions(patterns).warnings(PATHS)).toEqual(pattern ? [expected + hint] : []);
  });

  it('refuses a preset that does not exist', () => {
    expect(() => fileExclusions(['preset:test'])).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        message:
          '`excludeFiles` names `preset:test`, which does not exist; did you mean `preset:tests`?',
      }),
    );
  });
});
