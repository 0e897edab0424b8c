/**
 * The dependency part: all distributions of a wheel set spliced into one archive, kept in the store.
 *
 * Every package of the same wheel set starts with exactly these bytes, so a build after a source edit
 * copies one file instead of splicing thousands of entries.
 */

import { foldName } from '../service/files';
import { didYouMean } from '../report/nearest';
import { topLevelModule } from '../python/names';
import { NO_EXCLUSIONS, type FileExclusions } from './file-exclusions';
import { digestOf } from './requirements/canonical-json';
import type { StoredWheel } from './wheel-set';
import {
  installEntries,
  madeFile,
  makeScripts,
  type InstallEntry,
  type Installation,
} from './wheel/layout';
import { mergeInstallations, type Collisions } from './wheel/merge';
import { compareText, normalizeName } from './wheel/names';
import { readWheel } from './wheel/read';
import { installedRecord, recordRows, type RecordGap } from './wheel/record';
import { SourceBlocks, type ByteSource } from './zip/bytes';
import { compress } from './zip/deflate';
import { ArchiveWriter, type ArchiveStart, type ByteSink } from './zip/write';

/** Raised when the same wheels result in other bytes or facts. */
export const PART_FORMAT = 3;

export interface PartOptions {
  excludeDistributions: readonly string[];
  excludeFiles: FileExclusions;
  collisions: Collisions;
  /** Interpreter that the scripts in `bin/` name; null to have no scripts. */
  interpreter: string | null;
  /** A layer has its files in `python/`, where Lambda's Python looks for them. */
  layer: boolean;
}

/** Of a part with everything that its wheels install, but for scripts. */
export const PLAIN_PART: PartOptions = {
  excludeDistributions: [],
  excludeFiles: NO_EXCLUSIONS,
  collisions: {},
  interpreter: null,
  layer: false,
};

/** What all paths of a part begin with. */
export function partPrefix({ layer }: Pick<PartOptions, 'layer'>): string {
  return layer ? 'python/' : '';
}

/** Kept beside the archive. */
export interface PartFacts {
  format: number;
  /** Bytes of its entries, which is where its central directory starts. */
  length: number;
  /** Bytes of the archive. */
  size: number;
  /** Of the archive, hex. */
  sha256: string;
  entryCount: number;
  /** Bytes of all entries once unpacked. */
  unpackedSize: number;
  /** First segments of all paths, folded, without a layer's `python/`: a path of the service with another first segment cannot clash. */
  topLevel: string[];
  /** What can be imported from it, sorted by name. */
  modules: PartModule[];
  /** What cannot be imported from it, since `excludeFiles` leaves all of its files out; only with that option. */
  leftOut?: PartModule[];
  distributions: PartDistribution[];
  warnings: string[];
}

/** A top-level module or package. */
export interface PartModule {
  name: string;
  /** Distributions that have files of it, as they spell their names; empty if that is not recorded. */
  distributions: string[];
  /** False for a directory without `__init__.py`: any other module of its name comes first. */
  isRegular: boolean;
}

export interface PartFile {
  path: string;
  size: number;
  /** The distribution that has it. */
  distribution?: string | undefined;
}

/** A part that was just written: writing the package need not read it again. */
export interface WrittenPart {
  facts: PartFacts;
  start: ArchiveStart;
}

/** A distribution that is in the part. */
export interface PartDistribution {
  name: string;
  version: string;
  /** Its file name; null if pip installed the distribution, which leaves no wheel. */
  wheel: string | null;
  /** Of the wheel, hex, as in lock files and indexes; null without a wheel. */
  sha256: string | null;
  /** Bytes of its files that are in the part, unpacked. */
  unpackedSize: number;
  /** Where the RECORD of its wheel is incomplete. */
  gaps?: readonly RecordGap[];
  /** What `excludeFiles` leaves out of it: how many files, and their bytes. */
  leftOut?: FileCount;
}

export interface FileCount {
  files: number;
  size: number;
}

