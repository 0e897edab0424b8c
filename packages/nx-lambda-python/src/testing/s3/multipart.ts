/**
 * Objects in parts: an upload, its parts, sent or copied, and its completion.
 * Source: Amazon S3 API reference, CreateMultipartUpload to AbortMultipartUpload.
 */

import { createHash, randomBytes } from 'node:crypto';
import { Crc64Nvme } from '../../packaging/crc64-nvme';
import { AwsError, conditionalConflict, notSimulated } from '../protocol/aws-error';
import type { AwsRequest, AwsResponse, Context } from '../protocol/call';
import { emptyResponse } from '../protocol/call';
import type { StoredPart, StoredUpload } from '../state/model';
import { sha256Hex } from '../state/model';
import { badDigest, invalidRequest, readPutBody } from './body';
import type { S3Request } from './buckets';
import { readAddress, requireBucket } from './buckets';
import {
  encryptionHeaders,
  getObject,
  isVersioned,
  keptHeaders,
  newVersionId,
  overtakeUploads,
  readStored,
  requireWriteConditions,
  storeVersion,
} from './objects';
import { versionHeader, xmlDocument } from './responses';

const ALGORITHM = 'CRC64NVME';

/** Of every part but the last. Source: Amazon S3 user guide, "Multipart upload limits". */
const MIN_PART = 5 * 1024 * 1024;

