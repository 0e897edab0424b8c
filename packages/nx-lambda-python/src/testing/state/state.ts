/** The account's state: small documents, and bytes named by their SHA-256. */

import { createHash } from 'node:crypto';
import type { QuotaLevel } from '../quota';
import type { Archive } from '../lambda/archive';
import type { StoredLayer } from '../lambda/layer-model';
import type { StoredFunction } from '../lambda/model';
import type { Bucket, StoredObject, StoredUpload } from '../s3/model';

export interface Documents {
  buckets: Bucket;
  objects: StoredObject;
  uploads: StoredUpload;
  functions: StoredFunction;
  layers: StoredLayer;
  /** What is known of a zip, by its SHA-256, so that N functions with one package read it once. */
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

/** Synchronous, since whoever holds it has the account to itself. */
export interface State {
  read<C extends Collection>(collection: C, id: string): Documents[C] | undefined;
  write<C extends Collection>(collection: C, id: string, document: Documents[C]): void;
  remove(collection: Collection, id: string): void;
  /** In no particular order. */
  list<C extends Collection>(collection: C): Documents[C][];
  /** @throws Error when there are none of that digest */
  readBytes(sha256: string): Buffer;
  /** Stores the bytes once, whatever refers to them; `sha256` is their hex digest. */
  writeBytes(sha256: string, bytes: Buffer): void;
}

export interface StateStore {
  /** Runs `work` while no other process or request touches the state. */
  run<T>(work: (state: State) => T): Promise<T>;
}

export function sha256Hex(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function hexToBase64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}
