/** What is in a built package and its layer, by the central directories of the two archives: nothing is unpacked. */

import { partPrefix } from '../packaging/dependency-part';
import {
  ownerOf,
  readDistributions,
  sourceOf,
  type InstalledDistribution,
} from '../packaging/installed-distributions';
import type { BuildManifest } from '../packaging/manifest';
import type { ByteSource } from '../packaging/zip/bytes';
import { CENTRAL_LENGTH, LOCAL_LENGTH, type ZipEntry } from '../packaging/zip/format';
import { readEntries } from '../packaging/zip/read';

export interface PackagedFile {
  /** As Python finds it: without the `python/` of a layer. */
  path: string;
  /** Bytes of the zip: its compressed content and its two headers. */
  size: number;
  unpackedSize: number;
  /** Null for files of the service, and for those that no RECORD lists. */
  distribution: InstalledDistribution | null;
  /** Of the service. */
  isOwn: boolean;
  isBytecode: boolean;
  /** Where its content is. */
  archive: ByteSource;
  entry: ZipEntry;
}

export interface PackageContents {
  /** The layer's first, each archive in the order of its directory. */
  files: PackagedFile[];
  /** Sorted by name. */
  distributions: InstalledDistribution[];
}

/**
 * @param layer undefined if the dependencies are in the package
 * @throws ArchiveError
 */
export function readContents(
  { package: facts }: Pick<BuildManifest, 'package'>,
  zip: ByteSource,
  layer?: ByteSource,
): PackageContents {
  // The package begins with its dependencies.
  const own = facts.dependencies?.size ?? 0;
  const entries = readEntries(zip, { trusted: true });
  const isOwn = ({ localOffset }: ZipEntry): boolean => localOffset >= own;
  const dependencies = layer
    ? readDependencies(layer, readEntries(layer, { trusted: true }), partPrefix({ layer: true }))
    : readDependencies(
        zip,
        entries.filter((entry) => !isOwn(entry)),
      );
  const ofService = entries.filter(isOwn).map((entry) => describe(entry, zip, null));
  return {
    files: [...dependencies.files, ...ofService.map((file) => ({ ...file, isOwn: true }))],
    distributions: dependencies.distributions,
  };
}

function readDependencies(
  archive: ByteSource,
  entries: readonly ZipEntry[],
  prefix = '',
): PackageContents {
  const inPlace = entries.map((entry) => ({ ...entry, path: entry.path.slice(prefix.length) }));
  const distributions = readDistributions(archive, inPlace);
  const files = inPlace.map((entry) => {
    const file = describe(entry, archive, ownerOf(entry.path, distributions) ?? null);
    return { ...file, size: file.size + 2 * prefix.length };
  });
  return { files, distributions };
}

function describe(
  entry: ZipEntry,
  archive: ByteSource,
  distribution: InstalledDistribution | null,
): PackagedFile {
  const { path, compressedSize, size } = entry;
  // Our entries have neither extra fields nor comments.
  const headers = LOCAL_LENGTH + CENTRAL_LENGTH + 2 * Buffer.byteLength(path);
  const isBytecode = sourceOf(path) !== undefined;
  const sizes = { size: compressedSize + headers, unpackedSize: size };
  return { path, ...sizes, distribution, isOwn: false, isBytecode, archive, entry };
}
