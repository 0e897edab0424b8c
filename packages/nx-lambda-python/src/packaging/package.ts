/** A deployment package: the dependency part, then the service's own files. */

import { createHash } from 'node:crypto';
import { LambdaPythonError } from '../errors';
import { topLevelModule } from '../python/names';
import { foldName, withDirectories } from '../service/files';
import { firstSegment, type PartDistribution, type PartFacts } from './dependency-part';
import { hexDigest } from './requirements/canonical-json';
import { eachChunk, type ByteSource } from './zip/bytes';
import type { Compress } from './zip/deflate';
import { END_LENGTH } from './zip/format';
import { readEntries } from './zip/read';
import { readContent } from './zip/verify';
import { ArchiveWriter, type ArchiveStart, type ByteSink } from './zip/write';

/** What Lambda allows for a function with its layers, unzipped, in bytes. */
export const MAX_UNPACKED_SIZE = 262_144_000;

export interface ServiceFile {
  /** In the package, with forward slashes. */
  path: string;
  /** Relative to the service, as messages name it. */
  file: string;
  executable: boolean;
  read(): Buffer;
  /** Of its content when the service was read, hex. */
  sha256: string;
}

export interface PackageFacts {
  /** Base64, as Lambda's `CodeSha256` and S3's `ChecksumSHA256` have it. */
  sha256: string;
  /** Bytes of the zip. */
  size: number;
  /** Bytes of all entries once unpacked. */
  unpackedSize: number;
  /** The first bytes of the zip, its dependencies: upload sends them only once. Absent without dependencies. */
  dependencies?: PackagePrefix;
}

export interface PackagePrefix {
  size: number;
  /** Base64. */
  sha256: string;
}

export interface DependencyPart {
  archive: ByteSource;
  facts: PartFacts;
  /** If this process has just written it. */
  start?: ArchiveStart;
}

/**
 * @param files in any order; they are written sorted by path in code units
 * @param compress for their contents; it may have some in a cache
 * @param open gives the sink, which already has the part's entries: its first `facts.length` bytes. It
 *   is called after those have been hashed, so that they can be copied meanwhile.
 * @throws ENTRY_COLLISION, PACKAGE_TOO_LARGE
 */
export async function writePackage(
  part: DependencyPart,
  files: readonly ServiceFile[],
  compress: Compress,
  open: () => Promise<ByteSink>,
): Promise<PackageFacts> {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const start = part.start ?? hashPart(part);
  const shared = checkPaths(part, sorted);
  const { length, hash } = start;
  // Taken before the writer goes on with the hash.
  const prefix = length > 0 && { size: length, sha256: hash.copy().digest('base64') };
  const writer = new ArchiveWriter(await open(), start);
  let { unpackedSize } = part.facts;
  for (const file of sorted.filter(({ path }) => !shared.has(path))) {
    const content = readUnchanged(file);
    writer.addCompressed(file.path, file.executable, compress(content, file.sha256));
    unpackedSize += content.length;
  }
  const own = unpackedSize - part.facts.unpackedSize;
  checkUnpackedSize(unpackedSize, part.facts.distributions, own);
  writer.finish();
  const { size } = writer;
  const facts = { sha256: writer.digest('base64'), size, unpackedSize };
  return prefix ? { ...facts, dependencies: prefix } : facts;
}

/** Everything that decides a package's bytes within one format of builds. */
export function packageInputs({ facts }: Pick<DependencyPart, 'facts'>, content: string): string {
  return `${facts.sha256} ${content}`;
}

/** SHA-256 of the paths, modes and bytes of a service's files, hex. */
export function contentDigest(files: readonly Omit<ServiceFile, 'read' | 'file'>[]): string {
  const hash = createHash('sha256');
  for (const { path, executable, sha256 } of files) {
    hash.update(`\n${sha256} ${executable ? 'x' : '-'} ${path}`);
  }
  return hash.digest('hex');
}

/**
 * What is kept under the digest of the content that was read first must be of that content.
 * @throws SourceChangedError
 */
export function readUnchanged({ path, read, sha256 }: Omit<ServiceFile, 'file'>): Buffer {
  const content = read();
  if (hexDigest(content) !== sha256) throw new SourceChangedError(path);
  return content;
}

/** A file of the service changed after the service was read: everything is read again. */
export class SourceChangedError extends Error {
  constructor(readonly path: string) {
    super(`\`${path}\` changed during the build`);
  }
}

/** The bytes of a file in the wheel store changed: it is made or fetched again. */
export class DamagedFileError extends Error {}

/**
 * @param own bytes of the service's own files
 * @throws PACKAGE_TOO_LARGE with the largest distributions, and the service if it is one of the largest
 */
