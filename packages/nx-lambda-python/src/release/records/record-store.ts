/** Reads and writes the records of one service and stage. */

import { LambdaPythonError } from '../../errors';
import { failureError, type AwsPlace } from '../calls/failure-error';
import { forEachLimited, withRetries, type RetryPolicy } from '../calls/send';
import { saidBy, isTransient, type AwsFailure, type AwsResult } from '../model/aws-failure';
import {
  objectUrl,
  type Bucket,
  type ObjectLocation,
  type StoredText,
  type TextStorage,
  type WriteCondition,
} from '../upload/object-storage';
import { bucketError } from '../upload/package-object';
import {
  isOf,
  numberOfKey,
  parseRecord,
  renderRecord,
  recordKey,
  type RecordOwner,
  type ReleaseRecord,
} from './record';

export interface RecordAccess extends RetryPolicy {
  records: TextStorage;
  place: AwsPlace;
  bucket: Bucket;
  /** `<prefix>/<project>/releases/<account>/<region>/<stage>/` */
  releases: string;
  /** Where an earlier version of the plugin kept them, with those of other accounts; only read. */
  earlier?: {
    /** `<prefix>/<project>/releases/<stage>/` */
    releases: string;
    owner: RecordOwner;
  };
  /** `orders`, or `orders (stage prod)`. */
  subject: string;
  /** A new one at each call, never given twice. */
  token: () => string;
  /** Whether a process, by its identity, has ended for certain; false if that cannot be told from here. */
  isGone: (process: string) => boolean;
}

/** A read or write of the records or the lock that failed. */
export function lockFailure(
  failure: AwsFailure,
  location: ObjectLocation,
  { place, releases, bucket }: Pick<RecordAccess, 'place' | 'releases' | 'bucket'>,
): LambdaPythonError {
  if (failure.kind === 'denied' && failure.operation === 'ListObjectsV2') {
    return new LambdaPythonError('ACCESS_DENIED', {
      message: `AWS denied s3:ListBucket on ${objectUrl(location)}; it said ${saidBy(failure)}`,
      hint: `allow s3:ListBucket on the bucket \`${location.bucket.name}\` for the prefix \`${location.key}\` (condition s3:prefix)`,
      cause: failure,
    });
  }
  const folder = `${objectUrl({ bucket, key: releases })}*`;
  if (failure.kind === 'denied') {
    const permission = failure.operation === 'PutObject' ? 's3:PutObject' : 's3:GetObject';
    return new LambdaPythonError('ACCESS_DENIED', {
      message: `AWS denied ${permission} on the release records, ${folder}; it said ${saidBy(failure)}`,
      hint: `allow s3:GetObject and s3:PutObject on ${folder} (with a KMS key also kms:GenerateDataKey and kms:Decrypt), or deploy without lock and rollback: \`"records": false\``,
      cause: failure,
    });
  }
  if (failure.kind === 'invalid' && UNSUPPORTED.test(failure.name)) {
    return new LambdaPythonError('RECORDS_UNSUPPORTED', {
      message: `the storage does not support conditional writes (If-Match, If-None-Match), which the release lock needs: ${failure.operation} for ${objectUrl(location)} got ${saidBy(failure)}; nothing was changed`,
      hint: UNSUPPORTED_HINT,
      cause: failure,
    });
  }
  if (failure.kind === 'not-found' || failure.kind === 'wrong-region') {
    return bucketError(failure, location, place);
  }
  return failureError(failure, objectUrl(location), place);
}

/** Of a storage that takes a condition and ignores it. */
export function unguardedError(location: ObjectLocation): LambdaPythonError {
  return new LambdaPythonError('RECORDS_UNSUPPORTED', {
    message: `the storage ignores the condition of a write, If-Match, which the release lock needs: ${objectUrl(location)} was replaced although its ETag did not match; nothing was changed`,
    hint: UNSUPPORTED_HINT,
  });
}

const UNSUPPORTED_HINT =
  'set `"records": false` on the deploy target: deploys then run without a lock or a record, and cannot be rolled back';

/** What storages that know no conditions answer: 501, or a 400 for a header that they do not expect. */
const UNSUPPORTED = /NotImplemented|HTTP 501|InvalidArgument|InvalidRequest|HTTP 400/;

