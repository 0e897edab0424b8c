/** Makes an object of its parts. Source: Amazon S3 API reference, CompleteMultipartUpload. */

import { createHash } from 'node:crypto';
import { Crc64Nvme } from '../../packaging/crc64-nvme';
import { AwsError } from '../aws-error';
import type { AwsRequest, AwsResponse, Context } from '../protocol';
import { sha256Hex } from '../state/state';
import { requireBucket, type S3Address } from './access';
import type { StoredPart, StoredUpload } from './model';
import {
  encryptionHeaders,
  isVersioned,
  newVersionId,
  readStored,
  requireWriteConditions,
  storeVersion,
} from './objects';
import { versionHeader, xmlDocument } from './responses';
import { overtakeUploads, requireNotOvertaken, requireUpload } from './uploads';

/** Of every part but the last. Source: Amazon S3 user guide, "Multipart upload limits". */
const MIN_PART = 5 * 1024 * 1024;

/** What the request says of one part. */
interface NamedPart {
  number: number;
  etag: string;
  crc64: string | undefined;
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
  overtakeUploads(context, address);
  const answer = xmlDocument('CompleteMultipartUploadResult', {
    Location: `${context.account.endpoint}/${address.bucket}/${encodeURIComponent(address.key)}`,
    Bucket: address.bucket,
    Key: address.key,
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

function readNamedParts(xml: string): NamedPart[] {
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

function choosePartsOf({ id, parts }: StoredUpload, named: readonly NamedPart[]): StoredPart[] {
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
      throw new AwsError(
        400,
        'EntityTooSmall',
        'Your proposed upload is smaller than the minimum allowed size',
        {
          fields: {
            ...fields,
            ProposedSize: String(part.size),
            MinSizeAllowed: String(MIN_PART),
          },
        },
      );
    }
    return part;
  });
}

/** @throws AwsError 400 when the object is not what the client says it is */
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
  throw new AwsError(
    400,
    'BadDigest',
    'The crc64nvme you specified did not match the calculated checksum.',
  );
}

function invalidRequest(message: string): AwsError {
  return new AwsError(400, 'InvalidRequest', message);
}
