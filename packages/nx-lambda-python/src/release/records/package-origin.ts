/** What old packages were built for, by the records of the deploys that brought them. */

import { LambdaPythonError } from '../../errors';
import type { RecordAccess } from './record-access';
import { readRecords } from './record-store';

export interface PackageOrigin {
  runtime: string;
  architecture: string;
}

const BATCH = 8;
/** Releases that are looked through: beyond, the one that is undone speaks for all. */
const MOST = 48;

/**
 * By digest; what no record names is left out. The records from that release on, backwards.
 * @throws what S3 refuses
 */
export async function packageOrigins(
  digests: readonly string[],
  newest: number,
  access: RecordAccess,
): Promise<Map<string, PackageOrigin>> {
  const found = new Map<string, PackageOrigin>();
  const isFound = (): boolean => digests.every((one) => found.has(one));
  for (let last = newest; last > Math.max(0, newest - MOST) && !isFound(); last -= BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, last) }, (_, index) => last - index);
    for (const { package: source, runtime, architecture } of await readable(numbers, access)) {
      if (source && digests.includes(source.sha256) && !found.has(source.sha256)) {
        found.set(source.sha256, { runtime, architecture });
      }
    }
  }
  return found;
}

/** One that cannot be read any more is in no rollback's way. */
async function readable(numbers: readonly number[], access: RecordAccess) {
  try {
    return await readRecords(numbers, access);
  } catch (error) {
    if (error instanceof LambdaPythonError && error.code === 'RELEASE_NOT_FOUND') return [];
    throw error;
  }
}
