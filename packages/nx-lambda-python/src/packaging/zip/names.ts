/** Entry names: decoded the one way that all readers share, and safe to use as paths. */

import { isUtf8 } from 'node:buffer';
import { ArchiveError, quoted, type ArchiveDefect } from './defect';

/**
 * @throws ArchiveError when the bytes could be read as two names: APPNOTE D.1 says CP437 unless
 * flag bit 11 is set, many readers assume UTF-8 anyway, and only ASCII is the same in both.
 */
export function decodeName(bytes: Buffer, start: number, end: number, utf8: boolean): string {
  const name = bytes.toString('utf8', start, end);
  // Printable ASCII: the same in every encoding.
  if (/^[ -~]*$/.test(name)) return name;
  const raw = bytes.subarray(start, end);
  if (!isUtf8(raw)) {
    throw new ArchiveError('name-not-utf8', `the name ${quoted(raw)} is not UTF-8`);
  }
  if (!utf8 && raw.some((byte) => byte > 0x7f)) {
    throw new ArchiveError(
      'name-encoding-unstated',
      `the name ${quoted(name)} is not ASCII and flag bit 11 does not say that it is UTF-8`,
    );
  }
  return name;
}

const COMPONENT_DEFECTS: Readonly<Record<string, ArchiveDefect>> = {
  '': 'name-empty-component',
  '.': 'name-dot',
  '..': 'name-parent',
};

/** @throws ArchiveError for a name that is not a plain relative path with forward slashes. */
export function checkName(name: string): void {
  const reason = nameDefect(name);
  if (reason) throw new ArchiveError(reason, `an entry is named ${quoted(name)}`);
}

function nameDefect(name: string): ArchiveDefect | undefined {
  if (name === '') return 'name-empty';
  // Nearly all names look like this; others are checked part by part.
  if (/^[\w-][\w.+-]*(?:\/[\w-][\w.+-]*)*$/.test(name)) return undefined;
  if (name.includes('\0')) return 'name-nul';
  if (/\p{Cc}/u.test(name)) return 'name-control';
  if (name.includes('\\')) return 'name-backslash';
  if (name.startsWith('/')) return 'name-absolute';
  if (/^[A-Za-z]:/.test(name)) return 'name-drive';
  const parts = name.split('/');
  // One slash at the end marks a directory.
  if (parts.at(-1) === '') parts.pop();
  for (const part of parts) {
    const reason = COMPONENT_DEFECTS[part];
    if (reason) return reason;
  }
  return undefined;
}

/**
 * No path twice, and none both a file and a directory of another one: what a reader makes of those
 * depends on which it reads first.
 */
export function checkDistinct(paths: readonly string[]): void {
  const files = new Set<string>();
  const directories = new Set<string>();
  for (const path of paths) {
    const seen = path.endsWith('/') ? directories : files;
    if (seen.has(path)) {
      throw new ArchiveError('name-duplicate', `${quoted(path)} occurs more than once`);
    }
    seen.add(path);
  }
  const parents = new Set<string>();
  for (const path of paths) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const parent = path.slice(0, end);
      if (parents.has(parent)) break;
      parents.add(parent);
      if (files.has(parent)) {
        throw new ArchiveError(
          'name-file-and-directory',
          `${quoted(parent)} is both a file and a directory`,
        );
      }
    }
  }
}