export function createUpload(context: Context, request: S3Request): AwsResponse {
  requireBucket(context, request);
  const algorithm = request.headers['x-amz-checksum-algorithm'];
  if (algorithm !== ALGORITHM) throw notSimulated(`multipart uploads without ${ALGORITHM}`);
  const type = request.headers['x-amz-checksum-type'] ?? 'FULL_OBJECT';
  if (type !== 'FULL_OBJECT') {
    throw invalidRequest(
      `The ${type} checksum type cannot be used with the crc64nvme checksum algorithm.`,
    );
  }
  const id = randomBytes(24).toString('base64url');
  const { bucket, key } = request;
  const headers = keptHeaders(request);
  const upload = { id, bucket, key, headers, started: context.now, isOvertaken: false, parts: {} };
  context.state.write('uploads', id, upload);
  const result = { Bucket: bucket, Key: key, UploadId: id };
  const answer = xmlDocument('InitiateMultipartUploadResult', result);
  const checksum = { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': type };
  return { ...answer, headers: { ...answer.headers, ...encryptionHeaders(headers), ...checksum } };
}

export function uploadPart(context: Context, request: S3Request): AwsResponse {
  requireBucket(context, request);
  const { bytes, checksum } = readPutBody(request);
  const [algorithm = ALGORITHM] = checksum ?? [];
  if (algorithm.toUpperCase() !== ALGORITHM) {
    throw invalidRequest(
      `Checksum Type mismatch occurred, expected checksum Type: crc64nvme, actual checksum Type: ${algorithm}`,
    );
  }
  const { etag, crc64 } = storePart(context, request, bytes);
  return emptyResponse(200, { etag, 'x-amz-checksum-crc64nvme': crc64 });
}

export function copyPart(context: Context, request: S3Request): AwsResponse {
  requireBucket(context, request);
  requireUpload(context, request);
  const { bytes, versionHeaders } = readCopySource(context, request);
  const { etag, crc64, modified } = storePart(context, request, bytes);
  const answer = xmlDocument('CopyPartResult', {
    LastModified: new Date(modified).toISOString(),
    ETag: etag,
    ChecksumCRC64NVME: crc64,
  });
  return { ...answer, headers: { ...answer.headers, ...versionHeaders } };
}

export function abortUpload(context: Context, request: S3Request): AwsResponse {
  requireBucket(context, request);
  context.state.remove('uploads', requireUpload(context, request).id);
  return emptyResponse(204);
}

export function completeUpload(context: Context, request: S3Request): AwsResponse {
  const bucket = requireBucket(context, request);
  const upload = requireUpload(context, request);
  const stored = readStored(context, request);
  requireWriteConditions(request, stored.versions.at(-1));
  requireNotOvertaken(request, upload);
  const parts = choosePartsOf(upload, readNamedParts(request.body.toString()));
  const bytes = Buffer.concat(parts.map(({ sha256 }) => context.state.readBytes(sha256)));
  const crc64 = new Crc64Nvme().update(bytes).digest();
  requireClaims(request, { size: bytes.length, crc64 });
  const sha256 = sha256Hex(bytes);
  const md5s = Buffer.concat(parts.map(({ etag }) => Buffer.from(etag.slice(1, -1), 'hex')));
  const etag = `"${createHash('md5').update(md5s).digest('hex')}-${parts.length}"`;
  const checksum: [string, string] = ['crc64nvme', crc64];
  const versionId = newVersionId(bucket);
  const content = { sha256, size: bytes.length, etag, headers: upload.headers, checksum };
  context.state.writeBytes(sha256, bytes);
  storeVersion(context, stored, { versionId, modified: context.now, content });
  context.state.remove('uploads', upload.id);
  overtakeUploads(context, request);
  const answer = xmlDocument('CompleteMultipartUploadResult', {
    Location: `${context.account.endpoint}/${bucket.name}/${encodeURIComponent(upload.key)}`,
    Bucket: bucket.name,
    Key: upload.key,
    ETag: etag,
    ChecksumCRC64NVME: crc64,
    ChecksumType: 'FULL_OBJECT',
  });
  const headers = {
    ...answer.headers,
    ...encryptionHeaders(upload.headers),
    ...versionHeader(versionId, isVersioned(bucket)),
  };
  return { ...answer, headers };
}

/** @throws AwsError 404 NoSuchUpload, also for another key's upload */
function requireUpload({ state }: Context, { query, bucket, key }: S3Request): StoredUpload {
  const id = query.get('uploadId') ?? '';
  const upload = state.read('uploads', id);
  if (upload?.bucket === bucket && upload.key === key) return upload;
  throw new AwsError(
    404,
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { fields: { UploadId: id } },
  );
}

/**
 * An upload that another write has overtaken is refused even if its condition holds again: the client
 * must start a new one. Source: Amazon S3 API reference, CompleteMultipartUpload, If-None-Match, 409.
 * @throws AwsError 409 ConditionalRequestConflict
 */
function requireNotOvertaken({ headers }: AwsRequest, upload: StoredUpload): void {
  const condition = ['If-None-Match', 'If-Match'].find((name) => name.toLowerCase() in headers);
  if (condition === undefined || !upload.isOvertaken) return;
  throw conditionalConflict({ Condition: condition, Key: upload.key });
}

/** A part that is sent again replaces the one with its number. */
function storePart(context: Context, request: S3Request, bytes: Buffer): StoredPart {
  const number = readPartNumber(request);
  const upload = requireUpload(context, request);
  const part: StoredPart = {
    sha256: sha256Hex(bytes),
    size: bytes.length,
    etag: `"${createHash('md5').update(bytes).digest('hex')}"`,
    crc64: new Crc64Nvme().update(bytes).digest(),
    modified: context.now,
  };
  context.state.writeBytes(part.sha256, bytes);
  const parts = { ...upload.parts, [number]: part };
  context.state.write('uploads', upload.id, { ...upload, parts });
  return part;
}

function readPartNumber({ query }: AwsRequest): number {
  const text = query.get('partNumber') ?? '';
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= 10_000) return number;
  throw new AwsError(
    400,
    'InvalidArgument',
    'Part number must be an integer between 1 and 10000, inclusive',
    { fields: { ArgumentName: 'partNumber', ArgumentValue: text } },
  );
}

const PREFIX = 'x-amz-copy-source';

/**
 * `versionHeaders`, for the answer, name the version that was read; none if the bucket keeps none.
 * Source: Amazon S3 API reference, UploadPartCopy.
 * @throws AwsError as GetObject does, 400 for a range beyond the object, 501 for conditions
 */
