/** Buckets and objects as the state keeps them. */

export interface Bucket {
  name: string;
  region: string;
  /** Account id. */
  owner: string;
  /** Disabled until it is set for the first time; AWS then reports no status at all. */
  versioning: 'Disabled' | 'Enabled' | 'Suspended';
  /** Milliseconds since the epoch. */
  created: number;
}

export interface StoredObject {
  bucket: string;
  key: string;
  /** Oldest first: the last is the current one. */
  versions: ObjectVersion[];
}

export interface ObjectVersion {
  /** `null` (the word) where the bucket does not keep versions. */
  versionId: string;
  /** Milliseconds since the epoch. */
  modified: number;
  /** Absent in a delete marker. */
  content?: ObjectContent;
}

export interface ObjectContent {
  /** Hex digest of the bytes. */
  sha256: string;
  size: number;
  /** With its quotes. */
  etag: string;
  /** What the client sent to be given back: content type, user metadata, encryption. */
  headers: Record<string, string>;
  /** The one checksum that the client sent: [`sha256`, its base64]. */
  checksum?: [algorithm: string, value: string];
}

/** A multipart upload under way. */
export interface StoredUpload {
  id: string;
  bucket: string;
  key: string;
  headers: Record<string, string>;
  /** Milliseconds since the epoch. */
  begun: number;
  /** Whether its key was written or deleted since then. */
  isOvertaken: boolean;
  /** By number. */
  parts: Record<string, StoredPart>;
}

export interface StoredPart {
  /** Hex digest of the bytes. */
  sha256: string;
  size: number;
  /** With its quotes. */
  etag: string;
  /** CRC64NVME of the bytes, base64. */
  crc64: string;
  /** Milliseconds since the epoch. */
  modified: number;
}

/** An object's document. Bucket names hold no slash. */
export function objectId(bucket: string, key: string): string {
  return `${bucket}/${key}`;
}

/** S3 sorts by the bytes of UTF-8, which is not JavaScript's order. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
