/** S3 through the AWS SDK: packages, objects made of parts, release records. */

import { GetObjectCommand, S3, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type {
  Bucket,
  MultipartUpload,
  ObjectLocation,
  ObjectStorage,
  PartStorage,
  PartToCopy,
  StoredObject,
  TextStorage,
} from '../../release/upload/object-storage';
import { absentAsNull, call } from './call';
import { clientConfiguration, type AwsSettings } from './settings';

export async function createS3Client(settings: AwsSettings): Promise<S3> {
  const configuration = {
    ...(await clientConfiguration(settings, 8, 's3')),
    // This plugin sends SHA-256 itself; other storages often do not read CRC trailers.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  } as const;
  const client = new S3(configuration);
  const endpoint = settings.endpoint ?? (await client.config.serviceConfiguredEndpoint?.());
  if (endpoint === undefined) return client;
  client.destroy();
  // Nothing resolves bucket.localhost:4566; AWS's own endpoints take both styles.
  return new S3({ ...configuration, endpoint, forcePathStyle: true });
}

export function s3Storage(client: S3): ObjectStorage {
  return {
    checkBucket: (bucket) => call('HeadBucket', () => client.headBucket(bucketInput(bucket))),

    head: (location) =>
      call('HeadObject', async () => {
        const input = { ...objectInput(location), ChecksumMode: 'ENABLED' } as const;
        return storedObject(await client.headObject(input));
      }),

    put: ({ location, open, size, sha256 }) =>
      call('PutObject', async () => {
        const body = open();
        try {
          const written = await client.putObject({
            ...newObjectInput(location),
            Body: body,
            ContentLength: size,
            ContentType: 'application/zip',
            ChecksumSHA256: sha256,
            IfNoneMatch: '*',
          });
          return storedObject(written);
        } finally {
          body.destroy();
        }
      }),
  };
}

function bucketInput({ name, expectedOwner }: Bucket) {
  return { Bucket: name, ExpectedBucketOwner: expectedOwner };
}

function objectInput({ bucket, key }: ObjectLocation) {
  return { ...bucketInput(bucket), Key: key };
}

/** For an object that is written: some buckets refuse one that does not name their key. */
function newObjectInput(location: ObjectLocation) {
  const { kmsKeyId } = location.bucket;
  return {
    ...objectInput(location),
    ...(kmsKeyId && { ServerSideEncryption: 'aws:kms' as const, SSEKMSKeyId: kmsKeyId }),
  };
}

/** Name of the metadata that holds an object's SHA-256 where S3 keeps none. */
const SHA256_METADATA = 'sha256';

function storedObject(output: Omit<HeadObjectCommandOutput, '$metadata'>): StoredObject {
  const { ChecksumSHA256: sha256, ContentLength: size, VersionId: versionId } = output;
  const crc64 = output.ChecksumType === 'FULL_OBJECT' ? output.ChecksumCRC64NVME : undefined;
  const claimedSha256 = output.Metadata?.[SHA256_METADATA];
  return {
    ...{ crc64, claimedSha256, sha256, size },
    // A bucket whose versioning is suspended calls its one version "null".
    versionId: versionId === 'null' ? undefined : versionId,
  };
}

export function s3Parts(client: S3): PartStorage {
  return {
    ...s3Texts(client),

    begin: (location, sha256) =>
      call('CreateMultipartUpload', async () => {
        const begun = await client.createMultipartUpload({
          ...newObjectInput(location),
          ContentType: 'application/zip',
          Metadata: { [SHA256_METADATA]: sha256 },
          ChecksumAlgorithm: 'CRC64NVME',
          ChecksumType: 'FULL_OBJECT',
        });
        const { UploadId: uploadId = '', ChecksumAlgorithm, ChecksumType } = begun;
        const isChecked = ChecksumAlgorithm === 'CRC64NVME' && ChecksumType === 'FULL_OBJECT';
        return { location, uploadId, isChecked };
      }),

    copyPart: (upload, part) =>
      call('UploadPartCopy', async () => {
        const { CopyPartResult } = await client.uploadPartCopy({
          ...uploadInput(upload),
          PartNumber: part.number,
          CopySource: copySource(part),
          CopySourceRange: `bytes=0-${part.size - 1}`,
          ExpectedSourceBucketOwner: upload.location.bucket.expectedOwner,
        });
        return uploadedPart(part.number, CopyPartResult);
      }),

    sendPart: (upload, { number, open, size, crc64 }) =>
      call('UploadPart', async () => {
        const body = open();
        try {
          const sent = await client.uploadPart({
            ...uploadInput(upload),
            PartNumber: number,
            Body: body,
            ContentLength: size,
            ChecksumCRC64NVME: crc64,
          });
          return uploadedPart(number, sent);
        } finally {
          body.destroy();
        }
      }),

    complete: (upload, parts, { crc64, size }) =>
      call('CompleteMultipartUpload', () =>
        client.completeMultipartUpload({
          ...uploadInput(upload),
          MultipartUpload: {
            Parts: parts.map(({ number: PartNumber, etag: ETag, crc64: ChecksumCRC64NVME }) => {
              return { PartNumber, ETag, ChecksumCRC64NVME };
            }),
          },
          ChecksumCRC64NVME: crc64,
          ChecksumType: 'FULL_OBJECT',
          MpuObjectSize: size,
          IfNoneMatch: '*',
        }),
      ),

    abort: (upload) =>
      call('AbortMultipartUpload', () => client.abortMultipartUpload(uploadInput(upload))),
  };
}

function uploadInput({ location, uploadId }: MultipartUpload) {
  return { ...objectInput(location), UploadId: uploadId };
}

/** The SDK sends it unchanged, so everything but the slashes is encoded here. */
function copySource({ source: { location, versionId } }: PartToCopy): string {
  const path = `${location.bucket.name}/${location.key}`;
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  return versionId === null ? encoded : `${encoded}?versionId=${encodeURIComponent(versionId)}`;
}

function uploadedPart(
  number: number,
  { ETag, ChecksumCRC64NVME }: { ETag?: string; ChecksumCRC64NVME?: string } = {},
) {
  return { number, etag: ETag ?? '', crc64: ChecksumCRC64NVME };
}

/** A record has some 300 bytes for each function. */
const MAX_RECORD = 64 * 1024 * 1024;

export function s3Texts(client: S3): TextStorage {
  return {
    async read(location) {
      const result = await call('GetObject', async () => {
        const dates: string[] = [];
        const command = new GetObjectCommand(objectInput(location));
        // S3's clock, the header Date, is not in the SDK's answer.
        command.middlewareStack.add(
          (next) => async (args) => {
            const output = await next(args);
            const { headers } = output.response as { headers?: Record<string, string> };
            dates.push(headers?.['date'] ?? '');
            return output;
          },
          { step: 'deserialize', priority: 'low', name: 'dateOfAnswer' },
        );
        const { Body, ETag, LastModified, ContentLength = 0 } = await client.send(command);
        const lastModified = LastModified?.getTime() ?? NaN;
        const now = Date.parse(dates.at(-1) ?? '');
        const text = ContentLength > MAX_RECORD ? '' : ((await Body?.transformToString()) ?? '');
        // Without a Date the object counts as just written, so never as stale.
        return {
          text,
          etag: ETag ?? '',
          lastModified,
          now: Number.isNaN(now) ? lastModified : now,
        };
      });
      return !result.ok && result.failure.name === 'NoSuchBucket' ? result : absentAsNull(result);
    },

    write: (location, text, condition) =>
      call('PutObject', async () => {
        const { ETag: etag = '' } = await client.putObject({
          ...newObjectInput(location),
          Body: text,
          ContentType: 'application/json',
          ...(condition === 'absent' && { IfNoneMatch: '*' }),
          ...(typeof condition === 'object' && { IfMatch: condition.etag }),
        });
        return { etag };
      }),

    list: (bucket, prefix) =>
      call('ListObjectsV2', async () => {
        const input = { ...bucketInput(bucket), Prefix: prefix };
        const keys: string[] = [];
        let token: string | undefined;
        do {
          const page = await client.listObjectsV2({ ...input, ContinuationToken: token });
          keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
          token = page.NextContinuationToken;
        } while (token !== undefined);
        return keys;
      }),
  };
}
