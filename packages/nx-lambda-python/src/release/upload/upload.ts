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
export function planUpload(request: UploadRequest, access: StorageAccess): Promise<UploadOutcome> {
  return unlessPresent(request, access, async (found) => {
    if (found.state === 'hidden') throw hiddenError(found, request.location, access.place);
    return { status: 'absent', stored: {}, sent: 0 };
  });
}

/**
 * One HEAD if the package exists already. Otherwise S3 copies the dependencies from another package of
 * the bucket and is sent the rest, or one conditional PUT sends it all; a HEAD proves what was kept.
 * The storage compares all bytes with a checksum while it takes them, so a file that changes under the
 * upload is refused, not stored.
 */
export function uploadPackage(
  request: UploadRequest,
  access: StorageAccess,
): Promise<UploadOutcome> {
  return unlessPresent(request, access, async () => {
    const delta = await uploadDelta(request, access);
    const isNew = delta?.isNew ?? (await put(request, access));
    const stored = await readBack(request, access, delta);
    if (!isNew) return { status: 'present', stored, sent: 0 };
    await rememberDependencies(request, stored, access);
    return { status: 'uploaded', stored, sent: delta?.sent ?? request.file.size };
  });
}

type Found = Awaited<ReturnType<typeof findPackage>>;
type Done = Pick<UploadOutcome, 'status' | 'sent'> & { stored: StoredObject };

async function unlessPresent(
  request: UploadRequest,
  access: StorageAccess,
  work: (found: Exclude<Found, { state: 'present' }>) => Promise<Done>,
): Promise<UploadOutcome> {
  const { location, file } = request;
  const start = access.clock.now();
  const found = await findPackage(location, file.sha256, access);
  const { status, stored, sent } =
    found.state === 'present'
      ? { status: found.state, stored: found.object, sent: 0 }
      : await work(found);
  return {
    ...{ status, sent, url: objectUrl(location), size: file.size },
    versionId: stored.versionId ?? null,
    seconds: secondsSince(access.clock, start),
  };
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
