/**
 * `<prefix>/<project>/dependencies/<sha256 hex>.json`: which package in the bucket begins with these
 * dependencies. It saves work and decides nothing: what is made of it is compared as a whole.
 */

import type { PackagePrefix } from '../../packaging/package';
import type { ObjectLocation } from './object-storage';

export interface DependencyPointer {
  key: string;
  /** Null where the bucket keeps no versions. */
  versionId: string | null;
  /** Of the dependencies, bytes. */
  size: number;
  /** Base64. */
  packageSha256: string;
}

/** Copying less is not worth the five requests more; S3 wants 5 MiB of each part but the last. */
export const MIN_SHARED_SIZE = 16 * 1024 * 1024;

/** Where the pointer of a package's dependencies is: in a folder beside the package. */
export function pointerLocation(
  { bucket, key }: ObjectLocation,
  { sha256 }: PackagePrefix,
): ObjectLocation {
  const hex = Buffer.from(sha256, 'base64').toString('hex');
  return { bucket, key: `${folderOf(key)}dependencies/${hex}.json` };
}

export function renderPointer(pointer: DependencyPointer): string {
  return `${JSON.stringify(pointer, null, 2)}\n`;
}

/** Null where the text is none, or names anything but another package of the same project. */
export function parsePointer(
  text: string,
  location: ObjectLocation,
  { size }: PackagePrefix,
): DependencyPointer | null {
  const { key, versionId, packageSha256, ...rest } = readJson(text);
  if (typeof key !== 'string' || typeof packageSha256 !== 'string' || rest.size !== size) {
    return null;
  }
  const hex = Buffer.from(packageSha256, 'base64').toString('hex');
  if (key !== `${folderOf(location.key)}${hex}.zip`) return null;
  if (versionId !== null && typeof versionId !== 'string') return null;
  return { key, versionId, size, packageSha256 };
}

function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}

function readJson(text: string): Partial<Record<keyof DependencyPointer, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
