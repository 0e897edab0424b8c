/** What an upload needs of S3 to make an object of parts, one of which S3 copies itself. */

import type { Readable } from 'node:stream';
import type { AwsResult } from '../model/aws-failure';
import type { ObjectLocation } from './object-storage';

export interface MultipartUpload {
  location: ObjectLocation;
  uploadId: string;
  /** S3 said that it will compare the whole object with a CRC64NVME; storages without that say nothing. */
  isChecked: boolean;
}

export interface UploadedPart {
  number: number;
  etag: string;
  /** Base64. */
  crc64?: string;
}

export interface BeginRequest {
  location: ObjectLocation;
  /** Base64; kept as the object's metadata, since S3 keeps no SHA-256 of an object made of parts. */
  sha256: string;
}

export interface PartToCopy {
  number: number;
  source: { location: ObjectLocation; versionId: string | null };
  /** So many bytes from the source's beginning. */
  size: number;
}

export interface PartToSend {
  number: number;
  /** A fresh stream for each attempt. */
  open: () => Readable;
  size: number;
  /** Base64; the storage refuses other bytes. */
  crc64: string;
}

export interface PartStorage {
  /** Null where there is none. */
  readText(location: ObjectLocation): Promise<AwsResult<string | null>>;
  /** Over whatever is there. */
  writeText(location: ObjectLocation, text: string): Promise<AwsResult<undefined>>;
  begin(request: BeginRequest): Promise<AwsResult<MultipartUpload>>;
  copyPart(upload: MultipartUpload, part: PartToCopy): Promise<AwsResult<UploadedPart>>;
  sendPart(upload: MultipartUpload, part: PartToSend): Promise<AwsResult<UploadedPart>>;
  /** Makes the object, only where none is yet and only if all its bytes have this CRC64NVME (base64). */
  complete(
    upload: MultipartUpload,
    parts: readonly UploadedPart[],
    whole: { crc64: string; size: number },
  ): Promise<AwsResult<undefined>>;
  abort(upload: MultipartUpload): Promise<AwsResult<undefined>>;
}
