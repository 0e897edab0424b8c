/** Directory trees of read-only files, which share files by hard links. */

import {
  chmodSync,
  constants,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ownedName } from '../process/owner';

/** Files of `from` below `to`, where they replace others: links, or copies where the file system has none. */
export function linkTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkTree(source, target);
    else linkFile(source, target);
  }
}

function linkFile(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      // Never written through a link.
      unlinkSync(target);
      linkFile(source, target);
      return;
    }
    // Another disk, a system without links, or too many of one file.
    copyFileSync(source, target, constants.COPYFILE_FICLONE);
  }
}

/** Whole at any moment; never written through a link. */
export function putFile(
  tree: string,
  path: string,
  content: Uint8Array,
  { executable }: { executable: boolean },
): void {
  const target = join(tree, path);
  mkdirSync(dirname(target), { recursive: true });
  const draft = join(dirname(target), `.${ownedName()}.tmp`);
  writeFileSync(draft, content, { flag: 'wx' });
  chmodSync(draft, executable ? 0o555 : 0o444);
  renameSync(draft, target);
}

/** Takes the right to write to its directories, or gives it back. */
export function setWritable(tree: string, isWritable: boolean): void {
  if (isWritable) chmodSync(tree, 0o755);
  for (const entry of readdirSync(tree, { withFileTypes: true })) {
    if (entry.isDirectory()) setWritable(join(tree, entry.name), isWritable);
  }
  if (!isWritable) chmodSync(tree, 0o555);
}

export function removeTree(tree: string): void {
  setWritable(tree, true);
  rmSync(tree, { recursive: true, force: true, maxRetries: 3 });
}
