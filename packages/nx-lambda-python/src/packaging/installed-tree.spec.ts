import { errorWith } from '../errors.fixtures';
import { contentsOf, serviceFile, packageOf } from './packaging.fixtures';
import type { WrittenPart } from './dependency-part';
import { fileExclusions, NO_EXCLUSIONS, type FileExclusions } from './file-exclusions';
import {
  ensureInstalledTree,
  planReducedTree,
  writeReducedTree,
  writeTreePart,
  type InstalledTree,
  type TreeStore,
} from './installed-tree';
import { buildArchive, type FixtureEntry } from './zip/archive.fixtures';
import { bufferSource } from './zip/bytes';
import { readEntries } from './zip/read';

const STORED = 0;
const demo = (name: string, version: string, paths: readonly string[]): FixtureEntry[] => [
  {
    path: `${name}-${version}.dist-info/METADATA`,
    content: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n\nName: not this\n`,
  },
  {
    path: `${name}-${version}.dist-info/RECORD`,
    content: paths.map((path) => `${path},,\n`).join(''),
  },
];
const TREE: FixtureEntry[] = [
  { path: 'zeta/__init__.py', content: 'z = 1\n'.repeat(50), mode: 0o100600 },
  { path: 'zeta/native.so', content: 'ELF', mode: 0o100700 },
  { path: 'bin/zeta', content: '#!/usr/bin/python3\n', mode: 0o100775 },
  { path: 'zeta-nspkg.pth', content: 'import zeta\n' },
  { path: 'Ünï.py', content: '', flags: 1 << 11 },
  ...demo('zeta', '1.0', ['zeta/__init__.py', 'zeta-nspkg.pth', '../../bin/zeta', 'gone.py']),
  ...demo('Alpha.Beta', '2', []),
];

async function partOf(tree: readonly FixtureEntry[], exclusions?: FileExclusions) {
  const chunks: Buffer[] = [];
  const sink = { write: (bytes: Uint8Array) => void chunks.push(Buffer.from(bytes)) };
  const { facts } = await writeTreePart(bufferSource(buildArchive(tree)), sink, exclusions);
  return { archive: bufferSource(Buffer.concat(chunks)), facts };
}

describe('writeTreePart', () => {
  it('sorts by code units and makes modes that Lambda can read', async () => {
    const { archive } = await partOf(TREE);
    expect(readEntries(archive).map(({ path, mode }) => [path, mode.toString(8)])).toEqual([
      ['Alpha.Beta-2.dist-info/METADATA', '100644'],
      ['Alpha.Beta-2.dist-info/RECORD', '100644'],
      ['bin/zeta', '100755'],
      ['zeta-1.0.dist-info/METADATA', '100644'],
      ['zeta-1.0.dist-info/RECORD', '100644'],
      ['zeta-nspkg.pth', '100644'],
      ['zeta/__init__.py', '100644'],
      ['zeta/native.so', '100755'],
      ['Ünï.py', '100644'],
    ]);
  });

  it('knows the distributions, which have no wheel, and their sizes by RECORD', async () => {
    const { facts } = await partOf(TREE);
    const none = { wheel: null, sha256: null };
    expect(facts.distributions).toEqual([
      { name: 'Alpha.Beta', version: '2', ...none, unpackedSize: 0 },
      { name: 'zeta', version: '1.0', ...none, unpackedSize: 300 + 12 + 19 },
    ]);
  });

  it('takes name and version from the directory where METADATA or RECORD is careless', async () => {
    const { facts } = await partOf([
      { path: 'old-0.1.dist-info/METADATA', content: 'no header at all\n' },
      { path: 'old-0.1.dist-info/RECORD', content: '"never closed\n' },
    ]);
    expect(facts.distributions).toMatchObject([{ name: 'old', version: '0.1', unpackedSize: 0 }]);
  });

  it('warns about .pth files at the root', async () => {
    const { facts } = await partOf([...TREE, { path: 'zeta/inner.pth' }, { path: 'stray.pth' }]);
    expect(facts.warnings).toEqual([
      '`stray.pth` has no effect: Lambda does not process .pth files',
      '`zeta-nspkg.pth` of `zeta 1.0` has no effect: Lambda does not process .pth files',
    ]);
  });

  it('gives these bytes, however the archive was ordered and compressed', async () => {
    const stored = [...TREE].reverse().map((entry) => ({ ...entry, method: STORED }));
    for (const tree of [TREE, stored]) {
      const { archive, facts } = await partOf(tree);
      expect(facts).toMatchObject({ sha256: GOLDEN, size: archive.size, entryCount: 9 });
    }
  });

  it('is a dependency part like any other', async () => {
    const part = await partOf(TREE);
    const { bytes } = await packageOf(part, [serviceFile('orders/a.py', 'a = 1\n')]);
    expect(contentsOf(bytes)).toMatchObject({
      'bin/zeta': '#!/usr/bin/python3\n',
      'orders/a.py': 'a = 1\n',
    });
    await expect(packageOf(part, [serviceFile('Zeta/__init__.py', '')])).rejects.toThrow(
      errorWith('ENTRY_COLLISION'),
    );
  });

  it('gives the same tree without excluded files and their rows', async () => {
    const exclusions = fileExclusions(['zeta/*.so', '/bin/', '*.pth', '/nothing']);
    const whole = await partOf([...TREE, ...demo('solo', '1', ['zeta/native.so'])]);
    const chunks: Buffer[] = [];
    const sink = { write: (bytes: Uint8Array) => void chunks.push(Buffer.from(bytes)) };
    const { facts } = writeReducedTree(whole, exclusions, sink);
    const contents = contentsOf(Buffer.concat(chunks));
    expect(contents).toEqual({
      ...contents,
      'zeta-1.0.dist-info/RECORD': 'zeta/__init__.py,,\r\ngone.py,,\r\n',
      'solo-1.dist-info/RECORD': '',
      'Alpha.Beta-2.dist-info/RECORD': '',
    });
    expect(Object.keys(contents)).toHaveLength(8);
    expect(facts).toMatchObject({
      distributions: [
        { name: 'Alpha.Beta' },
        { name: 'solo', leftOut: { files: 1, size: 3 } },
        { name: 'zeta', leftOut: { files: 2, size: 31 }, unpackedSize: 300 },
      ],
      warnings: ['`excludeFiles` has `/nothing`, which matches no file of a distribution'],
    });
    expect(planReducedTree({ part: 'p' }, exclusions)).toMatch(/^[0-9a-f]{64}$/);
    expect(planReducedTree({ part: 'p' }, NO_EXCLUSIONS)).toBe('p');
  });

  it('refuses an archive that readers could understand in two ways', async () => {
    const lying = [{ path: 'a.py', content: 'x', local: { path: 'b.py' } }];
    await expect(partOf(lying)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    const wrong = [{ path: 'a.py', content: 'x', crc: 1 }];
    await expect(partOf(wrong)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
  });

  it('refuses what Lambda would, before it compresses anything', async () => {
    const big = { path: 'zeta/big.bin', content: Buffer.alloc(262_144_001), method: STORED };
    const tree = [big, ...demo('zeta', '1.0', ['zeta/big.bin'])];
    await expect(partOf(tree)).rejects.toThrow(errorWith('PACKAGE_TOO_LARGE', '`zeta` 262 MB'));
  });

  it('counts nothing that the package will not have', async () => {
    const big = { path: 'zeta/big.bin', content: Buffer.alloc(262_144_001), method: STORED };
    const part = partOf([big, ...TREE], fileExclusions(['*.bin']));
    await expect(part).resolves.toBeDefined();
  });
});

const GOLDEN = '42593861a369f372eae7e1c9dc7c4b4a9793bc4da165bfb71429f341f2c2157c';

class MemoryTrees implements TreeStore {
  readonly trees = new Map<string, InstalledTree>();
  readTree = (key: string) => this.trees.get(key);
  writeTree = (tree: InstalledTree) => void this.trees.set(tree.requirementsKey, tree);
  admitPart: TreeStore['admitPart'] = async (_directory, write) =>
    (await write({ write: () => undefined })).facts.sha256;
  whileResolving = <T>(_key: string, work: () => Promise<T>) => work();
  withDirectory = <T>(work: (directory: string) => Promise<T>) => work('/work');
}

const never = () => Promise.reject(new Error('should not install'));
const written = { facts: { sha256: 'digest' } } as WrittenPart;
const install = (directory: string) =>
  Promise.resolve({
    image: `image in ${directory}`,
    engine: 'docker',
    write: () => Promise.resolve(written),
  });

describe('ensureInstalledTree', () => {
  it('installs once and remembers the part', async () => {
    const store = new MemoryTrees();
    const tree = {
      requirementsKey: 'key',
      image: 'image in /work',
      engine: 'docker',
      part: 'digest',
    };
    expect(await ensureInstalledTree('key', store, install)).toEqual({ value: tree, hit: false });
    expect(await ensureInstalledTree('key', store, never)).toEqual({ value: tree, hit: true });
  });

  it('remembers nothing when the part is refused', async () => {
    const store = new MemoryTrees();
    store.admitPart = () => Promise.reject(new Error('refused'));
    await expect(ensureInstalledTree('key', store, install)).rejects.toThrow('refused');
    expect(store.trees.size).toBe(0);
  });
});
