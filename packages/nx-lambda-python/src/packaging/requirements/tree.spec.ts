import { isLibraryFile, isPrunedOfLibrary, treeDigest } from './tree';

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
      ['node_modules', '.venv', 'a/node_modules', 'dist', 'a/dist'].map(isPrunedOfLibrary),
    ).toEqual([true, true, true, true, false]);
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
