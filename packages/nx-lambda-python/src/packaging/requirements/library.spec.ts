import { errorWith } from '../../errors.fixtures';
import { isLibraryFile, LIBRARY_RULES, libraryRequirements, treeDigest } from './library';

function requirements(pyproject: string, extras = '', files: Record<string, string> = {}) {
  const all: Record<string, string> = { 'libs/common/pyproject.toml': pyproject, ...files };
  const base = { projectRoot: 'services/orders', workspaceRoot: '/ws' };
  return libraryRequirements({ path: 'libs/common', extras }, base, (path) => all[path]);
}

describe('libraryRequirements', () => {
  it('are none without a pyproject.toml or dependencies', () => {
    const nothing = { byUrl: [], byName: [] };
    expect(
      libraryRequirements({ path: 'x', extras: '' }, { projectRoot: '.' }, () => undefined),
    ).toEqual(nothing);
    expect(requirements('[project]\nname = "common"\ndependencies = ["six"]')).toEqual(nothing);
  });

  it('by URL, as Hatch and Poetry write it', () => {
    const { byUrl } = requirements(`[project]
dependencies = ["a @ {root:uri}/../a", "b @ {root:parent:uri}/b", "c @ file:///ws/libs/c", "six"]
[tool.poetry.dependencies]
python = "^3.9"
d = { path = "../d", develop = true }
e = [{ path = "../e" }, { version = "*" }]
`);
    expect(byUrl).toEqual(['libs/a', 'libs/b', 'libs/c', 'libs/d', 'libs/e']);
  });

  it("by name, where uv's sources say where it is", () => {
    const { byName } = requirements(
      `[project]
dependencies = ["My.Other[x] >= 1 ; python_version > '3.8'", "six"]
optional-dependencies = { extra = ["more"], rest = ["unwanted"] }
[tool.uv.sources]
my-other = { path = "../other", marker = "os_name == 'posix'" }
more = { workspace = true }
unwanted = { path = "../unwanted" }
six = { index = "private" }
`,
      '[Extra]',
      { 'uv.lock': '[[package]]\nname = "more"\nsource = { editable = "libs/more" }\n' },
    );
    expect(byName).toEqual([
      expect.objectContaining({
        name: 'My.Other',
        path: 'libs/other',
        extras: '[x]',
        marker: "(python_version > '3.8') and (os_name == 'posix')",
      }),
      expect.objectContaining({ name: 'more', path: 'libs/more', marker: '' }),
    ]);
  });

  it('refuses what TOML refuses, with its line', () => {
    expect(() => requirements('[project')).toThrow(
      errorWith('REQUIREMENTS_INVALID', '`libs/common/pyproject.toml:1:'),
    );
  });
});

describe('the files of a library', () => {
  it.each([
    'pyproject.toml',
    'common/build/x.py',
    'tests/test_a.py',
    '.dockerignore',
    'a/env/b.py',
  ])('%s is one', (path) => expect(isLibraryFile(path)).toBe(true));
  it.each([
    'build/lib/x.py',
    'dist/x.whl',
    'x.egg-info/PKG-INFO',
    'a/__pycache__/x.pyc',
    'a/x.pyo',
    '.git/HEAD',
    '.venv/bin/python',
    '.coverage.host',
  ])('%s is none', (path) => expect(isLibraryFile(path)).toBe(false));
  it('lie in directories that are worth entering', () => {
    expect(
      ['node_modules', '.venv', 'a/node_modules', 'dist', 'a/dist'].filter(LIBRARY_RULES.enters),
    ).toEqual(['a/dist']);
  });
});

describe('treeDigest', () => {
  const file = { path: 'a.py', executable: false, sha256: 'aa' };
  const other = { path: 'b.py', executable: true, sha256: 'bb' };
  const digest = treeDigest([file, other]);

  it('does not depend on order', () => expect(treeDigest([other, file])).toBe(digest));

  it.each([{ path: 'c.py' }, { executable: true }, { sha256: 'ab' }])('changes with %j', (change) =>
    expect(treeDigest([{ ...file, ...change }, other])).not.toBe(digest),
  );
});
