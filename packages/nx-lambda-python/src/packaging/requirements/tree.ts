/** Files of the workspace that requirements name, by content: never by time, and never by where the workspace lies. */

import ignore from 'ignore';
import { digestOf } from '../canonical-json';

/**
 * What does not belong to a library's source, in gitignore syntax. Tests stay: whether they are packed is
 * the library's own build to say.
 */
const LIBRARY_EXCLUDES: readonly string[] = [
  '.git',
  '.hg',
  '.svn',
  '.nx/',
  '.venv/',
  '/venv/',
  'node_modules/',
  '__pycache__/',
  '*.py[co]',
  '.mypy_cache/',
  '.pytest_cache/',
  '.ruff_cache/',
  '.hypothesis/',
  '.cache/',
  '.tox/',
  '.nox/',
  '.eggs/',
  '*.egg-info/',
  '/dist/',
  '/build/',
  '/htmlcov/',
  '.coverage',
  '.coverage.*',
  '.idea/',
  '.vscode/',
  '.DS_Store',
];

const excluded = ignore({ ignorecase: false }).add([...LIBRARY_EXCLUDES]);

/** The files of a library that count, of those below its directory. */
export function isLibraryFile(path: string): boolean {
  return !excluded.ignores(path);
}

/** A directory that a walk over a library need not enter. */
export function isPrunedOfLibrary(path: string): boolean {
  return excluded.ignores(`${path}/`);
}

export interface FileFacts {
  /** Relative to the directory, with forward slashes. */
  path: string;
  executable: boolean;
  /** SHA-256 of its bytes, hex. */
  sha256: string;
}

/** Of paths, executable bits and bytes, whatever the order of the list. */
export function treeDigest(files: readonly FileFacts[]): string {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  return digestOf(sorted.map(({ path, executable, sha256 }) => [path, executable, sha256]));
}