export interface OpenWheel extends StoredWheel {
  source: ByteSource;
}

/** The wheels of a package, and the name of the part that they make. */
export function planPart(
  wheels: readonly StoredWheel[],
  options: PartOptions,
): { digest: string; wheels: StoredWheel[] } {
  const excluded = new Set(options.excludeDistributions.map(normalizeName));
  const included = wheels.filter(({ name }) => !excluded.has(normalizeName(name)));
  const digest = digestOf({
    format: PART_FORMAT,
    wheels: included.map(({ file, sha256 }) => ({ file, sha256 })),
    collisions: options.collisions,
    prefix: partPrefix(options),
    ...(options.interpreter === null ? {} : { interpreter: options.interpreter }),
    ...(options.excludeFiles.patterns.length > 0 && {
      excludeFiles: options.excludeFiles.patterns,
    }),
  });
  return { digest, wheels: included };
}

/**
 * Warnings about names in options that change nothing: a typo, or a distribution that is no longer required.
 * None for a service without requirements: the workspace's defaults apply to it, too.
 */
export function idleNames(
  wheels: readonly Pick<StoredWheel, 'name' | 'gaps'>[],
  options: Readonly<Record<'excludeDistributions' | 'acceptIncompleteRecords', readonly string[]>>,
): string[] {
  if (wheels.length === 0) return [];
  const required = new Map(wheels.map((wheel) => [normalizeName(wheel.name), wheel]));
  return (['excludeDistributions', 'acceptIncompleteRecords'] as const).flatMap((option) =>
    options[option].flatMap((name) => {
      const wheel = required.get(normalizeName(name));
      if (wheel && (option === 'excludeDistributions' || wheel.gaps)) return [];
      const why = wheel
        ? 'whose RECORD is complete'
        : `which is not required${didYouMean(normalizeName(name), required.keys())}`;
      return [`\`${option}\` names \`${name}\`, ${why}`];
    }),
  );
}

/**
 * What a wheel of the store installs.
 * @throws WHEEL_INVALID or ARCHIVE_INVALID for a wheel that the store would not admit
 */
export function readInstallation(
  { source, file, gaps = [] }: Pick<OpenWheel, 'source' | 'file' | 'gaps'>,
  { interpreter, excludeFiles }: Pick<PartOptions, 'interpreter' | 'excludeFiles'>,
): Installation {
  const wheel = readWheel(source, file, { trusted: true });
  const scripts = interpreter === null ? [] : makeScripts(source, wheel, interpreter);
  const installation = installEntries(wheel, scripts, excludeFiles.excludes);
  if (installation.leftOut.length === 0 && gaps.length === 0) return installation;
  const record = madeFile(Buffer.from(installedRecord(recordRows(source, wheel), installation)));
  const path = `${wheel.distInfo}/RECORD`;
  const entries = installation.entries.map((entry) =>
    entry.path === path ? { ...entry, source: record } : entry,
  );
  return { ...installation, entries };
}

/**
 * @param cache installations of these wheels that were read before, by the wheels' SHA-256
 * @throws ENTRY_COLLISION, and those of `readInstallation`
 */
