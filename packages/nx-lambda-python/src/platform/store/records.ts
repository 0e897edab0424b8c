/** Small files of the wheel store: sealed records, what keys and lines of locks came to, and source caches. */

import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { basename, join } from 'node:path';
import { digestOf, hexDigest } from '../../packaging/requirements/canonical-json';
import type { LineStore, LocatedWheel, WheelNeeds } from '../../packaging/locked-wheels';
import { MANIFEST_FILE } from '../../packaging/manifest';
import type { KeyContent } from '../../packaging/requirements-key';
import { SourceCache } from '../../packaging/source-cache';
import { readWheel } from '../../packaging/wheel/read';
import { findGaps, recordRows } from '../../packaging/wheel/record';
import type { LibraryTree } from '../../packaging/library-wheel';
import { openFile, readJson } from '../files/files';
import { writeTextWhole, writeWhole } from '../files/write';
import { attempt } from '../process/attempt';
import { storeDirectory } from './layout';

/** Undefined if the file is missing or damaged in any way: then it is made again. */
export function readRecord<T extends object>(path: string): T | undefined {
  const sealed = readJson(path);
  if (typeof sealed !== 'object' || sealed === null || !('digest' in sealed)) return undefined;
  const { digest, ...record } = sealed;
  return digest === sealOf(record) ? (record as T) : undefined;
}

export function writeRecord(path: string, record: object, options?: { durable?: boolean }): void {
  const sealed = { ...record, digest: sealOf(record) };
  writeTextWhole(path, `${JSON.stringify(sealed, null, 2)}\n`, options);
}

/**
 * Notes that a file is in use, for pruning alone: nothing else is decided by times. Does nothing in a store that
 * this user may only read.
 */
export function markUsed(path: string): void {
  const now = new Date();
  // Otherwise it counts as unused; at worst it is made again.
  attempt(() => utimesSync(path, now, now));
}

function sealOf(record: object): string {
  return hexDigest(JSON.stringify(record));
}

/** The key in the build manifest of this directory; undefined if there is none. */
export function previousKey(directory: string): string | undefined {
  const manifest = readJson<{ requirementsKey?: unknown }>(join(directory, MANIFEST_FILE));
  const key = manifest?.requirementsKey;
  // It becomes a file's name.
  return typeof key === 'string' && /^[0-9a-f]{64}$/.test(key) ? key : undefined;
}

/** A key that was resolved, with the files that libraries had, by the path of the library. */
interface LibraryShape {
  requirementsKey: string;
  trees: Readonly<Record<string, LibraryTree>>;
}

/** What the store knows of requirements keys, of single wheels and of lines of locks. */
export class StoreRecords implements LineStore {
  /** @param root of the wheel store */
  constructor(readonly root: string = storeDirectory()) {}

  /** What this key was made of; undefined if no build with this store made it. */
  readKey(requirementsKey: string): KeyContent | undefined {
    const content = readJson(this.recordPath('keys', requirementsKey)) as KeyContent | undefined;
    return content && digestOf(content) === requirementsKey ? content : undefined;
  }

  writeKey(content: KeyContent): void {
    const path = this.recordPath('keys', digestOf(content));
    if (existsSync(path)) return;
    // In a read-only store a later miss is explained in fewer words.
    attempt(() => writeTextWhole(path, `${JSON.stringify(content, null, 2)}\n`));
  }

  findWheels(sha256: string): LocatedWheel[] {
    const directory = join(this.root, 'wheels', sha256);
    const names = existsSync(directory) ? readdirSync(directory) : [];
    return names
      .filter((file) => file.endsWith('.whl'))
      .sort()
      .map((file) => ({ file, sha256, size: statSync(join(directory, file)).size }));
  }

  readLine(digest: string): LocatedWheel | undefined {
    const wheel = readRecord<LocatedWheel>(this.recordPath('lines', digest));
    return wheel && this.holds(wheel) ? wheel : undefined;
  }

  writeLine(digest: string, { file, sha256, size }: LocatedWheel): void {
    writeRecord(this.recordPath('lines', digest), { file, sha256, size });
  }

  readWheelNeeds(wheel: LocatedWheel): WheelNeeds {
    const needs = readRecord<WheelNeeds>(this.recordPath('needs', wheel.sha256));
    return needs ?? readWheelNeeds(this.wheelPath(wheel));
  }

  keepWheelNeeds(wheel: LocatedWheel): void {
    const path = this.recordPath('needs', wheel.sha256);
    if (!existsSync(path)) writeRecord(path, readWheelNeeds(this.wheelPath(wheel)));
  }

  /** @param digest of all that decides wheels, but for the bytes of files that wheels only copy */
  readShape(digest: string): LibraryShape | undefined {
    const path = this.recordPath('shapes', digest);
    const shape = readRecord<LibraryShape>(path);
    if (shape) markUsed(path);
    return shape;
  }

  writeShape(digest: string, shape: LibraryShape): void {
    writeRecord(this.recordPath('shapes', digest), shape);
  }

  wheelPath({ sha256, file }: Pick<LocatedWheel, 'sha256' | 'file'>): string {
    return join(this.root, 'wheels', sha256, file);
  }

  /** The size is compared here; the content is hashed whenever it is copied into a dependency part. */
  protected holds(wheel: LocatedWheel): boolean {
    return statSync(this.wheelPath(wheel), { throwIfNoEntry: false })?.size === wheel.size;
  }

  protected recordPath(directory: string, name: string): string {
    return join(this.root, directory, `${name}.json`);
  }
}

/** @throws ArchiveError, WheelError */
export function readWheelNeeds(path: string): WheelNeeds {
  using file = openFile(path);
  const wheel = readWheel(file, basename(path), { trusted: true });
  const { name, version, requires, requiresPython } = wheel;
  const gaps = findGaps(wheel, recordRows(file, wheel));
  return { name, version, requires, requiresPython, ...(gaps.length > 0 && { gaps }) };
}

/** @param service its absolute directory */
export function openSourceCache(storeRoot: string, service: string) {
  const path = join(storeRoot, 'sources', hexDigest(service));
  const file = attempt(() => openFile(path));
  const cache = new SourceCache(file);
  return {
    cache,
    /** Keeps what this build learned. */
    save: () => {
      // A full or read-only disk only makes the next build slower.
      if (cache.hasNews) attempt(() => writeWhole(path, (output) => cache.write(output)));
    },
    [Symbol.dispose]: () => file?.[Symbol.dispose](),
  };
}
