/** Names that are two on one machine and one on another: a package holds none of them. */

import { LambdaPythonError } from '../errors';

/**
 * One spelling for all that some file system takes for the same name: macOS composes and decomposes
 * letters with marks, and macOS and Windows do not tell upper from lower case.
 */
export function foldName(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

/**
 * @param paths of the service's files; those that clash would depend on the machine that has them
 * @throws ENTRY_COLLISION
 */
export function checkNames(paths: readonly string[]): void {
  const spellings = new Map<string, { name: string; path: string }>();
  for (const path of paths) {
    for (const name of withDirectories(path)) {
      const folded = foldName(name);
      const known = spellings.get(folded);
      if (known && known.name !== name) throw clash(path, known.path, isSameText(name, known.name));
      if (!known) spellings.set(folded, { name, path });
    }
  }
}

/** `a`, `a/b`, `a/b/c.py` */
function withDirectories(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

function isSameText(a: string, b: string): boolean {
  return a.normalize('NFC') === b.normalize('NFC');
}

function clash(path: string, other: string, isSame: boolean): LambdaPythonError {
  const difference = isSame
    ? 'whose letters are the same and differ in their Unicode form only (NFC, NFD)'
    : 'which differs only in case';
  return new LambdaPythonError('ENTRY_COLLISION', {
    message: `the service's file \`${path}\` clashes with \`${other}\`, ${difference}`,
    hint: `rename one of them, or leave it out: exclude = ["${path}"] in pyproject.toml`,
  });
}
