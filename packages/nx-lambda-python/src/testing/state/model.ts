/** What the account stores: small documents, and bytes named by their SHA-256. */

import { createHash } from 'node:crypto';

export interface Documents {
  buckets: Bucket;
  objects: StoredObject;
  uploads: StoredUpload;
  functions: StoredFunction;
  layers: StoredLayer;
  /** What is known about a zip, by its SHA-256, so that N functions with one package read it once. */
  archives: Archive;
  quotas: QuotaLevel;
}

export type Collection = keyof Documents;

export const COLLECTIONS: readonly Collection[] = [
  'buckets',
  'objects',
  'uploads',
  'functions',
  'layers',
  'archives',
  'quotas',
];

/** Synchronous, since its holder has the account to itself. */
export interface State {
  read<C extends Collection>(collection: C, id: string): Documents[C] | undefined;
  write<C extends Collection>(collection: C, id: string, document: Documents[C]): void;
  remove(collection: Collection, id: string): void;
  /** In no particular order. */
  list<C extends Collection>(collection: C): Documents[C][];
  /** @throws Error if no bytes have that digest */
  readBytes(sha256: string): Buffer;
  /** Stores the bytes once, whatever refers to them; `sha256` is their hex digest. */
  writeBytes(sha256: string, bytes: Buffer): void;
}

export interface StateStore {
  /** Runs `work` while no other process or request touches the state. */
  run<T>(work: (state: State) => T): Promise<T>;
}

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
  /** The word `null` if the bucket does not keep versions. */
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
  /** What the client sent and gets back: content type, user metadata, encryption. */
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
  started: number;
  /** Whether its key was written or deleted since then. */
  isOvertaken: boolean;
  /** By number. */
  parts: Record<string, StoredPart>;
}

export interface StoredPart extends Pick<ObjectContent, 'sha256' | 'size' | 'etag'> {
  /** CRC64NVME of the bytes, base64. */
  crc64: string;
  /** Milliseconds since the epoch. */
  modified: number;
}

export interface StoredFunction {
  name: string;
  region: string;
  latest: FunctionVersion;
  /** Published ones, oldest first. */
  versions: FunctionVersion[];
  nextVersion: number;
  /** No update since the last publication: PublishVersion then returns that version again. */
  unchangedSincePublish: boolean;
  aliases: Alias[];
  /** Of a durable function. */
  executions?: DurableExecution[];
}

/** Stays on the version that it was started with. */
export interface DurableExecution {
  id: string;
  version: string;
  status: 'RUNNING' | 'SUCCEEDED';
  /** Milliseconds since the epoch. */
  start: number;
}

export interface FunctionVersion {
  /** `$LATEST` or a number. */
  version: string;
  settings: FunctionSettings;
  /** What the configuration names. After a failed update it is not what runs. */
  code: FunctionCode;
  /** Hex digest of the code that invocations run. */
  liveSha256: string;
  revisionId: string;
  /** `2026-11-24T03:30:09.000+0000` */
  lastModified: string;
  /**
   * Pending only between creation and the end of the first update; Inactive when the object that
   * its code is referenced in is gone, until the next update.
   */
  state: 'Pending' | 'Active' | 'Inactive' | 'Failed';
  update: Update;
}

export interface FunctionSettings {
  runtime: string;
  handler: string;
  role: string;
  description: string;
  /** Seconds. */
  timeout: number;
  /** MB. */
  memorySize: number;
  architectures: string[];
  environment?: Record<string, string>;
  attachedLayers?: AttachedLayer[];
  /** Each published version has a snapshot, and is Pending until it is made. */
  snapStart?: boolean;
  durable?: { executionTimeout: number; retentionDays: number };
  /** ARN of the capacity provider whose instances it runs on. */
  capacityProvider?: string;
  /** Its code is a container image. */
  image?: boolean;
  /** It takes only code that AWS Signer has signed. */
  codeSigning?: boolean;
}

export interface FunctionCode {
  /** Hex. */
  sha256: string;
  /** Bytes of the zip. */
  size: number;
  /** Set if Lambda reads the object in the bucket instead of a copy (REFERENCE). */
  reference?: { bucket: string; key: string; versionId: string };
  /** ARN of the key that encrypts the copy; nothing is encrypted here. */
  sourceKmsKeyArn?: string;
}

export interface Update {
  status: 'InProgress' | 'Successful' | 'Failed';
  /** Milliseconds since the epoch from which it may end. */
  readyAt: number;
  /** Reads of the function that still say InProgress. */
  polls: number;
  /** Why it will fail, or has failed. */
  failure?: { reason: string; reasonCode: string };
}

export interface Alias {
  name: string;
  functionVersion: string;
  description: string;
  /** Version → share of the calls, 0 to 1; at most one entry. */
  weights: Record<string, number>;
  revisionId: string;
}

export interface StoredLayer {
  name: string;
  region: string;
  /** Oldest first; deleted ones are gone, and their numbers are never given again. */
  versions: LayerVersion[];
  nextVersion: number;
}

export interface LayerVersion {
  version: number;
  code: FunctionCode;
  description: string;
  /** `2026-11-24T03:30:09.000+0000` */
  created: string;
  architectures?: string[];
  runtimes?: string[];
  licenseInfo?: string;
}

/**
 * What a function keeps of a layer version, so that it still works after that is deleted.
 * Source: AWS Lambda API reference, DeleteLayerVersion.
 */
export interface AttachedLayer extends Pick<FunctionCode, 'sha256' | 'size'> {
  /** Of the version. */
  arn: string;
}

export interface Archive {
  /** Bytes of all entries once unpacked, by the central directory; null if the zip is not usable. */
  unpackedSize: number | null;
  /** Bytes of the zip. */
  size: number;
}

/** What is left in one pool. */
export interface QuotaLevel {
  tokens: number;
  /** Milliseconds since the epoch when `tokens` was true. */
  at: number;
}

/** An object's document. Bucket names hold no slash. */
export function objectId(bucket: string, key: string): string {
  return `${bucket}/${key}`;
}

/** Of a function's or a layer's document: the same name may exist once per region. */
export function regionalId(region: string, name: string): string {
  return `${region}/${name}`;
}

export function sha256Hex(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function hexToBase64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}
