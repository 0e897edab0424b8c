/** Makes a package's object of dependencies that the bucket has already and the few bytes that follow. */

import type { PackagePrefix } from '../../packaging/package';
import { withRetries } from '../calls/send';
import { isTransient, type AwsResult } from '../model/aws-failure';
import type {
  MultipartUpload,
  ObjectLocation,
  PartStorage,
  StoredObject,
  UploadedPart,
} from './object-storage';
import type { PackageFile, StorageAccess, UploadRequest } from './package-object';

export interface DeltaUpload {
  /** False where another upload of the same package was first. */
  isNew: boolean;
  /** Bytes that were sent; S3 copied the rest. */
  sent: number;
  /** Of the whole object, base64: what S3 must have kept. */
  crc64: string;
}

/**
 * Null where nothing can be copied, or if any request was refused: then the whole package is sent, and
 * that request says what is wrong.
 */
export async function uploadDelta(
  request: UploadRequest,
  access: StorageAccess,
): Promise<DeltaUpload | null> {
  const { parts } = access;
  const source = parts && (await findSource(request, parts, access));
  if (!parts || !source) return null;
  const { location, file } = request;
  const upload = await withRetries(() => parts.begin(location, file.sha256), access);
  if (!upload.ok) return null;
  let done: DeltaUpload | null = null;
  try {
    if (upload.value.isChecked) {
      done = await fillAndComplete(upload.value, source, file, { ...access, parts });
    }
    return done;
  } finally {
    // What is left would be billed until the bucket's rules remove it. A refusal changes nothing here.
    if (!done?.isNew) await withRetries(() => parts.abort(upload.value), access);
  }
}

/** For the next upload. Only a saving is lost where it fails. */
export async function rememberDependencies(
  { location, file }: UploadRequest,
  { versionId }: StoredObject,
  access: StorageAccess,
): Promise<void> {
  const { parts } = access;
  const shared = file.dependencies;
  if (!parts || !isWorthIt(shared)) return;
  const text = renderPointer({
    key: location.key,
    versionId: versionId ?? null,
    size: shared.size,
    packageSha256: file.sha256,
  });
  await withRetries(() => parts.write(pointerLocation(location, shared), text, 'any'), access);
}

type PartAccess = StorageAccess & { parts: PartStorage };

async function findSource(
  { location, file: { dependencies } }: UploadRequest,
  parts: PartStorage,
  access: StorageAccess,
): Promise<DependencyPointer | null> {
  if (!isWorthIt(dependencies)) return null;
  const pointer = pointerLocation(location, dependencies);
  const found = await withRetries(() => parts.read(pointer), access);
  if (!found.ok || found.value === null) return null;
  return parsePointer(found.value.text, location, dependencies);
}

function isWorthIt(
  shared: PackageFile['dependencies'],
): shared is { size: number; sha256: string } {
  return shared !== undefined && shared.size >= MIN_SHARED_SIZE;
}

async function fillAndComplete(
  upload: MultipartUpload,
  source: DependencyPointer,
  file: PackageFile,
  access: PartAccess,
): Promise<DeltaUpload | null> {
  const { parts } = access;
  const { key, versionId, size } = source;
  const location = { bucket: upload.location.bucket, key };
  const sent = file.size - size;
  // S3 copies while the rest is sent. A part that is still under way would outlive an abort.
  const [copied, tail, crc64] = await whenAllEnd([
    withRetries(
      () => parts.copyPart(upload, { number: 1, source: { location, versionId }, size }),
      access,
    ),
    sendTail(upload, file, size, access),
    file.crc64(),
  ]);
  if (!copied.ok || !tail.ok) return null;
  const whole = { crc64, size: file.size };
  const isNew = await complete(upload, [copied.value, tail.value], whole, access);
  return isNew === null ? null : { isNew, sent: isNew ? sent : 0, crc64 };
}

/** Like Promise.all, but a failure waits for the others. */
async function whenAllEnd<T extends readonly Promise<unknown>[] | []>(all: T) {
  await Promise.allSettled(all);
  return Promise.all(all);
}

async function sendTail(
  upload: MultipartUpload,
  file: PackageFile,
  from: number,
  access: PartAccess,
): Promise<AwsResult<UploadedPart>> {
  const crc64 = await file.crc64(from);
  const part = { number: 2, open: () => file.open(from), size: file.size - from, crc64 };
  return withRetries(() => access.parts.sendPart(upload, part), access);
}

/** Null where it was refused; false where another upload was first. */
async function complete(
  upload: MultipartUpload,
  uploaded: readonly UploadedPart[],
  whole: { crc64: string; size: number },
  access: PartAccess,
): Promise<boolean | null> {
  let attempts = 0;
  const result = await withRetries(
    () => {
      attempts += 1;
      return access.parts.complete(upload, uploaded, whole);
    },
    access,
    isTransient,
  );
  if (result.ok) return true;
  const { kind } = result.failure;
  // After a lost answer, the object that is in the way is our own.
  if (kind === 'precondition') return attempts > 1;
  if (kind !== 'not-found' || attempts === 1) return null;
  // Nor is there anything left to complete then; the object tells whether that is so.
  const stored = await withRetries(() => access.storage.head(upload.location), access);
  return stored.ok && stored.value.crc64 === whole.crc64 ? true : null;
}

interface DependencyPointer {
  key: string;
  /** Null where the bucket keeps no versions. */
  versionId: string | null;
  /** Of the dependencies, bytes. */
  size: number;
  /** Base64. */
  packageSha256: string;
}

/** Copying less is not worth the five requests more; S3 wants 5 MiB of each part but the last. */
const MIN_SHARED_SIZE = 16 * 1024 * 1024;

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
function parsePointer(
  text: string,
  location: ObjectLocation,
  { size }: PackagePrefix,
): DependencyPointer | null {
  try {
    const read = Object(JSON.parse(text)) as Partial<Record<keyof DependencyPointer, unknown>>;
    const { key, versionId, packageSha256 } = read;
    if (typeof packageSha256 !== 'string' || read.size !== size) return null;
    const hex = Buffer.from(packageSha256, 'base64').toString('hex');
    if (key !== `${folderOf(location.key)}${hex}.zip`) return null;
    if (versionId !== null && typeof versionId !== 'string') return null;
    return { key, versionId, size, packageSha256 };
  } catch {
    return null;
  }
}

function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}
