/** Puts a deployment package where Lambda can read it: once, whole, and proven. */

import { failureError } from '../calls/failure-error';
import { withRetries } from '../calls/send';
import { isTransient } from '../model/aws-failure';
import { secondsSince } from '../model/clock';
import { rememberDependencies, uploadDelta, type DeltaUpload } from './delta-upload';
import { objectUrl, type StoredObject } from './object-storage';
import {
  bucketError,
  findPackage,
  hiddenError,
  verified,
  type StorageAccess,
  type UploadRequest,
} from './package-object';

export interface UploadOutcome {
  status: 'uploaded' | 'present' | 'absent';
  url: string;
  versionId: string | null;
  /** Bytes of the package. */
  size: number;
  /** Bytes that were sent: less where S3 copied the rest, none where nothing was written. */
  sent: number;
  seconds: number;
}

/** Looks, and writes nothing: `absent` is what `uploadPackage` would upload. */
export async function planUpload(
  request: UploadRequest,
  access: StorageAccess,
): Promise<UploadOutcome> {
  const { location, file } = request;
  const start = access.clock.now();
  const found = await findPackage(location, file.sha256, access);
  if (found.state === 'hidden') throw hiddenError(found, location, access.place);
  const seconds = secondsSince(access.clock, start);
  const object = found.state === 'present' ? found.object : {};
  return outcome(request, found.state, object, seconds);
}

/**
 * One HEAD if the package exists already. Otherwise S3 copies the dependencies from another package of
 * the bucket and is sent the rest, or one conditional PUT sends it all; a HEAD proves what was kept.
 * The storage compares all bytes with a checksum while it takes them, so a file that changes under the
 * upload is refused, not stored.
 */
export async function uploadPackage(
  request: UploadRequest,
  access: StorageAccess,
): Promise<UploadOutcome> {
  const { location, file } = request;
  const start = access.clock.now();
  const found = await findPackage(location, file.sha256, access);
  if (found.state === 'present') {
    return outcome(request, 'present', found.object, secondsSince(access.clock, start));
  }
  const delta = await uploadDelta(request, access);
  const isNew = delta?.isNew ?? (await put(request, access));
  const stored = await readBack(request, access, delta);
  if (isNew) await rememberDependencies(request, stored, access);
  const seconds = secondsSince(access.clock, start);
  const sent = isNew ? (delta?.sent ?? file.size) : 0;
  return outcome(request, isNew ? 'uploaded' : 'present', stored, seconds, sent);
}

/** False if another upload of the same package was first, which is fine. */
async function put(request: UploadRequest, access: StorageAccess): Promise<boolean> {
  const { location, file } = request;
  let attempts = 0;
  const result = await withRetries(
    () => {
      attempts += 1;
      const { open, size, sha256 } = file;
      return access.storage.put({ location, open, size, sha256 });
    },
    access,
    // 409: another conditional write to this key is under way; S3 asks to try again.
    (failure) => isTransient(failure) || failure.kind === 'conflict',
  );
  if (result.ok) return true;
  // After a lost answer, the object that is in the way is our own.
  if (result.failure.kind === 'precondition') return attempts > 1;
  const { kind } = result.failure;
  const isAboutBucket = kind === 'denied' || kind === 'not-found' || kind === 'wrong-region';
  throw isAboutBucket
    ? bucketError(result.failure, location, access.place)
    : failureError(result.failure, objectUrl(location), access.place);
}

async function readBack(
  { location, file }: UploadRequest,
  access: StorageAccess,
  delta: DeltaUpload | null,
): Promise<StoredObject> {
  const stored = await withRetries(() => access.storage.head(location), access);
  if (!stored.ok) throw failureError(stored.failure, objectUrl(location), access.place);
  // Another upload of the same package, if it was first, made an object of the same bytes, however it did.
  const isOurs = delta?.isNew && stored.value.sha256 === undefined;
  return verified(stored.value, file.sha256, location, isOurs ? delta.crc64 : undefined);
}

function outcome(
  { location, file }: UploadRequest,
  status: UploadOutcome['status'],
  { versionId }: StoredObject,
  seconds: number,
  sent = 0,
): UploadOutcome {
  return {
    status,
    url: objectUrl(location),
    versionId: versionId ?? null,
    size: file.size,
    sent,
    seconds,
  };
}
