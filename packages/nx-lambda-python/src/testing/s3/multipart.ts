/** Objects made of parts. Source: Amazon S3 API reference, CreateMultipartUpload to AbortMultipartUpload. */

import { createHash, randomBytes } from 'node:crypto';
import { Crc64Nvme } from '../../packaging/crc64-nvme';
import { AwsError, notSimulated } from '../aws-error';
import type { AwsRequest, AwsResponse, Context } from '../protocol';
import { emptyResponse } from '../protocol';
import { sha256Hex } from '../state/state';
import { readAddress, requireBucket, type S3Address } from './access';
import { readPutBody } from './body';
import type { StoredUpload } from './model';
import {
  isVersioned,
  keptHeaders,
  newVersionId,
  readStored,
  requireWriteConditions,
  storeVersion,
} from './objects';
import { getObject } from './reading';
import { checksumHeaders, versionHeader, xmlDocument } from './responses';

/** Of every part but the last. */
const MIN_PART = 5 * 1024 * 1024;

export function createUpload(
  context: Context,
  request: AwsRequest,
  address: S3Address,
): AwsResponse {
  requireBucket(context, request, address);
  const algorithm = request.headers['x-amz-checksum-algorithm'];
  if (algorithm !== 'CRC64NVME') throw notSimulated('multipart uploads without CRC64NVME');
  const id = randomBytes(24).toString('base64url');
  const { bucket, key } = address;
  context.state.write('uploads', id, { id, bucket, key, headers: keptHeaders(request), parts: {} });
  const answer = xmlDocument('InitiateMultipartUploadResult', {
    Bucket: bucket,
    Key: key,
    UploadId: id,
  });
  const checksum = { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': 'FULL_OBJECT' };
  return { ...answer, headers: { ...answer.headers, ...checksum } };
}

export function uploadPart(context: Context, request: AwsRequest, address: S3Address): AwsResponse {
  requireBucket(context, request, address);
  const { bytes } = readPutBody(request);
  const { etag, crc64 } = storePart(context, request, address, bytes);
  return emptyResponse(200, { etag, 'x-amz-checksum-crc64nvme': crc64 });
}

export function copyPart(context: Context, request: AwsRequest, address: S3Address): AwsResponse {
  requireBucket(context, request, address);
  const [path = '', search = ''] = (request.headers['x-amz-copy-source'] ?? '').split('?');
  const range = request.headers['x-amz-copy-source-range'];
  const headers = { host: 'localhost', ...(range === undefined ? {} : { range }) };
  const source: AwsRequest = {
    ...request,
    path: `/${path.replace(/^\//, '')}`,
    query: new URLSearchParams(search),
    headers,
  };
  const bytes = getObject(context, source, readAddress(source)).body;
  const { etag: ETag, crc64 } = storePart(context, request, address, bytes);
  return xmlDocument('CopyPartResult', { ETag, ChecksumCRC64NVME: crc64 });
}

export function completeUpload(
  context: Context,
  request: AwsRequest,
  address: S3Address,
): AwsResponse {
  const bucket = requireBucket(context, request, address);
  const upload = requireUpload(context, request, address);
  const stored = readStored(context, address);
  requireWriteConditions(request, stored.versions.at(-1));
  const chosen = chooseParts(upload, request.body.toString());
  const bytes = Buffer.concat(chosen.map(({ sha256 }) => context.state.readBytes(sha256)));
  const crc64 = new Crc64Nvme().update(bytes).digest();
  const expected = request.headers['x-amz-checksum-crc64nvme'] ?? crc64;
  if (expected !== crc64) {
    throw new AwsError(
      400,
      'BadDigest',
      'The CRC64NVME you specified did not match the calculated checksum.',
    );
  }
  const sha256 = sha256Hex(bytes);
  const md5s = Buffer.concat(chosen.map(({ etag }) => Buffer.from(etag.slice(1, -1), 'hex')));
  const etag = `"${createHash('md5').update(md5s).digest('hex')}-${chosen.length}"`;
  const checksum: [string, string] = ['crc64nvme', crc64];
  const versionId = newVersionId(bucket);
  const content = { sha256, size: bytes.length, etag, headers: upload.headers, checksum };
  context.state.writeBytes(sha256, bytes);
  storeVersion(context, stored, { versionId, modified: context.now, content });
  context.state.remove('uploads', upload.id);
  const { bucket: Bucket, key: Key } = address;
  const answer = xmlDocument('CompleteMultipartUploadResult', { Bucket, Key, ETag: etag });
  const headers = {
    ...versionHeader(versionId, isVersioned(bucket)),
    ...checksumHeaders(checksum),
  };
  return { ...answer, headers: { ...answer.headers, ...headers } };
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

function storePart(context: Context, request: AwsRequest, address: S3Address, bytes: Buffer) {
  const upload = requireUpload(context, request, address);
  const part = {
    sha256: sha256Hex(bytes),
    size: bytes.length,
    etag: `"${createHash('md5').update(bytes).digest('hex')}"`,
  };
  context.state.writeBytes(part.sha256, bytes);
  const parts = { ...upload.parts, [request.query.get('partNumber') ?? '']: part };
  context.state.write('uploads', upload.id, { ...upload, parts });
  return { ...part, crc64: new Crc64Nvme().update(bytes).digest() };
}

function requireUpload(
  { state }: Context,
  { query }: AwsRequest,
  address: S3Address,
): StoredUpload {
  const upload = state.read('uploads', query.get('uploadId') ?? '');
  if (upload?.bucket === address.bucket && upload.key === address.key) return upload;
  throw new AwsError(
    404,
    'NoSuchUpload',
    'The specified multipart upload does not exist. The upload ID might be invalid, or the multipart upload might have been aborted or completed.',
  );
}

function chooseParts(upload: StoredUpload, xml: string): StoredUpload['parts'][string][] {
  const listed = [...xml.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
    number: Number(/<PartNumber>(\d+)</.exec(part)?.[1]),
    etag: /<ETag>(.*?)</.exec(part)?.[1]?.replaceAll('&quot;', '').replaceAll('"', ''),
  }));
  const isAscending = listed.every(({ number }, at) => number > (listed[at - 1]?.number ?? 0));
  if (!isAscending)
    throw new AwsError(400, 'InvalidPartOrder', 'The list of parts was not in ascending order.');
  return listed.map(({ number, etag }, at) => {
    const part = upload.parts[number];
    if (part === undefined || part.etag !== `"${etag}"`) {
      throw new AwsError(
        400,
        'InvalidPart',
        'One or more of the specified parts could not be found.',
      );
    }
    if (part.size < MIN_PART && at < listed.length - 1) {
      throw new AwsError(
        400,
        'EntityTooSmall',
        'Your proposed upload is smaller than the minimum allowed size',
      );
    }
    return part;
  });
}
