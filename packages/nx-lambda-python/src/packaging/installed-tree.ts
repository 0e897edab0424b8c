/** The installed tree of a requirements key: pip installs it once, and it is kept as a dependency part. */

import { ArchiveWriter, type ByteSink } from './zip/write';
import { finishPart, type PartDistribution, type WrittenPart } from './dependency-part';
import { checkUnpackedSize } from './package';
import { WheelError } from './wheel/defect';
import { parseHeaders } from './wheel/read';
import { compareText } from './wheel/names';
import { parseRecord } from './wheel/admit';
import type { ByteSource } from './zip/bytes';
import { compress } from './zip/deflate';
import type { ZipEntry } from './zip/format';
import { readEntries } from './zip/read';
import { readContent } from './zip/verify';
import { findOrMake, type ResolvingStore } from './wheel-set';

export interface InstalledTree {
  requirementsKey: string;
  /** Build image with its digest. */
  image: string;
  engine: string;
  /** The dependency part that holds it: SHA-256 of that archive, hex. */
  part: string;
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
  write: WriteTreePart;
}

/** @param install lets pip install below `directory`; `write` is called before that is removed. */
export async function ensureInstalledTree(
  requirementsKey: string,
  store: TreeStore,
  install: (directory: string) => Promise<Installed>,
): Promise<{ tree: InstalledTree; hit: boolean }> {
  const { value: tree, hit } = await findOrMake(requirementsKey, store, {
    find: () => store.readTree(requirementsKey),
    make: async (directory) => {
      const { image, engine, write } = await install(directory);
      return { requirementsKey, image, engine, part: await store.admitPart(directory, write) };
    },
    keep: (made) => store.writeTree(made),
  });
  return { tree, hit };
}

/**
 * Writes the files of an archive of the tree under the headers that all our entries have, sorted by
 * path, compressed again: the archive may come from any program.
 *
 * @throws ARCHIVE_INVALID where readers could disagree about the archive, PACKAGE_TOO_LARGE
 */
export async function writeTreePart(archive: ByteSource, sink: ByteSink): Promise<WrittenPart> {
  const files = readEntries(archive)
    .filter(({ isDirectory }) => !isDirectory)
    .sort((a, b) => compareText(a.path, b.path));
  const installed = readDistributions(archive, files);
  const distributions = installed.map(({ distribution }) => distribution);
  // Compressing takes long, and the unpacked size is known before.
  checkUnpackedSize(totalSize(files), distributions);
  const writer = new ArchiveWriter(sink);
  for (const file of files) {
    const compressed = compress(readContent(archive, file));
    writer.addCompressed(file.path, (file.mode & 0o111) !== 0, compressed);
    // Between files this process can refresh its locks and handle Ctrl-C.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const ownerOf = (path: string) =>
    installed.find(({ paths }) => paths.has(path))?.distribution.name;
  const owned = files.map(({ path, size }) => ({ path, size, distribution: ownerOf(path) }));
  return finishPart(writer, owned, {
    distributions,
    warnings: pathFileWarnings(files, installed),
  });
}

interface InstalledDistribution {
  distribution: PartDistribution;
  /** Paths of its files. */
  paths: ReadonlySet<string>;
}

/** Sorted by name. Each has a `.dist-info` directory at the root. */
function readDistributions(
  archive: ByteSource,
  files: readonly ZipEntry[],
): InstalledDistribution[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const textOf = (path: string) => {
    const file = byPath.get(path);
    return file && readContent(archive, file).toString('utf8');
  };
  return files
    .flatMap(({ path }) => /^([^/]+\.dist-info)\/METADATA$/.exec(path)?.[1] ?? [])
    .map((distInfo) => {
      const { name, version } = readIdentity(distInfo, textOf(`${distInfo}/METADATA`) ?? '');
      const paths = recordedPaths(distInfo, textOf(`${distInfo}/RECORD`) ?? '');
      const unpackedSize = totalSize(files.filter((file) => paths.has(file.path)));
      return { distribution: { name, version, wheel: null, sha256: null, unpackedSize }, paths };
    })
    .sort((a, b) => compareText(a.distribution.name, b.distribution.name));
}

/** As METADATA spells it; if an old builder left it out, the directory's name counts. */
function readIdentity(distInfo: string, metadata: string): { name: string; version: string } {
  const headers = parseHeaders(metadata);
  const [directoryName = '', directoryVersion = ''] = distInfo
    .slice(0, -'.dist-info'.length)
    .split('-');
  return {
    name: headers?.get('name')?.[0] ?? directoryName,
    version: headers?.get('version')?.[0] ?? directoryVersion,
  };
}

/** As paths of the tree. Without a valid RECORD only sizes and warnings are incomplete. */
function recordedPaths(distInfo: string, record: string): ReadonlySet<string> {
  try {
    const rows = parseRecord(distInfo, record);
    // With --target pip installs into `<temporary>/lib/python`, then moves all files to the root.
    return new Set([...rows.keys()].map((path) => path.replace(/^\.\.\/\.\.\//, '')));
  } catch (error) {
    if (error instanceof WheelError) return new Set();
    throw error;
  }
}

/** As for wheels: `site` reads .pth files in site directories only, and /var/task is not one. */
function pathFileWarnings(
  files: readonly ZipEntry[],
  installed: readonly InstalledDistribution[],
): string[] {
  return files
    .map(({ path }) => path)
    .filter((path) => /^[^/]+\.pth$/.test(path))
    .map((path) => {
      const owner = installed.find(({ paths }) => paths.has(path))?.distribution;
      const whose = owner ? ` of \`${owner.name} ${owner.version}\`` : '';
      return `\`${path}\`${whose} has no effect: Lambda does not process .pth files`;
    });
}

function totalSize(files: readonly ZipEntry[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}
