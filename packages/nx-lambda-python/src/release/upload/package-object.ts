/** Where a deployment package is kept in S3, and the object at that key. */

import type { Readable } from 'node:stream';
import { LambdaPythonError } from '../../errors';
import type { PackagePrefix } from '../../packaging/package';
import { failureError, type AwsPlace } from '../calls/failure-error';
import { withRetries, type RetryPolicy } from '../calls/send';
import { saidBy, type AwsFailure } from '../model/aws-failure';
import type { PackageReference } from '../model/function-state';
import {
  objectUrl,
  type Bucket,
  type ObjectLocation,
  type ObjectStorage,
  type PartStorage,
  type StoredObject,
} from './object-storage';

/** The zip on disk, proven to be the one that its manifest describes. */
export interface PackageFile {
  /** From this byte on; default 0. */
  open: (from?: number) => Readable;
  size: number;
  /** Base64. */
  sha256: string;
  /** What it has in common with other packages: its first bytes. */
  dependencies?: PackagePrefix;
  /** CRC64NVME from this byte on, default 0; base64. Reads the file. */
  crc64: (from?: number) => Promise<string>;
}

export interface UploadRequest {
  location: ObjectLocation;
  file: PackageFile;
}

/** Where the packages of a service are. */
export interface PackagePlace {
  bucket: Bucket;
  prefix: string;
  project: string;
}

export const DEFAULT_PREFIX = 'lambda-packages';

/** `<prefix>/<project>/<sha256 hex>.zip`: the name says the content, so one key never changes its bytes. */
export function packageKey(prefix: string, project: string, sha256: string): string {
  const hex = Buffer.from(sha256, 'base64').toString('hex');
  return `${serviceKeys(prefix, project)}/${hex}.zip`;
}

/** `<prefix>/<project>`: what all keys of a service begin with. */
export function serviceKeys(prefix: string, project: string): string {
  return [...prefix.split('/'), project].filter(Boolean).join('/');
}

/** What HEAD could tell of a package's object. */
type PackageObject =
  | { state: 'present'; object: StoredObject }
  | { state: 'absent' }
  /** S3 refused without a reason (HEAD has no body): the object may exist or not. */
  | { state: 'hidden'; failure: AwsFailure; bucketAnswers: boolean };

/**
 * Looks for a package by its key.
 * @throws OBJECT_CONFLICT when other bytes are there; BUCKET_MISSING, BUCKET_WRONG_REGION, AWS_UNREACHABLE
 * and credentials errors where S3 says so.
 */
export async function findPackage(
  location: ObjectLocation,
  sha256: string,
  access: StorageAccess,
): Promise<PackageObject> {
  const { storage, place } = access;
  const found = await withRetries(() => storage.head(location), access);
  if (found.ok) return { state: 'present', object: verified(found.value, sha256, location) };
  const { failure } = found;
  if (failure.kind !== 'not-found' && !mayBeTheBucket(failure)) {
    throw failureError(failure, objectUrl(location), place);
  }
  // The same 404 means no object and no bucket, the same 403 no object, no bucket and no permission.
  const bucket = await withRetries(() => storage.checkBucket(location.bucket), access);
  const elsewhere = [bucket, found].find((one) => !one.ok && isElsewhere(one.failure, place));
  if (!bucket.ok && bucket.failure.kind === 'not-found' && access.isBucketOnDemand) {
    return { state: 'absent' };
  }
  if (elsewhere && !elsewhere.ok) throw bucketError(elsewhere.failure, location, place);
  // Credentials that may read objects need not be allowed to see the bucket.
  if (!bucket.ok && !mayBeTheBucket(bucket.failure)) {
    throw bucketError(bucket.failure, location, place);
  }
  if (failure.kind === 'not-found') return { state: 'absent' };
  return { state: 'hidden', failure, bucketAnswers: bucket.ok };
}

/**
 * The package as others refer to it; null where nothing is at its key.
 * @throws what `findPackage` throws, and where S3 hides whether it is there
 */
export async function findReference(
  location: ObjectLocation,
  sha256: string,
  access: StorageAccess,
): Promise<PackageReference | null> {
  const found = await findPackage(location, sha256, access);
  if (found.state === 'hidden') throw hiddenError(found, location, access.place);
  if (found.state === 'absent') return null;
  const versionId = found.object.versionId ?? null;
  return { sha256, bucket: location.bucket.name, key: location.key, versionId };
}