export function checkUnpackedSize(
  unpackedSize: number,
  distributions: readonly PartDistribution[],
  own = 0,
): void {
  if (unpackedSize <= MAX_UNPACKED_SIZE) return;
  const largest = [
    ...distributions.map(({ name, unpackedSize: size }) => ({ name: `\`${name}\``, size })),
    { name: "the service's own files", size: own },
  ]
    .filter(({ size }) => size >= 1e6)
    .sort((a, b) => b.size - a.size)
    .slice(0, 5);
  const list = largest.map(({ name, size }) => `${name} ${Math.round(size / 1e6)} MB`).join(', ');
  const isOwn = largest[0]?.size === own;
  throw new LambdaPythonError('PACKAGE_TOO_LARGE', {
    message: `${unpackedSize.toLocaleString('en-US')} B unzipped, Lambda allows ${MAX_UNPACKED_SIZE.toLocaleString('en-US')}; largest: ${list}`,
    hint: isOwn
      ? 'leave out what the handlers do not need: exclude = ["..."] in pyproject.toml; large data belongs in S3 or a container image'
      : 'remove what is not needed from the requirements, leave tests of distributions out with "excludeFiles": ["preset:tests"], or list what the runtime has (boto3, botocore) in "excludeDistributions" (with "dependencies": "wheels")',
  });
}

/** The part's entries come first in the archive; its end is hashed, too, since readers start there. */
export function hashPart({ archive, facts }: DependencyPart): ArchiveStart {
  const { length, entryCount } = facts;
  const hash = createHash('sha256');
  eachChunk(archive, 0, length, (bytes) => hash.update(bytes));
  const end = archive.read(length, archive.size - length);
  if (hash.copy().update(end).digest('hex') !== facts.sha256) {
    throw new DamagedFileError('the dependency part in the wheel store is damaged');
  }
  // Our archives end in a record without a comment.
  return { hash, length, entryCount, central: end.subarray(0, end.length - END_LENGTH) };
}

/** A namespace package whose parts lie in several directories: Python goes on searching for the others. */
const EXTENDS_PATH = /\b(extend_path|declare_namespace)\b/;

/**
 * Each path is one file, for every reader: no service file may replace one of a dependency, not even in another case.
 * Files with the same bytes are one, as parts of a namespace package have them. In a layer they are two, of which Python
 * reads the service's.
 * @param prefix what all paths of the part begin with
 * @returns the paths of which the part has the same bytes
 * @throws ENTRY_COLLISION
 */
export function checkPaths(
  { archive, facts }: DependencyPart,
  files: readonly Omit<ServiceFile, 'read' | 'executable'>[],
  prefix = '',
): ReadonlySet<string> {
  const shared = new Set(facts.topLevel);
  const areSeparate = files.every(({ path }) => !shared.has(firstSegment(path)));
  const entries = areSeparate ? [] : readEntries(archive, { trusted: true });
  const dependencies = new Map(entries.map((entry) => [entry.path.slice(prefix.length), entry]));
  const taken = new Map([...dependencies.keys()].map((path) => [foldName(path), path]));
  const directories = new Set([...dependencies.keys()].flatMap(ancestors));
  const own = new Map<string, string>();
  const same = new Set<string>();
  for (const file of files) {
    const { path, sha256 } = file;
    const folded = foldName(path);
    const other = taken.get(folded);
    const entry = dependencies.get(path);
    if (entry) {
      const content = readContent(archive, entry);
      const theirs = `\`${path}\` of ${ownersOf(path, facts)}`;
      if (hexDigest(content) !== sha256) throw collision(file, `${theirs}, which is different`);
      const hides = prefix !== '' && /\b__init__\.py$/.test(path);
      if (hides && !EXTENDS_PATH.test(content.toString('latin1')))
        throw collision(file, `${theirs}: Python would not find the rest of it in the layer`);
      same.add(path);
    } else if (other !== undefined) {
      throw collision(file, `\`${other}\` of ${ownersOf(other, facts)}`);
    }
    if (directories.has(path)) {
      throw collision(file, `the directory \`${path}/\` of ${ownersOf(path, facts)}`);
    }
    const above = ancestors(path).find((directory) => taken.get(foldName(directory)) === directory);
    if (above) throw collision(file, `\`${above}\`, a file of ${ownersOf(above, facts)}`);
    const twin = own.get(folded);
    if (twin !== undefined) throw collision(file, `\`${twin}\`, which differs only in case`);
    own.set(folded, path);
  }
  return same;
}

function ancestors(path: string): string[] {
  return withDirectories(path).slice(0, -1);
}

/** Of the module that the path is in: several may have parts of it. */
function ownersOf(path: string, { modules }: PartFacts): string {
  const top = topLevelModule(path)?.name ?? path;
  const owners = modules.find(({ name }) => name === top)?.distributions ?? [];
  return owners.length === 0 ? 'a distribution' : owners.map((name) => `\`${name}\``).join(' or ');
}

function collision(
  { path, file }: Pick<ServiceFile, 'path' | 'file'>,
  other: string,
): LambdaPythonError {
  return new LambdaPythonError('ENTRY_COLLISION', {
    message: `the service's file \`${file}\` clashes with ${other}`,
    hint: `rename it, or leave it out: exclude = ["${path}"] in pyproject.toml`,
  });
}
