import { hexDigest } from './requirements/canonical-json';
import { collect, contentsOf } from './packaging.fixtures';
import { bufferSource } from './zip/bytes';
import { readWheel } from './wheel/read';
import { copiesOf, writeCanonical, writeSubstituted } from './library-wheel';
import { buildWheel, type FixtureWheel } from './wheel/wheel.fixtures';

const FILES = { 'demo/__init__.py': '', 'demo/a, "b".py': 'x = 1\n', 'demo/run': '#!/bin/sh\n' };
const TREE = Object.fromEntries(
  Object.entries({
    ...Object.fromEntries(Object.entries(FILES).map(([path, text]) => [`src/${path}`, text])),
    'tests/test_demo.py': '',
    LICENSE: 'Free.\n',
  }).map(([path, text]) => [path, hexDigest(text)]),
);

function open(bytes: Buffer) {
  const source = bufferSource(bytes);
  return { source, wheel: readWheel(source, 'demo-1.0-py3-none-any.whl') };
}

function canonical(fixture: FixtureWheel): Buffer {
  const { wheel, source } = open(buildWheel(fixture).bytes);
  return collect((sink) => writeCanonical(wheel, source, sink)).bytes;
}

/** Undefined if it has to be built. */
function substituted(from: Buffer, edits: Record<string, string>, tree = TREE): Buffer | undefined {
  const { wheel, source } = open(from);
  const contents = new Map(Object.entries(edits).map(([path, text]) => [path, Buffer.from(text)]));
  const written = collect((sink) => writeSubstituted(wheel, source, tree, contents, sink));
  return written.result ? written.bytes : undefined;
}

describe('the wheel of an edited library', () => {
  it('is the one that a build makes, in the canonical form of both', () => {
    const edited = { 'demo/__init__.py': 'y = 2\n'.repeat(500), 'demo/a, "b".py': '' };
    const edits = Object.entries(edited).map(([path, text]) => [`src/${path}`, text] as const);
    const built = canonical({ files: { ...FILES, ...edited } });
    const followed = substituted(canonical({ files: FILES }), Object.fromEntries(edits));
    expect(followed?.equals(built)).toBe(true);
  });

  it('has one form, whatever order, method, modes and directories a backend wrote', () => {
    const plain = { 'demo/a.py': 'x = 1\n', 'demo/run': { content: '#!\n', mode: 0o100755 } };
    const other = {
      'demo/': '',
      'demo/run': { content: '#!\n', mode: 0o100700, method: 0 },
      'demo/a.py': { content: 'x = 1\n', mode: 0o100664 },
    };
    const record = () => 'demo/a.py,,\n';
    expect(canonical({ files: other, record }).equals(canonical({ files: plain, record }))).toBe(
      true,
    );
  });

  it('is the same after an edit of what it does not have', () => {
    const files = contentsOf(
      substituted(canonical({ files: FILES }), { 'tests/test_demo.py': 'x' }) ?? Buffer.alloc(0),
    );
    expect(files).toEqual(contentsOf(buildWheel({ files: FILES }).bytes));
  });

  it.each<[string, FixtureWheel, Record<string, string>, Record<string, string>?]>([
    [
      'has a file that is not in the library',
      { files: { ...FILES, 'demo/_v.py': '' } },
      { 'src/demo/run': 'x' },
    ],
    [
      'has another content than the library',
      { files: { ...FILES, 'demo/run': 'made' } },
      { 'src/demo/run': 'x' },
    ],
    [
      'may have it from two places',
      { files: FILES },
      { 'src/demo/__init__.py': 'x' },
      { ...TREE, 'build/demo/__init__.py': hexDigest('') },
    ],
    [
      'has a copy in dist-info',
      { files: { ...FILES, 'demo-1.0.dist-info/licenses/LICENSE': 'Free.\n' } },
      { LICENSE: 'x' },
    ],
    [
      'has hashes of another kind',
      { files: FILES, record: (text) => text.replaceAll('sha256=', 'sha512=') },
      { 'src/demo/run': 'x' },
    ],
  ])('is built where it %s', (_, wheel, edits, tree = TREE) => {
    expect(substituted(canonical(wheel), edits, tree)).toBeUndefined();
  });

  it('is built where compressing it would take longer', () => {
    const { wheel, source } = open(buildWheel({ files: FILES }).bytes);
    const large = wheel.entries.map((entry) => ({ ...entry, size: 2 ** 24 }));
    expect(copiesOf({ ...wheel, entries: large }, source, TREE)).toBeUndefined();
  });
});
