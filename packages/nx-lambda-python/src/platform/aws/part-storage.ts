/** Objects made of parts, through the AWS SDK. */

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { MultipartUpload, PartStorage, PartToCopy } from '../../release/upload/object-storage';
import { call } from './call';
import { newObjectInput, objectInput, SHA256_METADATA } from './object-storage';

/** A pointer is some 300 bytes; what is larger is none. */
const MAX_TEXT = 64 * 1024;

export function s3Parts(client: S3Client): PartStorage {
  return {
    async readText(location) {
      const result = await call('GetObject', async () => {
        const { Body, ContentLength = 0 } = await client.send(
          new GetObjectCommand({
            ...objectInput(location),
            Range: `bytes=0-${MAX_TEXT - 1}`,
          }),
        );
        return ContentLength < MAX_TEXT ? ((await Body?.transformToString()) ?? '') : '';
      });
      const isMissing = !result.ok && result.failure.kind === 'not-found';
      return isMissing ? { ok: true, value: null } : result;
    },

    writeText: (location, text) =>
      call('PutObject', async () => {
        await client.send(
          new PutObjectCommand({
            ...newObjectInput(location),
            Body: text,
            ContentType: 'application/json',
          }),
        );
        return undefined;
      }),

    begin: ({ location, sha256 }) =>
      call('CreateMultipartUpload', async () => {
        const { UploadId, ChecksumAlgorithm, ChecksumType } = await client.send(
          new CreateMultipartUploadCommand({
            ...newObjectInput(location),
            ContentType: 'application/zip',
            Metadata: { [SHA256_METADATA]: sha256 },
            ChecksumAlgorithm: 'CRC64NVME',
            ChecksumType: 'FULL_OBJECT',
          }),
        );
        const isChecked = ChecksumAlgorithm === 'CRC64NVME' && ChecksumType === 'FULL_OBJECT';
        return { location, uploadId: UploadId ?? '', isChecked };
      }),

    copyPart: (upload, part) =>
      call('UploadPartCopy', async () => {
        const { CopyPartResult } = await client.send(
          new UploadPartCopyCommand({
            ...uploadInput(upload),
            PartNumber: part.number,
            CopySource: copySource(part),
            CopySourceRange: `bytes=0-${part.size - 1}`,
            ...(upload.location.bucket.expectedOwner === undefined
              ? {}
              : { ExpectedSourceBucketOwner: upload.location.bucket.expectedOwner }),
          }),
        );
        return uploadedPart(part.number, CopyPartResult);
      }),

    sendPart: (upload, { number, open, size, crc64 }) =>
      call('UploadPart', async () => {
        const body = open();
        try {
          const sent = await client.send(
            new UploadPartCommand({
              ...uploadInput(upload),
              PartNumber: number,
              Body: body,
              ContentLength: size,
              ChecksumCRC64NVME: crc64,
            }),
          );
          return uploadedPart(number, sent);
        } finally {
          body.destroy();
        }
      }),

    complete: (upload, parts, { crc64, size }) =>
      call('CompleteMultipartUpload', async () => {
        await client.send(
          new CompleteMultipartUploadCommand({
            ...uploadInput(upload),
            MultipartUpload: {
              Parts: parts.map(({ number, etag, crc64: ChecksumCRC64NVME }) => ({
                PartNumber: number,
                ETag: etag,
                ...(ChecksumCRC64NVME === undefined ? {} : { ChecksumCRC64NVME }),
              })),
            },
            ChecksumCRC64NVME: crc64,
            ChecksumType: 'FULL_OBJECT',
            MpuObjectSize: size,
            IfNoneMatch: '*',
          }),
        );
        return undefined;
      }),

    abort: (upload) =>
      call('AbortMultipartUpload', async () => {
        await client.send(new AbortMultipartUploadCommand(uploadInput(upload)));
        return undefined;
      }),
  };
}

function uploadInput({ location, uploadId }: MultipartUpload) {
  return { ...objectInput(location), UploadId: uploadId };
}

/** The SDK sends it as it is: encoded, but for the slashes. */
function copySource({ source: { location, versionId } }: PartToCopy): string {
  const path = `${location.bucket.name}/${location.key}`;
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  return versionId === null ? encoded : `${encoded}?versionId=${encodeURIComponent(versionId)}`;
}

function uploadedPart(
  number: number,
  { ETag, ChecksumCRC64NVME }: { ETag?: string; ChecksumCRC64NVME?: string } = {},
) {
  return {
    number,
    etag: ETag ?? '',
    ...(ChecksumCRC64NVME === undefined ? {} : { crc64: ChecksumCRC64NVME }),
  };
}