export async function writePart(
  wheels: readonly OpenWheel[],
  options: Omit<PartOptions, 'excludeDistributions'>,
  sink: ByteSink,
  cache: ReadonlyMap<string, Installation> = new Map(),
): Promise<WrittenPart> {
  const prefix = partPrefix(options);
  const installations = wheels.map((wheel) => {
    const installation = cache.get(wheel.sha256) ?? readInstallation(wheel, options);
    const { name, version } = wheel;
    return { name, version, wheel, unpackedSize: 0, ...installation };
  });
  const writer = new ArchiveWriter(sink);
  const merged = mergeInstallations(installations, options.collisions);
  let blocks: SourceBlocks | undefined;
  for (const { entry, distribution } of merged) {
    const room = sink.drain?.();
    if (room) await room;
    const { path, mode, source } = entry;
    const target = `${prefix}${path}`;
    distribution.unpackedSize += source.size;
    if ('bytes' in source) {
      writer.addCompressed(target, mode === 0o755, compress(source.bytes));
    } else {
      const { source: wheel } = distribution.wheel;
      if (blocks?.source !== wheel) blocks = new SourceBlocks(wheel);
      writer.add({ ...source, path: target, mode }, blocks, source.dataOffset);
    }
  }
  const files = merged.map(({ entry, distribution }) => partFile(entry, distribution.name));
  const leftOut = installations.flatMap(({ name, leftOut: entries }) =>
    entries.map((entry) => partFile(entry, name)),
  );
  const distributions = installations.map(({ name, version, wheel, unpackedSize }) => ({
    name,
    version,
    wheel: wheel.file,
    sha256: wheel.sha256,
    unpackedSize,
    ...(wheel.gaps && { gaps: wheel.gaps }),
  }));
  const facts = { distributions, warnings: installations.flatMap((one) => one.warnings) };
  const more = withExclusions(facts, files, leftOut, options.excludeFiles);
  return finishPart(writer, files, more);
}

function partFile({ path, source: { size } }: InstallEntry, distribution: string): PartFile {
  return { path, size, distribution };
}

/** What the files of a part do not tell. */
type FurtherFacts = Pick<PartFacts, 'distributions' | 'warnings' | 'leftOut'>;

/** The facts about a part without these files. */
export function withExclusions(
  { distributions, warnings }: FurtherFacts,
  files: readonly PartFile[],
  leftOut: readonly PartFile[],
  exclusions: FileExclusions,
): FurtherFacts {
  if (exclusions.patterns.length === 0) return { distributions, warnings };
  const importable = new Set(modulesOf(files).map(({ name }) => name));
  const paths = [...files, ...leftOut].map(({ path }) => path);
  return {
    distributions: distributions.map((distribution) => {
      const own = leftOut.filter((file) => file.distribution === distribution.name);
      const count = { files: own.length, size: sizeOf(own) };
      return own.length === 0 ? distribution : { ...distribution, leftOut: count };
    }),
    warnings: [...warnings, ...exclusions.warnings(paths)],
    leftOut: modulesOf(leftOut).filter(({ name }) => !importable.has(name)),
  };
}

function sizeOf(files: readonly Pick<PartFile, 'size'>[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

/** Writes the end of a part, and collects the facts about it. */
export function finishPart(
  writer: ArchiveWriter,
  files: readonly PartFile[],
  more: FurtherFacts & Partial<Pick<PartFacts, 'modules'>>,
): WrittenPart {
  const start = writer.finish();
  const facts = {
    format: PART_FORMAT,
    length: start.length,
    size: writer.size,
    sha256: writer.digest('hex'),
    entryCount: start.entryCount,
    unpackedSize: sizeOf(files),
    topLevel: [...new Set(files.map(({ path }) => firstSegment(path)))].sort(),
    modules: modulesOf(files),
    ...more,
  };
  return { facts, start };
}

/** The top-level modules that Python finds in these files. */
export function modulesOf(files: readonly Omit<PartFile, 'size'>[]): PartModule[] {
  const modules = new Map<string, PartModule>();
  for (const { path, distribution } of files) {
    const top = topLevelModule(path);
    if (!top) continue;
    const { name, isRegular } = top;
    const module = modules.get(name) ?? { name, distributions: [], isRegular: false };
    module.isRegular ||= isRegular;
    if (distribution !== undefined && !module.distributions.includes(distribution)) {
      module.distributions.push(distribution);
    }
    modules.set(name, module);
  }
  return [...modules.values()].sort((a, b) => compareText(a.name, b.name));
}

/** Paths that clash share it, in any case and Unicode form. */
export function firstSegment(path: string): string {
  return foldName(path.slice(0, (path.indexOf('/') + 1 || path.length + 1) - 1));
}
