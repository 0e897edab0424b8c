/** The installed tree of a requirements key: pip installs it once, and it is kept as a dependency part. */

import { ArchiveWriter, type ByteSink } from './zip/write';
import {
  finishPart,
  PART_FORMAT,
  withExclusions,
  type PartFacts,
  type WrittenPart,
} from './dependency-part';
import { NO_EXCLUSIONS, type FileExclusions } from './file-exclusions';
import { ownerOf, readDistributions, type InstalledDistribution } from './installed-distributions';
import { checkUnpackedSize, type DependencyPart } from './package';
import { digestOf } from './requirements/canonical-json';
import { pathFileWarnings } from './wheel/layout';
import { compareText } from './wheel/names';
import { renderRecord } from './wheel/record';
import { SourceBlocks, type ByteSource } from './zip/bytes';
import { compress } from './zip/deflate';
import type { ZipEntry } from './zip/format';
import { readEntries } from './zip/read';
import { readContent } from './zip/verify';
import { findOrMake, type ResolvingStore, type Result } from './wheel-set';

export interface InstalledTree {
  requirementsKey: string;
  /** Build image with its digest. */
  image: string;
  engine: string;
  /** The dependency part that holds it: SHA-256 of that archive, hex. */
  part: string;
  /** What is to be said whenever it is used, beside what its part says: other trees may have the same part. */
  warnings?: readonly string[];
}

/** A place for installed trees. */
export interface TreeStore extends ResolvingStore {
  /** The tree of this key, if the store has its dependency part. */
  readTree(requirementsKey: string): InstalledTree | undefined;
  writeTree(tree: InstalledTree): void;
  /** Keeps the dependency part that `write` writes. Returns the SHA-256 of its bytes, its name in the store. */
  admitPart(directory: string, write: WriteTreePart): Promise<string>;
}

export type WriteTreePart = (sink: ByteSink) => Promise<WrittenPart>;

export interface Installed {
  image: string;
  engine: string;
  warnings?: readonly string[];
  write: WriteTreePart;
}

/** @param install lets pip install below `directory`; `write` is called before that is removed. */
export function ensureInstalledTree(
  requirementsKey: string,
  store: TreeStore,
  install: (directory: string) => Promise<Installed>,
): Promise<Result<InstalledTree>> {
  return findOrMake(requirementsKey, store, {
    find: () => store.readTree(requirementsKey),
    make: async (directory) => {
      const { write, ...facts } = await install(directory);
      return { requirementsKey, ...facts, part: await store.admitPart(directory, write) };
    },
    keep: (made) => store.writeTree(made),
  });
}

/**
 * Writes the files of an archive of the tree under the headers that all our entries have, sorted by
 * path, compressed again: the archive may come from any program.
 *
 * @param exclusions of the package that the tree is for; they do not count towards its size
 * @throws ARCHIVE_INVALID where readers could disagree about the archive, PACKAGE_TOO_LARGE
 */
export async function writeTreePart(
  archive: ByteSource,
  sink: ByteSink,
  exclusions: FileExclusions = NO_EXCLUSIONS,
): Promise<WrittenPart> {
  const files = readEntries(archive)
    .filter(({ isDirectory }) => !isDirectory)
    .sort((a, b) => compareText(a.path, b.path));
  const installed = readDistributions(archive, files);
  const needed = files.filter(({ path }) => !exclusions.excludes(path));
  // Compressing takes long, and the unpacked size is known before.
  checkUnpackedSize(totalSize(needed), factsOf(installed, needed).distributions);
  const writer = new ArchiveWriter(sink);
  for (const file of files) {
    const compressed = compress(readContent(archive, file));
    writer.addCompressed(file.path, isExecutable(file), compressed);
    // Between files this process can refresh its locks and handle Ctrl-C.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return finishPart(writer, ownedFiles(files, installed), factsOf(installed, files));
}

/** Name of the part without these files; that of the tree if there are none. */
export function planReducedTree(
  { part }: Pick<InstalledTree, 'part'>,
  { patterns: excludeFiles }: FileExclusions,
): string {
  return excludeFiles.length === 0 ? part : digestOf({ format: PART_FORMAT, part, excludeFiles });
}

/** The same tree without these files, and without their rows in RECORD; compressed bytes are copied. */
export function writeReducedTree(
  { archive }: Pick<DependencyPart, 'archive'>,
  exclusions: FileExclusions,
  sink: ByteSink,
): WrittenPart {
  const files = readEntries(archive, { trusted: true });
  const installed = readDistributions(archive, files);
  const leftOut = files.filter(({ path }) => exclusions.excludes(path));
  const gone = new Set(leftOut.map(({ path }) => path));
  const records = new Map(
    installed.flatMap(({ record, rows }) => {
      const kept = [...rows].filter(([path]) => !gone.has(path)).map(([, row]) => row);
      return kept.length === rows.size ? [] : [[record, renderRecord(kept)] as const];
    }),
  );
  const writer = new ArchiveWriter(sink);
  const blocks = new SourceBlocks(archive);
  const kept: ZipEntry[] = [];
  for (const file of files) {
    if (gone.has(file.path)) continue;
    const record = records.get(file.path);
    if (record === undefined) {
      writer.add({ ...file, mode: isExecutable(file) ? 0o755 : 0o644 }, blocks, file.dataOffset);
      kept.push(file);
    } else {
      const bytes = Buffer.from(record);
      writer.addCompressed(file.path, false, compress(bytes));
      kept.push({ ...file, size: bytes.length });
    }
  }
  const own = ownedFiles(kept, installed);
  const facts = factsOf(installed, kept);
  return finishPart(
    writer,
    own,
    withExclusions(facts, own, ownedFiles(leftOut, installed), exclusions),
  );
}

function isExecutable({ mode }: ZipEntry): boolean {
  return (mode & 0o111) !== 0;
}

function factsOf(
  installed: readonly InstalledDistribution[],
  files: readonly ZipEntry[],
): Pick<PartFacts, 'distributions' | 'warnings'> {
  const distributions = installed.map(({ name, version, rows }) => {
    const unpackedSize = totalSize(files.filter(({ path }) => rows.has(path)));
    return { name, version, wheel: null, sha256: null, unpackedSize };
  });
  return { distributions, warnings: pathFileWarnings(files, (path) => ownerOf(path, installed)) };
}

function ownedFiles(files: readonly ZipEntry[], installed: readonly InstalledDistribution[]) {
  return files.map(({ path, size }) => ({
    path,
    size,
    distribution: ownerOf(path, installed)?.name,
  }));
}

function totalSize(files: readonly ZipEntry[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}
