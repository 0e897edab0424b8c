/** What the checks of multipart uploads share. */

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type { CompletedPart, S3Client } from '@aws-sdk/client-s3';
import { Crc64Nvme } from '../../packaging/crc64-nvme';
import { KEY } from './s3.fixtures';

/** Only S3 is needed, so that specs of other benches may use these. */
export interface S3Bench {
  s3: S3Client;
}

export interface Upload {
  Bucket: string;
  Key: string;
  UploadId: string;
}

type Input<T extends abstract new (...args: never[]) => unknown> = Partial<
  ConstructorParameters<T>[0]
>;

export function crc64(bytes: Buffer | string): string {
  return new Crc64Nvme().update(Buffer.from(bytes)).digest();
}

/** An upload whose object S3 compares as a whole with a CRC64NVME. */
export async function begin(
  { s3 }: S3Bench,
  Bucket: string,
  input: Input<typeof CreateMultipartUploadCommand> = {},
): Promise<Upload> {
  const { UploadId = '' } = await s3.send(createCommand(Bucket, input));
  return { Bucket, Key: input.Key ?? KEY, UploadId };
}

export function createCommand(
  Bucket: string,
  input: Input<typeof CreateMultipartUploadCommand> = {},
) {
  return new CreateMultipartUploadCommand({
    Bucket,
    Key: KEY,
    ChecksumAlgorithm: 'CRC64NVME',
    ChecksumType: 'FULL_OBJECT',
    ...input,
  });
}

export async function sendPart(
  { s3 }: S3Bench,
  upload: Upload,
  PartNumber: number,
  bytes: Buffer | string,
  input: Input<typeof UploadPartCommand> = {},
): Promise<CompletedPart> {
  const ChecksumCRC64NVME = crc64(bytes);
  const part = { ...upload, PartNumber, Body: Buffer.from(bytes), ChecksumCRC64NVME, ...input };
  const { ETag } = await s3.send(new UploadPartCommand(part));
  return { PartNumber, ETag };
}

export function copyPart(
  { s3 }: S3Bench,
  upload: Upload,
  CopySource: string,
  input: Input<typeof UploadPartCopyCommand> = {},
) {
  const part = { ...upload, PartNumber: 1, CopySource, ...input };
  return s3.send(new UploadPartCopyCommand(part));
}

export function complete(
  { s3 }: S3Bench,
  upload: Upload,
  Parts: CompletedPart[],
  input: Input<typeof CompleteMultipartUploadCommand> = {},
) {
  const command = { ...upload, MultipartUpload: { Parts }, ...input };
  return s3.send(new CompleteMultipartUploadCommand(command));
}

export function abort({ s3 }: S3Bench, upload: Upload) {
  return s3.send(new AbortMultipartUploadCommand(upload));
}
