/**
 * Unpacked packages, each once for all processes:
 *
 *     unpacked/<SHA-256 of the first bytes>/   the dependencies of packages that begin with these
 *     unpacked/<SHA-256 of the zip>/           a package or a layer: links to those files, and its own
 *
 * A tree appears by a rename, whole. Its files and directories are read-only, as in Lambda.
 */

import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PackageFacts } from '../../packaging/package';
import type { ZipEntry } from '../../packaging/zip/format';
import { readEntries } from '../../packaging/zip/read';
import { readContent } from '../../packaging/zip/verify';
import { diskError, openFile, type OpenFile } from '../files/files';
import { withLock } from '../files/locks';
import { linkTree, removeTree, setWritable } from '../files/trees';
import { attempt } from '../process/attempt';
import { ownedName, sweepAbandoned } from '../process/owner';
import { LOCKS, storeDirectory, UNPACKED } from './layout';
import { markUsed } from './records';

/** A package or a layer, and what its manifest says of it. */
export interface PackedFile extends Pick<PackageFacts, 'sha256' | 'dependencies'> {
  /** Absolute. */
  path: string;
}

/**
 * Unpacks what is missing. An edited package costs its own files, and links to those of its dependencies.
 * @param root of the wheel store
 * @returns the absolute path of the directory
 * @throws ArchiveError, DISK_FULL, STORE_UNUSABLE
 */
export function unpackedTree(
  { path, sha256, dependencies }: PackedFile,
  root = storeDirectory(),
): Promise<string> {
  return treeOnce(root, sha256, async (directory) => {
    using zip = openFile(path);
    const entries = readEntries(zip).filter(({ isDirectory }) => !isDirectory);
    const isOwn = ({ localOffset }: ZipEntry) => localOffset >= (dependencies?.size ?? 0);
    if (dependencies) {
      const shared = entries.filter((entry) => !isOwn(entry));
      const write = (own: string) => writeEntries(own, zip, shared);
      linkTree(await treeOnce(root, dependencies.sha256, write), directory);
    }
    writeEntries(directory, zip, entries.filter(isOwn));
  });
}

/** A tree of one process, whose files may be replaced by `putFile`; it ends with that process, or the next one. */
export function ownTree(from: string, root = storeDirectory()): string {
  const tree = draftOf(root, 'own');
  linkTree(from, tree);
  return tree;
}

async function treeOnce(
  root: string,
  sha256: string,
  write: (directory: string) => Promise<void> | void,
): Promise<string> {
  const name = Buffer.from(sha256, 'base64').toString('hex');
  const tree = join(root, UNPACKED, name);
  if (!existsSync(tree)) {
    await withLock(join(root, LOCKS, `${UNPACKED}-${name}`), async () => {
      if (existsSync(tree)) return;
      const draft = draftOf(root, name);
      try {
        await write(draft);
        setWritable(draft, false);
        renameSync(draft, tree);
      } catch (error) {
        attempt(() => removeTree(draft));
        throw diskError(error, tree);
      }
    });
  }
  markUsed(tree);
  return tree;
}

/** A new, empty directory beside the trees; abandoned ones are removed. */
function draftOf(root: string, name: string): string {
  const parent = join(root, UNPACKED);
  const [start, end] = [`.${name}.`, '.tmp'];
  const draft = join(parent, `${start}${ownedName()}${end}`);
  try {
    mkdirSync(draft, { recursive: true });
    attempt(() => sweepAbandoned(parent, start, end));
  } catch (error) {
    throw diskError(error, draft);
  }
  return draft;
}

/** Into a draft, which nobody else reads yet. */
function writeEntries(directory: string, zip: OpenFile, entries: readonly ZipEntry[]): void {
  const made = new Set<string>();
  for (const entry of entries) {
    const path = join(directory, entry.path);
    const parent = dirname(path);
    if (!made.has(parent)) mkdirSync(parent, { recursive: true });
    made.add(parent);
    const mode = (entry.mode & 0o111) === 0 ? 0o444 : 0o555;
    writeFileSync(path, readContent(zip, entry), { flag: 'wx', mode });
  }
}