export interface StorageAccess extends RetryPolicy {
  storage: ObjectStorage;
  place: AwsPlace;
  /** Lets uploads copy what the bucket has already; without it they send all. */
  parts?: PartStorage;
  /** The bucket is created when it is needed: a missing one is not an error, it holds nothing. */
  isBucketOnDemand?: boolean;
}

/** A hidden object, told as precisely as the answers allow. */
export function hiddenError(
  hidden: { failure: AwsFailure; bucketAnswers: boolean },
  location: ObjectLocation,
  place: AwsPlace,
): LambdaPythonError {
  return hidden.bucketAnswers
    ? failureError(hidden.failure, objectUrl(location), place)
    : bucketError(hidden.failure, location, place);
}

/**
 * The storage's own SHA-256 proves a package. Of an object made of parts S3 keeps none: there the upload
 * has proven all bytes by their CRC64NVME, and left the SHA-256 as metadata.
 * @param crc64 of the package, where it is known
 * @throws OBJECT_CONFLICT unless the object is the package
 */
export function verified(
  object: StoredObject,
  sha256: string,
  location: ObjectLocation,
  crc64 = object.crc64,
): StoredObject {
  const { claimedSha256 } = object;
  const isOfParts = object.sha256 === undefined && object.crc64 !== undefined;
  if (object.sha256 === sha256) return object;
  if (isOfParts && object.crc64 === crc64 && claimedSha256 === sha256) return object;
  const kept =
    object.sha256 ?? (isOfParts ? claimedSha256 : undefined) ?? 'not recorded by the storage';
  throw new LambdaPythonError('OBJECT_CONFLICT', {
    message: `${objectUrl(location)} is not this package: its SHA-256 is ${kept}, expected ${sha256}`,
    hint: 'delete that object, or set another `prefix` on the upload target',
  });
}

/** Denials and missing things, told of the bucket; everything else as it is. */
export function bucketError(
  failure: AwsFailure,
  location: ObjectLocation,
  place: AwsPlace,
): LambdaPythonError {
  const { name, expectedOwner } = location.bucket;
  if (isElsewhere(failure, place)) {
    const region = failure.bucketRegion ?? 'another region';
    return new LambdaPythonError('BUCKET_WRONG_REGION', {
      message: `bucket \`${name}\` is in ${region}, expected ${place.region}: Lambda reads packages only from its own region`,
      hint: `set \`bucket\` to one in ${place.region}, or \`region\` to ${failure.bucketRegion ?? "the bucket's"}, on the upload target`,
      cause: failure,
    });
  }
  if (failure.kind === 'not-found') {
    return new LambdaPythonError('BUCKET_MISSING', {
      message: `bucket \`${name}\` does not exist in ${place.region}`,
      hint: `create it (\`aws s3 mb s3://${name} --region ${place.region}\`), or correct \`bucket\` on the upload target`,
      cause: failure,
    });
  }
  if (failure.kind === 'denied') {
    const owner = expectedOwner === undefined ? '' : `, or its owner is not ${expectedOwner}`;
    return new LambdaPythonError('BUCKET_FORBIDDEN', {
      message: `bucket \`${name}\` refuses these credentials${owner}; S3 said ${saidBy(failure)}`,
      hint: `allow s3:GetObject and s3:PutObject on ${objectUrl(location)} (with a KMS key also kms:GenerateDataKey and kms:Decrypt), or correct \`bucket\`, \`profile\` or \`expectedBucketOwner\``,
      cause: failure,
    });
  }
  return failureError(failure, `bucket \`${name}\``, place);
}

/** Refusals that give no reason: HEAD answers a bare 400 to expired credentials, too. */
function mayBeTheBucket({ kind }: AwsFailure): boolean {
  return kind === 'denied' || kind === 'wrong-region' || kind === 'invalid';
}

function isElsewhere(failure: AwsFailure, { region }: AwsPlace): boolean {
  if (failure.bucketRegion === undefined) return failure.kind === 'wrong-region';
  return failure.bucketRegion !== region;
}
