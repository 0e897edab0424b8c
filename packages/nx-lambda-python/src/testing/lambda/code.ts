/** Code: where it comes from, what Lambda checks of a zip, and the storage that it takes. */

import type { AwsError } from '../protocol/aws-error';
import { codeStorageExceeded, deniedByS3, noSuchKey } from '../protocol/aws-error';
import type { AwsResponse, Context } from '../protocol/call';
import type { Archive, AttachedLayer, FunctionCode, State } from '../state/model';
import { objectId, sha256Hex } from '../state/model';
import type { JsonObject } from './rest';
import { invalidParameter, text, validation } from './rest';

/** Source: AWS Lambda developer guide, "Lambda quotas": 250 MB unzipped, layers included. */
const UNPACKED_LIMIT = 262_144_000;

/** Source: AWS Lambda developer guide, "Lambda quotas": 300 GB. */
const DEFAULT_LIMIT = 322_122_547_200;

/**
 * The code that `ZipFile`, or `S3Bucket` and `S3Key`, name; its bytes are in the state afterwards.
 * @throws AwsError 400 or 403 as Lambda words it if the code is missing or may not be used
 */
export function takeCode(context: Context, source: JsonObject): FunctionCode {
  const code = takeBytes(context, source);
  // Without it Lambda goes back to a key of its own. Source: Lambda API reference, UpdateFunctionCode.
  const sourceKmsKeyArn = text(source, 'SourceKMSKeyArn') || undefined;
  if (sourceKmsKeyArn === undefined) return code;
  if (/^arn:aws[a-zA-Z-]*:[a-z0-9.-]+:.*$/.test(sourceKmsKeyArn))
    return { ...code, sourceKmsKeyArn };
  throw validation(`Value '${sourceKmsKeyArn}' at 'sourceKMSKeyArn' failed to satisfy constraint`);
}

function takeBytes(context: Context, source: JsonObject): FunctionCode {
  const zipFile = text(source, 'ZipFile');
  const bucket = text(source, 'S3Bucket');
  const key = text(source, 'S3Key');
  if (zipFile !== undefined && bucket === undefined && key === undefined) {
    const zip = Buffer.from(zipFile, 'base64');
    if (zip.length === 0) throw invalidParameter('Uploaded file must be a non-empty zip');
    const sha256 = sha256Hex(zip);
    context.state.writeBytes(sha256, zip);
    return { sha256, size: checkArchive(context.state, sha256).size };
  }
  if (zipFile === undefined && bucket !== undefined && key !== undefined) {
    return takeObject(context, source, bucket, key);
  }
  throw invalidParameter('Please provide a source for function code.');
}

/** What Lambda does in S3 with the caller's permissions; S3's refusal is quoted in Lambda's. */
function takeObject(
  { state, region, account }: Context,
  source: JsonObject,
  bucketName: string,
  key: string,
): FunctionCode {
  const byReference = text(source, 'S3ObjectStorageMode') === 'REFERENCE';
  const versionId = text(source, 'S3ObjectVersion');
  const bucket = state.read('buckets', bucketName);
  if (bucket === undefined) throw s3Refusal('NoSuchBucket', 'The specified bucket does not exist');
  if (bucket.owner !== account.accountId) throw deniedByS3(`${bucketName}/${key}`);
  // Source: Lambda developer guide, "Self-managed S3 code storage", cross-Region usage.
  if (bucket.region !== region && !byReference) {
    throw s3Refusal(
      'PermanentRedirect',
      `The bucket is in this region: ${bucket.region}. Please use this region to retry the request`,
    );
  }
  const versions = state.read('objects', objectId(bucketName, key))?.versions ?? [];
  const version =
    versionId === undefined ? versions.at(-1) : versions.find((one) => one.versionId === versionId);
  if (version?.content === undefined) {
    throw versionId === undefined
      ? s3Refusal('NoSuchKey', 'The specified key does not exist.')
      : s3Refusal('NoSuchVersion', 'The specified version does not exist.');
  }
  const { sha256 } = version.content;
  const code = { sha256, size: checkArchive(state, sha256).size };
  if (!byReference) return code;
  if (versionId === undefined || versionId === 'null') {
    throw invalidParameter(
      'S3ObjectVersion of a versioned bucket is required when S3ObjectStorageMode is REFERENCE',
    );
  }
  return { ...code, reference: { bucket: bucketName, key, versionId } };
}

function s3Refusal(code: string, message: string): AwsError {
  return invalidParameter(
    `Error occurred while GetObject. S3 Error Code: ${code}. S3 Error Message: ${message}`,
  );
}

/**
 * Checks the zip of that digest, which must be in the state.
 * @throws AwsError 400 InvalidParameterValueException when Lambda would refuse it
 */
export function checkArchive(state: State, sha256: string): Archive {
  const archive = readArchive(state, sha256);
  if (archive.unpackedSize === null) {
    throw invalidParameter(
      'Could not unzip uploaded file. Please check your file, then try to upload again.',
    );
  }
  if (archive.unpackedSize >= UNPACKED_LIMIT) {
    throw invalidParameter(`Unzipped size must be smaller than ${UNPACKED_LIMIT} bytes`);
  }
  return archive;
}

