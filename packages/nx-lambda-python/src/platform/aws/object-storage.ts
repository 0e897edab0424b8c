/** S3 through the AWS SDK. */

import {
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  type HeadObjectCommandOutput,
} from '@aws-sdk/client-s3';
import type {
  Bucket,
  ObjectLocation,
  ObjectStorage,
  StoredObject,
} from '../../release/upload/object-storage';
import { call } from './call';
import { clientConfiguration, type AwsSettings } from './settings';

export async function createS3Client(settings: AwsSettings): Promise<S3Client> {
  const configuration = {
    ...clientConfiguration(settings, 8, 's3'),
    // Ours is SHA-256, sent by us; others' storages often know no CRC trailers.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  } as const;
  const client = new S3Client(configuration);
  const endpoint = settings.endpoint ?? (await client.config.serviceConfiguredEndpoint?.());
  if (endpoint === undefined) return client;
  client.destroy();
  // bucket.localhost:4566 has no address; AWS's own endpoints take both styles.
  return new S3Client({ ...configuration, endpoint, forcePathStyle: true });
}

export function s3Storage(client: S3Client): ObjectStorage {
  return {
    checkBucket: (bucket) =>
      call('HeadBucket', async () => {
        await client.send(new HeadBucketCommand(bucketInput(bucket)));
        return undefined;
      }),

    head: (location) =>
      call('HeadObject', async () =>
        storedObject(
          await client.send(
            new HeadObjectCommand({ ...objectInput(location), ChecksumMode: 'ENABLED' }),
          ),
        ),
      ),

    put: ({ location, open, size, sha256 }) =>
      call('PutObject', async () => {
        const body = open();
        try {
          const written = await client.send(
            new PutObjectCommand({
              ...newObjectInput(location),
              Body: body,
              ContentLength: size,
              ContentType: 'application/zip',
              ChecksumSHA256: sha256,
              IfNoneMatch: '*',
            }),
          );
          return storedObject({ ...written, Metadata: undefined, ContentLength: undefined });
        } finally {
          body.destroy();
        }
      }),
  };
}

export function bucketInput({ name, expectedOwner }: Bucket) {
  return {
    Bucket: name,
    ...(expectedOwner === undefined ? {} : { ExpectedBucketOwner: expectedOwner }),
  };
}

export function objectInput({ bucket, key }: ObjectLocation) {
  return { ...bucketInput(bucket), Key: key };
}

/** Of an object that is written: some buckets refuse one that does not name their key. */
export function newObjectInput(location: ObjectLocation) {
  const { kmsKeyId } = location.bucket;
  return {
    ...objectInput(location),
    ...(kmsKeyId && { ServerSideEncryption: 'aws:kms' as const, SSEKMSKeyId: kmsKeyId }),
  };
}

/** Name of the metadata that holds an object's SHA-256 where S3 keeps none. */
export const SHA256_METADATA = 'sha256';

function storedObject(
  output: Pick<
    HeadObjectCommandOutput,
    | 'ChecksumSHA256'
    | 'ChecksumCRC64NVME'
    | 'ChecksumType'
    | 'ContentLength'
    | 'Metadata'
    | 'VersionId'
  >,
): StoredObject {
  const { ChecksumSHA256: sha256, ContentLength: size, VersionId: versionId } = output;
  const crc64 = output.ChecksumType === 'FULL_OBJECT' ? output.ChecksumCRC64NVME : undefined;
  const claimedSha256 = output.Metadata?.[SHA256_METADATA];
  return {
    ...(crc64 === undefined ? {} : { crc64 }),
    ...(claimedSha256 === undefined ? {} : { claimedSha256 }),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(size === undefined ? {} : { size }),
    // A bucket whose versioning is suspended calls its one version "null".
    ...(versionId === undefined || versionId === 'null' ? {} : { versionId }),
  };
}
