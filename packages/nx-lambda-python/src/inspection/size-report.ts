/** How large a built package is, and what of it is whose. */

import { MAX_UNPACKED_SIZE } from '../packaging/package';
import type { BuildManifest } from '../packaging/manifest';
import { compareText } from '../packaging/wheel/names';
import { groupBy } from '../report/document';
import type { PackageContents, PackagedFile } from './contents';
import type { ReachingHandler } from './handler-reach';

/** `size-report.json`, beside the manifest. It has no times and no paths of a machine. */
export interface SizeReport {
  /** Raised whenever the meaning of a field changes. */
  format: 1;
  project: string;
  /** Both archives, and what Lambda allows for them unzipped. */
  total: Sizes & { limit: number };
  /** Base64 SHA-256 of the archives that were measured. */
  archives: string[];
  /** The service's own files. */
  own: Sizes & { parts: Part[] };
  /** Of dependencies, which the figures of distributions include. */
  bytecode: Sizes;
  /** The largest unzipped first, as in all lists. */
  distributions: DistributionSizes[];
  /** Files of dependencies that no RECORD lists. */
  unrecorded: Sizes;
  /** Top directories and files, by their first segment. */
  directories: (Sizes & { name: string })[];
  handlers: (Sizes & Pick<ReachingHandler, 'name' | 'isEverything' | 'distributions'>)[];
  /** Since the last report of another package, or the release of `against`; null without either. */
  growth: Growth | null;
}

export interface Sizes {
  files: number;
  /** Bytes of the zip, headers included. */
  size: number;
  unpackedSize: number;
}

export interface DistributionSizes extends Sizes {
  name: string;
  version: string;
  /** Bytes of its bytecode, unzipped. */
  bytecode: number;
  parts: Part[];
}

/** A folder or file of something, by its next segment. */
export interface Part {
  name: string;
  unpackedSize: number;
}

export interface Growth {
  since: string;
  unpackedSize: number;
  /** What changed, the most growth first; what is of no distribution comes as one. Null if only the whole is known. */
  changes: Change[] | null;
}

export interface Change {
  name: string;
  /** Versions; null where it is missing, and for the rest. */
  from: string | null;
  to: string | null;
  unpackedSize: number;
}

export function measure(
  { project, package: zip, layer }: Pick<BuildManifest, 'project' | 'package' | 'layer'>,
  { files, distributions }: PackageContents,
  handlers: readonly ReachingHandler[],
): SizeReport {
  const archives = layer ? [layer, zip] : [zip];
  const total = {
    files: files.length,
    size: archives.reduce((sum, { size }) => sum + size, 0),
    unpackedSize: archives.reduce((sum, { unpackedSize }) => sum + unpackedSize, 0),
  };
  const byDistribution = groupBy(files, ({ distribution }) => distribution?.name ?? '');
  const own = files.filter(({ isOwn }) => isOwn);
  const bytecode = files.filter(({ isBytecode, isOwn }) => isBytecode && !isOwn);
  return {
    format: 1,
    project,
    total: { ...total, limit: MAX_UNPACKED_SIZE },
    archives: archives.map(({ sha256 }) => sha256),
    own: { ...sizesOf(own), parts: partsOf(own) },
    bytecode: sizesOf(bytecode),
    distributions: distributions
      .map(({ name, version }) => {
        const its = byDistribution.get(name) ?? [];
        const compiled = sizesOf(its.filter((file) => file.isBytecode)).unpackedSize;
        return { name, version, ...sizesOf(its), bytecode: compiled, parts: partsOf(its) };
      })
      .sort(bySize),
    unrecorded: sizesOf(files.filter(({ distribution, isOwn }) => !distribution && !isOwn)),
    directories: [...groupBy(files, ({ path }) => path.split('/')[0] ?? '')]
      .map(([name, those]) => ({ name, ...sizesOf(those) }))
      .sort(bySize),
    handlers: handlers
      .map(({ files: reached, name, isEverything, distributions: reaches }) => {
        return { name, ...sizesOf(reached), isEverything, distributions: reaches };
      })
      .sort(bySize),
    growth: null,
  };
}

function sizesOf(files: readonly PackagedFile[]): Sizes {
  return {
    files: files.length,
    size: files.reduce((sum, { size }) => sum + size, 0),
    unpackedSize: files.reduce((sum, { unpackedSize }) => sum + unpackedSize, 0),
  };
}

/** The largest first. */
export function bySize(a: Part, b: Part): number {
  return b.unpackedSize - a.unpackedSize || compareText(a.name, b.name);
}

/** So many of something are shown by name. */
const MAX_PARTS = 12;

/** The largest by the first two segments of their paths; the rest together has the name `…`. */
function partsOf(files: readonly PackagedFile[]): Part[] {
  const groups = groupBy(files, ({ path }) => path.split('/').slice(0, 2).join('/'));
  const parts = [...groups]
    .map(([name, those]) => ({ name, unpackedSize: sizesOf(those).unpackedSize }))
    .filter(({ unpackedSize }) => unpackedSize > 0)
    .sort(bySize);
  const rest = parts.slice(MAX_PARTS).reduce((sum, { unpackedSize }) => sum + unpackedSize, 0);
  return [...parts.slice(0, MAX_PARTS), ...(rest > 0 ? [{ name: '…', unpackedSize: rest }] : [])];
}
