import { chmodSync, mkdirSync, readFileSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { contentsOf } from '../../packaging/packaging.fixtures';
import { bufferSource } from '../../packaging/zip/bytes';
import { readEntries } from '../../packaging/zip/read';
import { archiveTree } from './archive-tree';
import { temporaryDirectory, writeFiles } from '../../temporary.fixtures';

let root: string;
beforeEach(() => (root = temporaryDirectory('with spaces ü')));

function makeTree(name: string, files: Record<string, string>): string {
  const tree = join(root, name);
  mkdirSync(tree);
  writeFiles(tree, files);
  return tree;
}

async function archived(tree: string): Promise<Buffer> {
  const output = join(root, 'tree.zip');
  await archiveTree(tree, output);
  return readFileSync(output);
}

const FILES = {
  'b/z.py': 'z',
  'b/a.py': 'a'.repeat(100_000),
  'B.py': '',
  'ünï/ß.txt': 'ß',
  '.hidden': 'h',
};

describe('archiveTree', () => {
  it('is read strictly: files only, sorted by code units, with two modes', async () => {
    const tree = makeTree('tree', FILES);
    chmodSync(join(tree, 'b/z.py'), 0o700);
    chmodSync(join(tree, 'b/a.py'), 0o600);
    mkdirSync(join(tree, 'empty'));
    const bytes = await archived(tree);
    expect(
      readEntries(bufferSource(bytes)).map(({ path, mode }) => [path, (mode & 0o777).toString(8)]),
    ).toEqual([
      ['.hidden', '644'],
      ['B.py', '644'],
      ['b/a.py', '644'],
      ['b/z.py', '755'],
      ['ünï/ß.txt', '644'],
    ]);
    expect(contentsOf(bytes)).toEqual(FILES);
  });

  it('gives the same bytes for the same files elsewhere, at another time', async () => {
    const first = await archived(makeTree('first', FILES));
    const second = makeTree('second', Object.fromEntries(Object.entries(FILES).reverse()));
    utimesSync(join(second, 'B.py'), 1e9, 1e9);
    expect((await archived(second)).equals(first)).toBe(true);
  });

  it('puts the files in that links lead to', async () => {
    const tree = makeTree('tree', { 'lib/real.so': 'ELF' });
    symlinkSync('real.so', join(tree, 'lib/link.so'));
    symlinkSync('lib', join(tree, 'lib64'));
    expect(contentsOf(await archived(tree))).toEqual({
      'lib/link.so': 'ELF',
      'lib/real.so': 'ELF',
      'lib64/link.so': 'ELF',
      'lib64/real.so': 'ELF',
    });
  });

  it('refuses a link out of the tree', async () => {
    const tree = makeTree('tree', {});
    symlinkSync(makeTree('elsewhere', { secret: '' }), join(tree, 'link'));
    await expect(archived(tree)).rejects.toMatchObject({
      code: 'ENTRY_INVALID',
      hint: expect.stringContaining('"dependencies": "wheels"') as string,
    });
  });

  it('refuses a name that archiver would change', async () => {
    await expect(archived(makeTree('tree', { 'a\\b.py': '' }))).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
    });
  });

  it('makes an archive of nothing', async () => {
    expect(contentsOf(await archived(makeTree('tree', {})))).toEqual({});
  });

  it('says that the disk is full', async () => {
    const tree = makeTree('tree', { 'big.bin': 'x'.repeat(3_000_000), 'next.bin': 'x' });
    await expect(archiveTree(tree, '/dev/full')).rejects.toMatchObject({ code: 'DISK_FULL' });
  });
});
