/** Small JSON files of the wheel store that say themselves whether they are what was written. */

import { createHash } from 'node:crypto';
import { readFileSync, utimesSync } from 'node:fs';
import { writeTextWhole } from '../files/files';

/** Undefined where the file is missing or damaged in any way: then it is made again. */
export function readRecord<T extends object>(path: string): T | undefined {
  const sealed = readJson(path);
  if (typeof sealed !== 'object' || sealed === null || !('digest' in sealed)) return undefined;
  const { digest, ...record } = sealed;
  return digest === digestOf(record) ? (record as T) : undefined;
}

export function writeRecord(path: string, record: object, options?: { durable?: boolean }): void {
  const sealed = { ...record, digest: digestOf(record) };
  writeTextWhole(path, `${JSON.stringify(sealed, null, 2)}\n`, options);
}

/**
 * Notes that a file is in use, for pruning alone: nothing else is ever decided by times.
 * A store that this user may only read serves all the same.
 */
export function markUsed(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // Then it counts as unused, and is made again at worst.
  }
}

function digestOf(record: object): string {
  return createHash('sha256').update(JSON.stringify(record)).digest('hex');
}

/** Undefined where the file is missing or no JSON. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
