/** Reads and writes the records of one service and stage. */

import { LambdaPythonError } from '../../errors';
import { isTransient, type AwsFailure, type AwsResult } from '../calls/aws-failure';
import { forEachLimited } from '../calls/concurrency';
import { objectUrl, type ObjectLocation } from '../upload/object-storage';
import { numberOfKey, parseRecord, recordKey, renderRecord, type ReleaseRecord } from './record';
import { lockFailure, type RecordAccess } from './record-access';
import type { WriteCondition } from './record-storage';
import { withRetries } from '../calls/retry';

/** A record, and the ETag under which it may be replaced. */
export interface StoredRecord {
  record: ReleaseRecord;
  etag: string;
}

const READS_IN_FLIGHT = 8;

/** Ascending. @throws ACCESS_DENIED naming s3:ListBucket, and what else S3 refuses */
export async function listReleases(access: RecordAccess): Promise<number[]> {
  const { bucket, releases, records } = access;
  const result = await withRetries(() => records.list(bucket, releases), access);
  if (result.ok) {
    const numbers = result.value.map((key) => numberOfKey(releases, key));
    return numbers.filter((number) => number !== null).sort((a, b) => a - b);
  }
  const location = { bucket, key: releases };
  if (result.failure.kind !== 'denied') throw lockFailure(result.failure, location, access);
  throw listingError(result.failure, location);
}

/** Who may not list the records. */
export function listingError(failure: AwsFailure, location: ObjectLocation): LambdaPythonError {
  return new LambdaPythonError('ACCESS_DENIED', {
    message: `AWS denied s3:ListBucket on ${objectUrl(location)}; it said ${failure.name}: ${failure.message}`,
    hint: `allow s3:ListBucket on the bucket \`${location.bucket.name}\` for the prefix \`${location.key}\` (condition s3:prefix)`,
    cause: failure,
  });
}

/** The highest number in use; 0 where there is none, or where nobody may look. */
export async function lastNumber({ records, ...access }: RecordAccess): Promise<number> {
  const result = await withRetries(() => records.list(access.bucket, access.releases), access);
  const keys = result.ok ? result.value : [];
  return Math.max(0, ...keys.map((key) => numberOfKey(access.releases, key) ?? 0));
}

/** Null where there is none. @throws RELEASE_NOT_FOUND for what cannot be read as one */
export async function readRecord(
  number: number,
  access: RecordAccess,
): Promise<StoredRecord | null> {
  const location = recordLocation(number, access);
  const result = await withRetries(() => access.records.read(location), access);
  // Without s3:ListBucket, S3 says 403 of what is not there.
  if (!result.ok) throw lockFailure(result.failure, location, access);
  if (result.value === null) return null;
  const { text, etag } = result.value;
  return { record: parseRecord(text, objectUrl(location)), etag };
}

/** In the order of the numbers; those without a record are left out. */
export async function readRecords(
  numbers: readonly number[],
  access: RecordAccess,
): Promise<ReleaseRecord[]> {
  const found = new Map<number, ReleaseRecord>();
  await forEachLimited(numbers, READS_IN_FLIGHT, async (number) => {
    const stored = await readRecord(number, access);
    if (stored !== null) found.set(number, stored.record);
  });
  return numbers.flatMap((number) => found.get(number) ?? []);
}

/** Null where that number is taken. @throws what S3 refuses: without its record nothing is deployed */
export async function beginRecord(
  record: ReleaseRecord,
  access: RecordAccess,
): Promise<StoredRecord | null> {
  const written = await writeRecord(record, 'absent', access);
  if (written.ok) return { record, etag: written.value.etag };
  if (written.failure.kind === 'precondition') return null;
  throw lockFailure(written.failure, recordLocation(record.number, access), access);
}

/** Never throws for what S3 says: the functions are what they are, and the report comes first. */
export function replaceRecord(
  stored: StoredRecord,
  record: ReleaseRecord,
  access: RecordAccess,
): Promise<AwsResult<{ etag: string }>> {
  return writeRecord(record, { etag: stored.etag }, access);
}

/** A second try may meet the first, whose answer was lost: the body says so. */
async function writeRecord(
  record: ReleaseRecord,
  condition: WriteCondition,
  access: RecordAccess,
): Promise<AwsResult<{ etag: string }>> {
  const location = recordLocation(record.number, access);
  const text = renderRecord(record);
  const result = await withRetries(
    () => access.records.write(location, text, condition),
    access,
    (failure) => isTransient(failure) || failure.kind === 'conflict',
  );
  if (result.ok || result.failure.kind !== 'precondition') return result;
  const found = await withRetries(() => access.records.read(location), access);
  const isOurs = found.ok && found.value?.text === text;
  return isOurs ? { ok: true, value: { etag: found.value?.etag ?? '' } } : result;
}

function recordLocation(number: number, { bucket, releases }: RecordAccess): ObjectLocation {
  return { bucket, key: recordKey(releases, number) };
}
