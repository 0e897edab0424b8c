import { installEntries } from './layout';
import { readWheel } from './read';
import { buildWheel } from './wheel.fixtures';
import type { FixtureWheel } from './wheel.fixtures';

function install(wheel: FixtureWheel) {
  const { source, filename } = buildWheel(wheel);
  return installEntries(readWheel(source, filename));
}

function pathsOf(wheel: FixtureWheel): string[] {
  return install(wheel)
    .entries.map(({ path }) => path)
    .filter((path) => !path.includes('.dist-info/'));
}

const SPREAD = {
  'demo/': {},
  'demo/__init__.py': '',
  'demo-1.0.data/': {},
  'demo-1.0.data/purelib/': {},
  'demo-1.0.data/purelib/pure.py': '1',
  'demo-1.0.data/platlib/plat.so': '2',
  'demo-1.0.data/data/bin/z3': '3',
  'demo-1.0.data/data/share/doc.txt': '4',
  'demo-1.0.data/scripts/tool': '#!python\n',
  'demo-1.0.data/headers/demo.h': '5',
};

describe('installEntries', () => {
  it('spreads .data as pip --target does, and leaves scripts out', () => {
    expect(pathsOf({ files: SPREAD })).toEqual([
      'demo/__init__.py',
      'pure.py',
      'plat.so',
      'bin/z3',
      'share/doc.txt',
      'include/python/demo/demo.h',
    ]);
  });

  it('keeps all of dist-info', () => {
    const { entries } = install({ files: { 'demo-1.0.dist-info/licenses/MIT': 'x' } });
    expect(entries.map(({ path }) => path)).toEqual([
      'demo-1.0.dist-info/licenses/MIT',
      'demo-1.0.dist-info/METADATA',
      'demo-1.0.dist-info/WHEEL',
      'demo-1.0.dist-info/RECORD',
    ]);
  });

  it.each([
    [0o100644, 0o644],
    [0o100600, 0o644],
    [0o100700, 0o755],
    [0o100777, 0o755],
    [0o644, 0o644],
    // pip looks at the mode of what is said to be a regular file only (protobuf 5.29.3 has 0777).
    [0o777, 0o644],
    [0, 0o644],
    [0o100001, 0o755],
  ])('makes mode %o %o', (mode, expected) => {
    const { entries } = install({ files: { 'a.py': { content: 'x', mode } } });
    expect(entries[0]).toMatchObject({ path: 'a.py', mode: expected });
  });

  it('accepts .data in another spelling of the same name', () => {
    expect(pathsOf({ files: { 'Demo-1.0.0.data/purelib/a.py': '' } })).toEqual(['a.py']);
  });

  it.each([
    ['unknown key', 'data-key-unknown', 'demo-1.0.data/stdlib/a.py'],
    ['key of the prototype', 'data-key-unknown', 'demo-1.0.data/constructor/a.py'],
    ['no key', 'data-key-unknown', 'demo-1.0.data/a.py'],
    ['other distribution', 'data-foreign', 'evil-1.0.data/purelib/a.py'],
  ])('refuses .data with %s', (_what, reason, path) => {
    expect(() => install({ files: { [path]: 'x' } })).toThrow(expect.objectContaining({ reason }));
  });

  it('takes equal files that meet in one place once, and refuses others', () => {
    const meeting = (content: string) => ({ 'a.py': 'x', 'demo-1.0.data/purelib/a.py': content });
    expect(pathsOf({ files: meeting('x') })).toEqual(['a.py']);
    expect(() => pathsOf({ files: meeting('y') })).toThrow(
      expect.objectContaining({ reason: 'data-overwrites' }),
    );
  });

  it('warns of .pth files in the root, also from .data, and of a newer minor format', () => {
    const { warnings } = install({
      files: { 'a.pth': '', 'demo/b.pth': '', 'demo-1.0.data/purelib/c.pth': '' },
      wheelFile: 'Wheel-Version: 1.9\n',
    });
    expect(warnings).toHaveLength(3);
    expect(warnings.join()).toMatch(/Wheel-Version 1\.9.*`a\.pth`.*`c\.pth`/);
  });
});
