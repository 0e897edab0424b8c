import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildArchive } from '../../packaging/zip/archive.fixtures';
import { putFile, removeTree } from '../files/trees';
import { temporaryDirectory } from '../../temporary.fixtures';
import { pruneStore } from './prune';
import { ownTree, unpackedTree, type PackedFile } from './unpacked';

let root: string;
beforeEach(() => (root = temporaryDirectory()));

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('base64');

/** One dependency, then one file of the service. */
function packed(source: string): PackedFile {
  const dependency = { path: 'requests/run', content: 'dependency', mode: 0o100755 };
  const zip = buildArchive([dependency, { path: 'orders/refund.py', content: source }]);
  const size = zip.indexOf('PK\u0003\u0004', 4);
  const path = join(temporaryDirectory(), 'package.zip');
  writeFileSync(path, zip);
  return {
    path,
    sha256: digest(zip),
    dependencies: { size, sha256: digest(zip.subarray(0, size)) },
  };
}

const inode = (...path: string[]) => statSync(join(...path)).ino;

test('a package is unpacked once, read-only; an edit links its dependencies', async () => {
  const first = await unpackedTree(packed('a = 1'), root);
  expect(readFileSync(join(first, 'orders/refund.py'), 'utf8')).toBe('a = 1');
  expect(statSync(join(first, 'requests/run')).mode & 0o777).toBe(0o555);
  expect(statSync(join(first, 'orders')).mode & 0o777).toBe(0o555);
  const again = await unpackedTree(packed('a = 1'), root);
  expect(again).toBe(first);
  const edited = await unpackedTree(packed('a = 2'), root);
  expect(inode(edited, 'requests/run')).toBe(inode(first, 'requests/run'));
  expect(readFileSync(join(edited, 'orders/refund.py'), 'utf8')).toBe('a = 2');
});

test('processes at once make one tree, and leave no other', async () => {
  const made = packed('a = 1');
  const [one, two] = await Promise.all([unpackedTree(made, root), unpackedTree(made, root)]);
  expect(one).toBe(two);
  expect(readdirSync(join(root, 'unpacked'))).toHaveLength(2);
});

test('a damaged package leaves nothing', async () => {
  const made = packed('a = 1');
  writeFileSync(made.path, readFileSync(made.path).subarray(1));
  await expect(unpackedTree(made, root)).rejects.toThrow();
  expect(readdirSync(join(root, 'unpacked'))).toEqual([]);
});

test('prune removes what was not used for long', async () => {
  const tree = await unpackedTree(packed('a = 1'), root);
  const limits = { now: Date.now() + 40 * 86_400_000, maxAgeDays: 30, maxSize: undefined };
  const { remove } = await pruneStore(root, limits);
  expect(remove.map(({ kind }) => kind)).toEqual(['unpacked package', 'unpacked package']);
  expect(existsSync(tree)).toBe(false);
});

test('a tree of one process is edited without the other', async () => {
  const shared = await unpackedTree(packed('a = 1'), root);
  const own = ownTree(shared, root);
  putFile(own, 'orders/refund.py', Buffer.from('a = 3'), { executable: false });
  putFile(own, 'orders/new/module.py', Buffer.from(''), { executable: false });
  expect(readFileSync(join(shared, 'orders/refund.py'), 'utf8')).toBe('a = 1');
  expect(inode(own, 'requests/run')).toBe(inode(shared, 'requests/run'));
  removeTree(own);
  expect(existsSync(own)).toBe(false);
});