function readCopySource(context: Context, { headers, ...request }: AwsRequest) {
  const [path = '', search = ''] = (headers[PREFIX] ?? '').split('?');
  const condition = Object.keys(headers).find((name) => name.startsWith(`${PREFIX}-if-`));
  if (condition !== undefined) throw notSimulated(condition);
  const owner = headers['x-amz-source-expected-bucket-owner'];
  const source: AwsRequest = {
    ...request,
    path: `/${path.replace(/^\//, '')}`,
    query: new URLSearchParams(search),
    headers: owner === undefined ? {} : { 'x-amz-expected-bucket-owner': owner },
  };
  const object = getObject(context, readAddress(source));
  const versionId = object.headers['x-amz-version-id'];
  const [first, last] = readRange(headers[`${PREFIX}-range`], object.body.length);
  return {
    bytes: object.body.subarray(first, last + 1),
    versionHeaders: { ...(versionId !== undefined && { [`${PREFIX}-version-id`]: versionId }) },
  };
}

/** Unlike a Range of GetObject, this one is neither cut to the object nor ignored. */
function readRange(range: string | undefined, size: number): [first: number, last: number] {
  if (range === undefined) return [0, size - 1];
  const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  const [first, last] = [Number(start), Number(end)];
  if (start === undefined || end === undefined || first > last) {
    throw invalidRange(
      range,
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
    );
  }
  if (first >= size) {
    throw invalidRequest('The specified copy range is invalid for the source object size');
  }
  if (last < size) return [first, last];
  throw invalidRange(range, `Range specified is not valid for source object of size: ${size}`);
}

function invalidRange(range: string, message: string): AwsError {
  const fields = { ArgumentName: `${PREFIX}-range`, ArgumentValue: range };
  return new AwsError(400, 'InvalidArgument', message, { fields });
}

/** What the request says of each part. */
function readNamedParts(xml: string) {
  const parts = [...xml.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
    number: Number(/<PartNumber>(\d+)</.exec(part)?.[1]),
    etag: (/<ETag>(.*?)</.exec(part)?.[1] ?? '').replace(/&quot;|&#34;|"/g, ''),
    crc64: /<ChecksumCRC64NVME>(.*?)</.exec(part)?.[1],
  }));
  if (parts.length === 0) throw invalidRequest('You must specify at least one part');
  const isAscending = parts.every(({ number }, at) => number > (parts[at - 1]?.number ?? 0));
  if (isAscending) return parts;
  throw new AwsError(
    400,
    'InvalidPartOrder',
    'The list of parts was not in ascending order. Parts must be ordered by part number.',
  );
}

function choosePartsOf(
  { id, parts }: StoredUpload,
  named: ReturnType<typeof readNamedParts>,
): StoredPart[] {
  return named.map(({ number, etag, crc64 }, at) => {
    const part = parts[number];
    const fields = { PartNumber: String(number), ETag: etag };
    if (part?.etag !== `"${etag}"` || (crc64 !== undefined && crc64 !== part.crc64)) {
      throw new AwsError(
        400,
        'InvalidPart',
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
        { fields: { ...fields, UploadId: id } },
      );
    }
    if (part.size < MIN_PART && at < named.length - 1) {
      const message = 'Your proposed upload is smaller than the minimum allowed size';
      const sizes = { ProposedSize: String(part.size), MinSizeAllowed: String(MIN_PART) };
      throw new AwsError(400, 'EntityTooSmall', message, { fields: { ...fields, ...sizes } });
    }
    return part;
  });
}

/** @throws AwsError 400 if the object is not what the client says */
function requireClaims({ headers }: AwsRequest, actual: { size: number; crc64: string }): void {
  if ((headers['x-amz-checksum-type'] ?? 'FULL_OBJECT') !== 'FULL_OBJECT') {
    throw invalidRequest(
      'The upload was created using the FULL_OBJECT checksum mode. The complete request must use the same checksum mode.',
    );
  }
  const size = headers['x-amz-mp-object-size'];
  if (size !== undefined && Number(size) !== actual.size) {
    throw invalidRequest(
      `The provided 'x-amz-mp-object-size' header value ${size} does not match what was computed: ${actual.size}`,
    );
  }
  const crc64 = headers['x-amz-checksum-crc64nvme'];
  if (crc64 === undefined || crc64 === actual.crc64) return;
  throw badDigest('The crc64nvme you specified did not match the calculated checksum.');
}