/** A record, and the ETag under which it may be replaced. */
export interface StoredRecord {
  record: ReleaseRecord;
  etag: string;
}

const READS_IN_FLIGHT = 8;

/** Ascending. @throws ACCESS_DENIED naming s3:ListBucket, and what else S3 refuses */
export function listReleases(access: RecordAccess): Promise<number[]> {
  return numbersIn(access, (failure, key) => {
    throw lockFailure(failure, { bucket: access.bucket, key }, access);
  });
}

/** The highest number in use; 0 if there is none, or if the credentials may not list. */
export async function lastNumber(access: RecordAccess): Promise<number> {
  return (await numbersIn(access, () => undefined)).at(-1) ?? 0;
}

async function numbersIn(
  access: RecordAccess,
  onFailure: (failure: AwsFailure, prefix: string) => void,
): Promise<number[]> {
  const { bucket, records, releases, earlier } = access;
  const numbers = new Set<number>();
  for (const prefix of [releases, ...(earlier ? [earlier.releases] : [])]) {
    const listed = await withRetries(() => records.list(bucket, prefix), access);
    if (!listed.ok) onFailure(listed.failure, prefix);
    for (const key of listed.ok ? listed.value : []) {
      const number = numberOfKey(prefix, key);
      if (number !== null) numbers.add(number);
    }
  }
  return [...numbers].sort((a, b) => a - b);
}

/** Null if there is none. @throws RELEASE_NOT_FOUND for what cannot be read as one */
export async function readRecord(
  number: number,
  access: RecordAccess,
): Promise<StoredRecord | null> {
  const own = await readStored(recordLocation(number, access), access);
  if (own !== null || access.earlier === undefined) return own;
  const { releases, owner } = access.earlier;
  const earlier = await readStored(recordLocation(number, { ...access, releases }), access);
  return earlier !== null && isOf(earlier.record, owner) ? earlier : null;
}

async function readStored(
  location: ObjectLocation,
  access: RecordAccess,
): Promise<StoredRecord | null> {
  const stored = await readText(location, access);
  return stored && { record: parseRecord(stored.text, objectUrl(location)), etag: stored.etag };
}

/** Null if there is none. @throws what S3 refuses: without s3:ListBucket, it says 403 of what is missing */
export async function readText(
  location: ObjectLocation,
  access: RecordAccess,
): Promise<StoredText | null> {
  const result = await withRetries(() => access.records.read(location), access);
  if (!result.ok) throw lockFailure(result.failure, location, access);
  return result.value;
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

/** The last `count` records of this account: some numbers of the earlier place may be another account's. */
export async function lastRecords(
  numbers: readonly number[],
  count: number,
  access: RecordAccess,
): Promise<ReleaseRecord[]> {
  let found: ReleaseRecord[] = [];
  let rest = [...numbers];
  while (rest.length > 0 && found.length < count) {
    const wanted = count - found.length;
    found = [...(await readRecords(rest.slice(-wanted), access)), ...found];
    rest = rest.slice(0, -wanted);
  }
  return found;
}

/** `precondition` where its number is taken, or it is no longer the one that was read. */
export function writeRecord(
  record: ReleaseRecord,
  condition: WriteCondition,
  access: RecordAccess,
) {
  const location = recordLocation(record.number, access);
  return writeText(location, renderRecord(record), condition, access);
}

/** A write whose answer was lost is known again by its text. */
export async function writeText(
  location: ObjectLocation,
  text: string,
  condition: WriteCondition,
  access: RecordAccess,
): Promise<AwsResult<{ etag: string }>> {
  const result = await withRetries(
    () => access.records.write(location, text, condition),
    access,
    // 409: another conditional write is under way; S3 asks to try again.
    (failure) => isTransient(failure) || failure.kind === 'conflict',
  );
  if (result.ok || result.failure.kind !== 'precondition') return result;
  const found = await withRetries(() => access.records.read(location), access);
  const isOurs = found.ok && found.value?.text === text;
  return isOurs ? { ok: true, value: { etag: found.value?.etag ?? '' } } : result;
}

export function recordLocation(
  number: number,
  { bucket, releases }: Pick<RecordAccess, 'bucket' | 'releases'>,
): ObjectLocation {
  return { bucket, key: recordKey(releases, number) };
}
