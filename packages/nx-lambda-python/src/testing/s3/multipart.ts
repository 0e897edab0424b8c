/** Uploads in parts, up to their completion. Source: Amazon S3 API reference, CreateMultipartUpload to AbortMultipartUpload. */

import { createHash, randomBytes } from 'node:crypto';
import { Crc64Nvme } from '../../packaging/crc64-nvme';
import { AwsError, notSimulated } from '../aws-error';
import type { AwsRequest, AwsResponse, Context } from '../protocol';
import { emptyResponse } from '../protocol';
import { sha256Hex } from '../state/state';
import { requireBucket, type S3Address } from './access';
import { readPutBody } from './body';
import { readCopySource } from './copy-source';
import type { StoredPart } from './model';
import { encryptionHeaders, keptHeaders } from './objects';
import { xmlDocument } from './responses';
import { requireUpload } from './uploads';

const ALGORITHM = 'CRC64NVME';

export function createUpload(
  context: Context,
  request: AwsRequest,
  address: S3Address,
): AwsResponse {
  requireBucket(context, request, address);
  const algorithm = request.headers['x-amz-checksum-algorithm'];
  if (algorithm !== ALGORITHM) throw notSimulated(`multipart uploads without ${ALGORITHM}`);
  const type = request.headers['x-amz-checksum-type'] ?? 'FULL_OBJECT';
  if (type !== 'FULL_OBJECT') {
    throw new AwsError(
      400,
      'InvalidRequest',
      `The ${type} checksum type cannot be used with the crc64nvme checksum algorithm.`,
    );
  }
  const id = randomBytes(24).toString('base64url');
  const { bucket, key } = address;
  const headers = keptHeaders(request);
  context.state.write('uploads', id, {
    id,
    bucket,
    key,
    headers,
    begun: context.now,
    isOvertaken: false,
    parts: {},
  });
  const answer = xmlDocument('InitiateMultipartUploadResult', {
    Bucket: bucket,
    Key: key,
    UploadId: id,
  });
  const checksum = { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': type };
  return { ...answer, headers: { ...answer.headers, ...encryptionHeaders(headers), ...checksum } };
}

export function uploadPart(context: Context, request: AwsRequest, address: S3Address): AwsResponse {
  requireBucket(context, request, address);
  const { bytes, checksum } = readPutBody(request);
  const [algorithm = ALGORITHM] = checksum ?? [];
  if (algorithm.toUpperCase() !== ALGORITHM) {
    throw new AwsError(
      400,
      'InvalidRequest',
      `Checksum Type mismatch occurred, expected checksum Type: crc64nvme, actual checksum Type: ${algorithm}`,
    );
  }
  const { etag, crc64 } = storePart(context, request, address, bytes);
  return emptyResponse(200, { etag, 'x-amz-checksum-crc64nvme': crc64 });
}

export function copyPart(context: Context, request: AwsRequest, address: S3Address): AwsResponse {
  requireBucket(context, request, address);
  requireUpload(context, request, address);
  const { bytes, versionHeaders } = readCopySource(context, request);
  const { etag, crc64, modified } = storePart(context, request, address, bytes);
  const answer = xmlDocument('CopyPartResult', {
    LastModified: new Date(modified).toISOString(),
    ETag: etag,
    ChecksumCRC64NVME: crc64,
  });
  return { ...answer, headers: { ...answer.headers, ...versionHeaders } };
}

export function abortUpload(
  context: Context,
  request: AwsRequest,
  address: S3Address,
): AwsResponse {
  requireBucket(context, request, address);
  context.state.remove('uploads', requireUpload(context, request, address).id);
  return emptyResponse(204);
}

/** A part that is sent again replaces the one of its number. */
function storePart(
  context: Context,
  request: AwsRequest,
  address: S3Address,
  bytes: Buffer,
): StoredPart {
  const number = readPartNumber(request);
  const upload = requireUpload(context, request, address);
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
