/** What is left of uploads: those of a bucket, and the parts of one. */

import { notSimulated } from '../aws-error';
import type { AwsRequest, AwsResponse, Context } from '../protocol';
import { requireBucket, type S3Address } from './access';
import { compareKeys, type StoredUpload } from './model';
import { xmlDocument } from './responses';
import { requireUpload } from './uploads';

const CHECKSUM = { ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'FULL_OBJECT' };

/** Source: Amazon S3 API reference, ListMultipartUploads: by key, then by the time of their beginning. */
export function listUploads(
  context: Context,
  request: AwsRequest,
  address: S3Address,
): AwsResponse {
  requireBucket(context, request, address);
  refusePaging(request, ['delimiter', 'key-marker', 'upload-id-marker', 'max-uploads']);
  const prefix = request.query.get('prefix') ?? '';
  const uploads = context.state
    .list('uploads')
    .filter(({ bucket, key }) => bucket === address.bucket && key.startsWith(prefix))
    .sort((a, b) => compareKeys(a.key, b.key) || a.begun - b.begun);
  return xmlDocument('ListMultipartUploadsResult', {
    Bucket: address.bucket,
    Prefix: prefix,
    IsTruncated: false,
    Upload: uploads.map(({ id, key, begun }) => ({
      Key: key,
      UploadId: id,
      Initiated: new Date(begun).toISOString(),
      StorageClass: 'STANDARD',
      ...CHECKSUM,
    })),
  });
}

/** Source: Amazon S3 API reference, ListParts. */
export function listParts(context: Context, request: AwsRequest, address: S3Address): AwsResponse {
  requireBucket(context, request, address);
  refusePaging(request, ['part-number-marker', 'max-parts']);
  const upload = requireUpload(context, request, address);
  return xmlDocument('ListPartsResult', {
    Bucket: address.bucket,
    Key: address.key,
    UploadId: upload.id,
    IsTruncated: false,
    Part: partsInOrder(upload).map(([number, { etag, size, crc64, modified }]) => ({
      PartNumber: number,
      LastModified: new Date(modified).toISOString(),
      ETag: etag,
      Size: size,
      ChecksumCRC64NVME: crc64,
    })),
    StorageClass: 'STANDARD',
    ...CHECKSUM,
  });
}

function partsInOrder({ parts }: StoredUpload) {
  return Object.entries(parts).sort(([a], [b]) => Number(a) - Number(b));
}

function refusePaging({ query }: AwsRequest, parameters: readonly string[]): void {
  const asked = parameters.find((name) => query.has(name));
  if (asked !== undefined) throw notSimulated(`${asked} in lists of uploads and parts`);
}
