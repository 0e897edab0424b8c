/** What upload and deploy need of S3. */

import type { Readable } from 'node:stream';
import type { AwsResult } from '../model/aws-failure';

export interface Bucket {
  name: string;
  /** Account that must own it; S3 refuses the request otherwise. */
  expectedOwner?: string;
  /** Encrypts all that is written there, packages, pointers, records and lock, instead of the bucket's default. */
  kmsKeyId?: string;
}

export interface ObjectLocation {
  bucket: Bucket;
  key: string;
}

export interface StoredObject {
  /** Base64 of the whole object's SHA-256; absent where the storage keeps none. */
  sha256?: string;
  /** Base64 of the whole object's CRC64NVME, where the storage keeps that. */
  crc64?: string;
  /** The SHA-256 that the uploader of an object of parts wrote as metadata. */
  claimedSha256?: string;
  size?: number;
  /** Absent where the bucket keeps no versions. */
  versionId?: string;
}

export interface PutRequest {
  location: ObjectLocation;
  /** A fresh stream for each attempt. */
  open: () => Readable;
  size: number;
  /** Base64; the storage refuses other bytes. */
  sha256: string;
}

export interface ObjectStorage {
  /** HeadBucket: does it answer, and in this region? */
  checkBucket(bucket: Bucket): Promise<AwsResult<unknown>>;
  head(location: ObjectLocation): Promise<AwsResult<StoredObject>>;
  /** Writes only where no object is yet (`If-None-Match: *`); `precondition` says that there is one. */
  put(request: PutRequest): Promise<AwsResult<StoredObject>>;
}

export function objectUrl({ bucket, key }: ObjectLocation): string {
  return `s3://${bucket.name}/${key}`;
}

export interface StoredText {
  text: string;
  etag: string;
  /** When it was written, by S3's clock; milliseconds since the epoch, to the second. */
  lastModified: number;
  /** When S3 answered, by the same clock: it is never compared with another clock. */
  now: number;
}

/** `absent`: no object may be there yet. An ETag: this very object must still be there. */
export type WriteCondition = 'any' | 'absent' | { etag: string };

/** Small objects: records, locks, pointers. */
export interface TextStorage {
  /** Null if there is none. */
  read(location: ObjectLocation): Promise<AwsResult<StoredText | null>>;
  /** A condition that does not hold is a failure of kind `precondition`, or `not-found` for an ETag of nothing. */
  write(
    location: ObjectLocation,
    text: string,
    condition: WriteCondition,
  ): Promise<AwsResult<{ etag: string }>>;
  /** All keys below a prefix, ascending. */
  list(bucket: Bucket, prefix: string): Promise<AwsResult<string[]>>;
}

export interface MultipartUpload {
  location: ObjectLocation;
  uploadId: string;
  /** S3 said that it will compare the whole object with a CRC64NVME; storages that cannot do so say nothing. */
  isChecked: boolean;
}

export interface UploadedPart {
  number: number;
  etag: string;
  /** Base64. */
  crc64?: string;
}

export interface PartToCopy {
  number: number;
  source: { location: ObjectLocation; versionId: string | null };
  /** So many bytes from the source's beginning. */
  size: number;
}

interface PartToSend extends Pick<PutRequest, 'open' | 'size'> {
  number: number;
  /** Base64; the storage refuses other bytes. */
  crc64: string;
}

export interface PartStorage extends Pick<TextStorage, 'read' | 'write'> {
  /** @param sha256 base64; kept as metadata, since S3 keeps no SHA-256 of an object made of parts */
  begin(location: ObjectLocation, sha256: string): Promise<AwsResult<MultipartUpload>>;
  copyPart(upload: MultipartUpload, part: PartToCopy): Promise<AwsResult<UploadedPart>>;
  sendPart(upload: MultipartUpload, part: PartToSend): Promise<AwsResult<UploadedPart>>;
  /** Makes the object, only where none is yet and only if all its bytes have this CRC64NVME (base64). */
  complete(
    upload: MultipartUpload,
    parts: readonly UploadedPart[],
    whole: { crc64: string; size: number },
  ): Promise<AwsResult<unknown>>;
  abort(upload: MultipartUpload): Promise<AwsResult<unknown>>;
}