/**
 * Source: AWS Lambda developer guide, "Lambda quotas": 250 MB unzipped, layers included.
 * @throws AwsError 400 when code and layers together are larger
 */
export function checkTotalSize(
  { state }: Context,
  code: { sha256: string },
  layers: readonly AttachedLayer[] = [],
): void {
  if (layers.length === 0) return;
  const total = [code, ...layers].reduce(
    (sum, { sha256 }) => sum + (readArchive(state, sha256).unpackedSize ?? 0),
    0,
  );
  if (total <= UNPACKED_LIMIT) return;
  throw invalidParameter(
    `Function code combined with layers exceeds the maximum allowed size of ${UNPACKED_LIMIT} bytes. The actual size is ${total} bytes.`,
  );
}

/** What the central directory of a zip in the state says; the answer is stored. */
function readArchive(state: State, sha256: string): Archive {
  const stored = state.read('archives', sha256);
  if (stored !== undefined) return stored;
  const bytes = state.readBytes(sha256);
  const archive = { unpackedSize: readUnpackedSize(bytes) ?? null, size: bytes.length };
  state.write('archives', sha256, archive);
  return archive;
}

/** Undefined if the bytes are not a zip, or one that is empty or in several parts. */
export function readUnpackedSize(zip: Buffer): number | undefined {
  const end = findEnd(zip);
  if (end === undefined) return undefined;
  // APPNOTE 4.3.16, end of central directory record.
  const count = zip.readUInt16LE(end + 10);
  let position = zip.readUInt32LE(end + 16);
  let total = 0;
  if (count === 0) return undefined;
  for (let index = 0; index < count; index += 1) {
    // APPNOTE 4.3.12, central directory header: 46 bytes, then name, extra field and comment.
    if (position + 46 > end || zip.readUInt32LE(position) !== 0x02014b50) return undefined;
    total += zip.readUInt32LE(position + 24);
    position +=
      46 +
      zip.readUInt16LE(position + 28) +
      zip.readUInt16LE(position + 30) +
      zip.readUInt16LE(position + 32);
  }
  return total;
}

/** The record is 22 bytes and a comment of up to 65,535; it is searched from the end. */
function findEnd(zip: Buffer): number | undefined {
  const first = Math.max(0, zip.length - 22 - 0xffff);
  for (let position = zip.length - 22; position >= first; position -= 1) {
    if (zip.readUInt32LE(position) !== 0x06054b50) continue;
    if (position + 22 + zip.readUInt16LE(position + 20) === zip.length) return position;
  }
  return undefined;
}

export function codeStorageLimit({ account }: Context): number {
  return account.codeStorageBytes ?? DEFAULT_LIMIT;
}

/**
 * Bytes of all functions' versions and of all layers' versions; what is referenced in S3 takes
 * none. Source: AWS Lambda developer guide, "Self-managed S3 code storage".
 */
export function usedCodeStorage({ state, region }: Context): number {
  return [...state.list('functions'), ...state.list('layers')]
    .filter((item) => item.region === region)
    .flatMap((item): { code: FunctionCode }[] =>
      'latest' in item ? [item.latest, ...item.versions] : item.versions,
    )
    .reduce((sum, { code }) => sum + stored(code), 0);
}

/**
 * @param added what the call would store
 * @param replaced what it replaces
 * @throws AwsError 400 CodeStorageExceededException when it does not fit
 */
export function checkCodeStorage(
  context: Context,
  added: FunctionCode,
  replaced?: FunctionCode,
): void {
  // AWS's own limit is beyond what a test can store: only a set one is worth reading everything.
  if (context.account.codeStorageBytes === undefined) return;
  const growth = stored(added) - (replaced === undefined ? 0 : stored(replaced));
  if (growth <= 0 || usedCodeStorage(context) + growth <= codeStorageLimit(context)) return;
  throw codeStorageExceeded();
}

function stored({ reference, size }: FunctionCode): number {
  return reference === undefined ? size : 0;
}

/**
 * The URL of an archive, or, if Lambda keeps no copy, the object that it is in: never both.
 * Source: AWS Lambda API reference, FunctionCodeLocation; its values as GetFunction answers on AWS.
 */
export function codeSource(
  { account }: Context,
  { sha256, reference, sourceKmsKeyArn: SourceKMSKeyArn }: FunctionCode,
): Record<string, unknown> {
  if (reference === undefined) {
    const Location = `${account.endpoint}/_code/${account.downloadToken}/${sha256}`;
    return { Location, SourceKMSKeyArn };
  }
  const { bucket, key, versionId } = reference;
  const ResolvedS3Object = { S3Bucket: bucket, S3Key: key, S3ObjectVersion: versionId };
  return { ResolvedS3Object, SourceKMSKeyArn };
}

/** GET on the `Location` that GetFunction gives; AWS presigns it, so it needs no signature here. */
export function getCode(state: State, sha256: string): AwsResponse {
  if (state.read('archives', sha256) === undefined) throw noSuchKey();
  return {
    status: 200,
    headers: { 'content-type': 'application/zip' },
    body: state.readBytes(sha256),
  };
}
