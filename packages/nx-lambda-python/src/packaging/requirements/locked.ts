/** What a lock of another tool pins, as requirement lines: pip takes them without resolving anything. */

import { posix } from 'node:path';

/** One package, as every format of lock has it. */
export interface LockedPackage {
  name: string;
  source: LockedSource;
  /** `sha256:<hex>` of each file that may be taken; none for directories and repositories. */
  hashes: readonly string[];
}

export type LockedSource =
  | { version: string }
  /** Of an archive, or `git+https://…@<commit>`, with what follows `#`. */
  | { url: string }
  /** Of a directory or archive, relative to the workspace; absolute if the lock has it so. */
  | { path: string };

/** Where the lines of another format stand, for pip and for what reads requirements files. */
export function linesFile(path: string): string {
  return `${path}.txt`;
}

/** The file that a user wrote. */
export function writtenFile(path: string): string {
  return path.replace(/(\.lock|\.toml|(?:^|\/)Pipfile)\.txt$/, '$1');
}

/**
 * A line of a requirements file, the marker before the hashes.
 * @param marker empty for none
 * @param projectRoot of the service, from which paths in lines start
 * @returns undefined for the service itself, whose files are in the package already
 */
export function lockedLine(
  { name, source, hashes }: LockedPackage,
  marker: string,
  projectRoot: string,
): string | undefined {
  const subject = subjectOf(name, source, projectRoot);
  if (subject === undefined) return undefined;
  // Only a semicolon with spaces ends a URL.
  const parts = [subject, ...(marker ? [`; ${marker}`] : [])];
  return [...parts, ...hashes.map((hash) => `--hash=${hash}`)].join(' ');
}

function subjectOf(name: string, source: LockedSource, projectRoot: string): string | undefined {
  if ('version' in source) return `${name}==${source.version}`;
  if ('url' in source) return `${name} @ ${source.url}`;
  const { path } = source;
  if (posix.isAbsolute(path)) return `${name} @ file://${encoded(path)}`;
  const place = posix.relative(projectRoot, path);
  return place === '' ? undefined : `${name} @ file:${encoded(place)}`;
}

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
