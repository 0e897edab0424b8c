/** A deployment package: the dependency part, then the service's own files. */

import { LambdaPythonError } from '../errors';
import { ArchiveWriter, type ByteSink } from './archive-writer';
import type { PartDistribution, PartFacts } from './dependency-part';
import type { ByteSource } from './zip/byte-source';
import { END_LENGTH } from './zip/format';
import { readEntries } from './zip/read';

/** What Lambda allows for a function with its layers, unzipped, in bytes. */
export const MAX_UNPACKED_SIZE = 262_144_000;

export interface ServiceFile {
  /** In the package, with forward slashes. */
  path: string;
  executable: boolean;
  read(): Buffer;
}

export interface PackageFacts {
  /** Base64. */
  sha256: string;
  size: number;
  unpackedSize: number;
}

export interface DependencyPart {
  archive: ByteSource;
  facts: PartFacts;
}

/**
 * @param files in any order; they are written sorted by path in code units
 * @throws ENTRY_COLLISION, PACKAGE_TOO_LARGE
 */
export function writePackage(
  { archive, facts }: DependencyPart,
  files: readonly ServiceFile[],
  sink: ByteSink,
): PackageFacts {
  const writer = new ArchiveWriter(sink);
  copyPart({ archive, facts }, writer);
  const dependencies = readEntries(archive, { trusted: true });
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  checkPaths(
    dependencies.map(({ path }) => path),
    sorted.map(({ path }) => path),
  );
  let unpackedSize = dependencies.reduce((sum, { size }) => sum + size, 0);
  for (const file of sorted) {
    const content = file.read();
    writer.addContent(file.path, file.executable, content);
    unpackedSize += content.length;
  }
  checkUnpackedSize(unpackedSize, facts.distributions);
  writer.finish();
  return { sha256: writer.digest('base64'), size: writer.size, unpackedSize };
}

/** A file of the wheel store whose bytes changed since it was put there: it is made or fetched again. */
export class DamagedFileError extends Error {}

/** @throws PACKAGE_TOO_LARGE naming the largest distributions */
export function checkUnpackedSize(
  unpackedSize: number,
  distributions: readonly PartDistribution[],
): void {
  if (unpackedSize <= MAX_UNPACKED_SIZE) return;
  const largest = [...distributions]
    .sort((a, b) => b.unpackedSize - a.unpackedSize)
    .slice(0, 5)
    .map(({ name, unpackedSize: size }) => `\`${name}\` ${Math.round(size / 1e6)} MB`);
  throw new LambdaPythonError('PACKAGE_TOO_LARGE', {
    message: `${unpackedSize.toLocaleString('en-US')} B unzipped, Lambda allows ${MAX_UNPACKED_SIZE.toLocaleString('en-US')}; largest: ${largest.join(', ')}`,
    hint: 'take what is not needed out of the requirements, or list what the runtime has (boto3, botocore) in "excludeDistributions" (with "dependencies": "wheels")',
  });
}

/** The part's entries become the archive's first; its end is compared, too, since readers go by it. */
function copyPart({ archive, facts }: DependencyPart, writer: ArchiveWriter): void {
  const end = archive.read(facts.length, archive.size - facts.length);
  // Our own archives end in a record without a comment.
  const central = end.subarray(0, end.length - END_LENGTH);
  writer.startWith(archive, { length: facts.length, entryCount: facts.entryCount, central });
  if (writer.digest('hex', end) !== facts.sha256) {
    throw new DamagedFileError('the dependency part in the wheel store is damaged');
  }
}

/** A path may be one file only, for every reader: no service file over a dependency's, by case neither. */
function checkPaths(dependencies: readonly string[], files: readonly string[]): void {
  const taken = new Map(dependencies.map((path) => [path.toLowerCase(), path]));
  const directories = new Set(dependencies.flatMap(ancestors));
  const own = new Map<string, string>();
  for (const path of files) {
    const folded = path.toLowerCase();
    const other = taken.get(folded);
    if (other !== undefined) throw collision(path, `\`${other}\` of a distribution`);
    if (directories.has(path))
      throw collision(path, `the directory \`${path}/\` of a distribution`);
    const file = ancestors(path).find(
      (directory) => taken.get(directory.toLowerCase()) === directory,
    );
    if (file) throw collision(path, `\`${file}\`, a file of a distribution`);
    const twin = own.get(folded);
    if (twin !== undefined) throw collision(path, `\`${twin}\`, which differs only in case`);
    own.set(folded, path);
  }
}

function ancestors(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

function collision(path: string, other: string): LambdaPythonError {
  return new LambdaPythonError('ENTRY_COLLISION', {
    message: `the service's file \`${path}\` clashes with ${other}`,
    hint: `rename it, or leave it out: exclude = ["${path}"] in pyproject.toml`,
  });
}
