/** Puts a directory tree into one zip. The only file that imports archiver. */

import type { Archiver } from 'archiver';
import { appendFileSync, closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { checkName } from '../../packaging/zip/names';
import type { WalkRules } from '../../service/files';
import { diskError } from './files';
import { listFiles, type SourceFile } from './local-files';

/** As pip left it. */
const EVERYTHING: WalkRules = {
  enters: () => true,
  selects: () => true,
  isEnvironment: () => false,
};

const DATE = new Date('1980-01-01T00:00:00Z');

/**
 * Files sorted by path, of modes 0644 and 0755, stored: the same tree gives the same bytes on every
 * Node, which promises nothing of what its zlib makes. A link becomes the file that it leads to.
 *
 * @throws ARCHIVE_INVALID for names that readers take differently, ENTRY_INVALID for a link that points
 * out of the tree, DISK_FULL
 */
export async function archiveTree(tree: string, output: string): Promise<void> {
  const files = listTree(tree);
  // archiver would silently turn a backslash into a slash.
  for (const { path } of files) checkName(path);
  // Loaded only here: few builds need it.
  const { default: archiver } = await import('archiver');
  const archive = archiver('zip', { store: true, statConcurrency: 1 });
  // Reading it rejects with the first error; later ones only follow from it.
  archive.on('error', () => undefined);
  try {
    const descriptor = openSync(output, 'w');
    try {
      feed(archive, tree, files);
      for await (const chunk of archive) appendFileSync(descriptor, chunk as Buffer);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw diskError(error, output);
  }
}

/** One file at a time, in order. */
function feed(archive: Archiver, tree: string, files: readonly SourceFile[]): void {
  const remaining = files.values();
  const next = () => {
    if (archive.destroyed) return;
    try {
      const { value: file, done } = remaining.next();
      if (done) {
        archive.finalize().catch((error: Error) => archive.destroy(error));
        return;
      }
      // As a buffer, so that its size and CRC-32 are in its header, where strict readers want them.
      const mode = file.executable ? 0o755 : 0o644;
      archive.append(readFileSync(join(tree, file.path)), { name: file.path, date: DATE, mode });
    } catch (error) {
      archive.destroy(error as Error);
    }
  };
  archive.on('entry', next);
  next();
}

function listTree(tree: string): SourceFile[] {
  try {
    return listFiles(tree, tree, EVERYTHING);
  } catch (error) {
    if (!(error instanceof LambdaPythonError)) throw error;
    throw new LambdaPythonError(error.code, {
      message: `among the files that pip installed, ${error.message}`,
      hint: 'set "dependencies": "wheels" on the build target, or pin another version of the distribution',
      cause: error,
    });
  }
}
