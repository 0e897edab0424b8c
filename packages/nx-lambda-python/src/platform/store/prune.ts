/** Removes from a wheel store what is no longer needed, while builds go on. */

import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  planPrune,
  sumOf,
  type PruneLimits,
  type PrunePlan,
  type StoredItem,
} from '../../packaging/prune-plan';
import type { WheelSet } from '../../packaging/wheel-set';
import { diskError } from '../files/files';
import { isLocked, withLock } from '../files/locks';
import { setWritable } from '../files/trees';
import { FOREIGN_MILLISECONDS, withWorkDirectory } from '../files/work-directory';
import { attempt } from '../process/attempt';
import { isAbandoned, OWNED_NAME } from '../process/owner';
import { BUCKETS, LOCKS, OTHERS, UNPACKED, WHEELS, WORK, type Bucket } from './layout';
import { readRecord } from './records';

/** What would be removed; nothing is written. */
export function planStorePrune(root: string, limits: PruneLimits): PrunePlan {
  return planPrune(listStore(root), limits);
}

/**
 * A build that starts now may need what is being removed: it finds a whole file, or makes it again.
 *
 * @returns what was removed, and what is left
 * @throws STORE_UNUSABLE
 */
export async function pruneStore(root: string, limits: PruneLimits): Promise<PrunePlan> {
  const nothing = { remove: [], keep: [] };
  if (!existsSync(root) && planStorePrune(root, limits).remove.length === 0) return nothing;
  return withLock(join(root, LOCKS, 'prune'), () =>
    withWorkDirectory(join(root, WORK), async (directory) => {
      const { remove, keep } = planStorePrune(root, limits);
      const removed: StoredItem[] = [];
      const removeEach = async (items: readonly StoredItem[]) => {
        for (const item of items) {
          const grave = join(directory, String(removed.length));
          if (await removeItem(root, item, grave)) removed.push(item);
        }
      };
      await removeEach(remove.filter(({ kind }) => kind !== 'wheel'));
      await removeEach(remove.filter(({ kind }) => kind === 'wheel').filter(mayRemoveWheels(root)));
      return {
        remove: removed,
        keep: [...keep, ...remove.filter((item) => !removed.includes(item))],
      };
    }),
  );
}

async function removeItem(root: string, item: StoredItem, grave: string): Promise<boolean> {
  const lock = lockOf(root, item);
  if (!lock) return bury(root, item, grave);
  // Its holder needs what is being made.
  if (isLocked(lock)) return false;
  return withLock(lock, () => {
    const isUnused = itemOf(root, item.kind, item.path).lastUsed === item.lastUsed;
    return Promise.resolve(isUnused && bury(root, item, grave));
  });
}

/** Since the plan, builds may have written sets, or be about to write one that needs a wheel of this store. */
function mayRemoveWheels(root: string): (wheel: StoredItem) => boolean {
  const sets = list(join(root, 'sets'));
  const needed = new Set(sets.flatMap((name) => wheelsOf(join(root, 'sets', name))));
  return ({ path }) => !needed.has(path) && !isResolving(root);
}

/** Moves the files away first, so that no build sees a half removed item; the file that makes it valid goes first. */
function bury(root: string, item: StoredItem, grave: string): boolean {
  try {
    mkdirSync(grave, { recursive: true });
    for (const file of filesOf(root, item)) {
      if (!existsSync(file)) continue;
      if (dirname(item.path) === UNPACKED) setWritable(file, true);
      renameSync(file, join(grave, basename(file)));
    }
    rmSync(grave, { recursive: true, force: true });
    // Fails if it has another wheel of this content.
    if (item.kind === 'wheel') attempt(() => rmdirSync(dirname(join(root, item.path))));
    return true;
  } catch (error) {
    throw diskError(error, join(root, item.path));
  }
}

const DRAFT = new RegExp(`^\\..*\\.(${OWNED_NAME.source})\\.tmp$`);

function listStore(root: string): StoredItem[] {
  const names = list(root);
  return [
    ...names.filter((name) => name in BUCKETS).flatMap((name) => listBucket(root, name)),
    ...list(join(root, WHEELS)).flatMap((sha256) => listWheels(root, sha256)),
    ...names
      .filter((name) => !(name in BUCKETS) && !OTHERS.includes(name))
      .map((name) => itemOf(root, 'unknown', name)),
    ...listOldStores(root),
  ];
}

/** What an item's files are called. */
function filesOf(root: string, { kind, path }: Pick<StoredItem, 'kind' | 'path'>): string[] {
  const bucket = BUCKETS[dirname(path)];
  const endings = bucket?.kind === kind ? bucket.endings : [''];
  return endings.map((ending) => join(root, path + ending));
}

/** The lock that is held while this item is made. */
function lockOf(
  root: string,
  { kind, path }: Pick<StoredItem, 'kind' | 'path'>,
): string | undefined {
  const bucket = BUCKETS[dirname(path)];
  if (bucket?.kind !== kind || bucket.lock === undefined) return undefined;
  return join(root, LOCKS, bucket.lock + basename(path));
}

/** While requirements are being resolved, there are wheels that no wheel set names yet. */
function isResolving(root: string): boolean {
  return list(join(root, LOCKS))
    .flatMap((name) => /^(set-.*)\.lock$/.exec(name)?.[1] ?? [])
    .some((name) => isLocked(join(root, LOCKS, name)));
}

function listBucket(root: string, name: string): StoredItem[] {
  const bucket = BUCKETS[name];
  if (!bucket) return [];
  const files = list(join(root, name));
  const items = new Set(
    files.filter((file) => !DRAFT.test(file)).map((file) => stem(file, bucket)),
  );
  return [
    ...[...items].map((item) => bucketItem(root, `${name}/${item}`, bucket)),
    ...files.flatMap((file) => draftItem(root, `${name}/${file}`)),
  ];
}

function stem(file: string, { endings }: Bucket): string {
  const ending = endings.find((one) => file.endsWith(one)) ?? '';
  return file.slice(0, file.length - ending.length);
}

function bucketItem(root: string, path: string, { kind }: Bucket): StoredItem {
  const lock = lockOf(root, { kind, path });
  return {
    ...itemOf(root, kind, path),
    ...(kind === 'wheel set' ? { wheels: wheelsOf(join(root, `${path}.json`)) } : {}),
    inUse: lock !== undefined && isLocked(lock),
  };
}

function wheelsOf(set: string): string[] {
  const { wheels = [] } = readRecord<WheelSet>(set) ?? {};
  return wheels.map(({ sha256, file }) => `${WHEELS}/${sha256}/${file}`);
}

function listWheels(root: string, sha256: string): StoredItem[] {
  const directory = `${WHEELS}/${sha256}`;
  return list(join(root, directory)).map((file) => itemOf(root, 'wheel', `${directory}/${file}`));
}

/** A file that a process left which was killed while it wrote. */
function draftItem(root: string, path: string): StoredItem[] {
  const [, owner] = DRAFT.exec(basename(path)) ?? [];
  if (owner === undefined) return [];
  const item = itemOf(root, 'unfinished work', path);
  if (isAbandoned(owner)) return [{ ...item, lastUsed: 0 }];
  return [{ ...item, inUse: Date.now() - item.lastUsed < FOREIGN_MILLISECONDS }];
}

/** Stores beside this one, of lower formats: versions of the plugin that use this store do not read them. */
function listOldStores(root: string): StoredItem[] {
  const own = formatOf(basename(root));
  return list(dirname(root))
    .filter((name) => formatOf(name) < own && isStore(join(dirname(root), name)))
    .map((name) => itemOf(root, 'old store', `../${name}`));
}

function formatOf(name: string): number {
  return Number(/^v(\d+)$/.exec(name)?.[1] ?? Infinity);
}

/** Other programs may have directories beside the store. */
function isStore(directory: string): boolean {
  return list(directory).some((name) => name === 'sets' || name === WHEELS || name === 'parts');
}

function itemOf(root: string, kind: StoredItem['kind'], path: string): StoredItem {
  const files = filesOf(root, { kind, path }).map(measure);
  return { kind, path, size: sumOf(files), lastUsed: newestOf(files) };
}

interface Measured {
  size: number;
  newest: number;
}

/** Size of a file or of all files of a directory, and the time of the newest; 0 for what is gone. */
function measure(path: string): Measured {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return { size: 0, newest: 0 };
  if (!stat.isDirectory()) return { size: stat.size, newest: stat.mtimeMs };
  const inside = list(path).map((name) => measure(join(path, name)));
  return { size: sumOf(inside), newest: Math.max(stat.mtimeMs, newestOf(inside)) };
}

function newestOf(measured: readonly Measured[]): number {
  return Math.max(0, ...measured.map(({ newest }) => newest));
}

/** Sorted; empty for what is not a directory. */
function list(directory: string): string[] {
  return attempt(() => readdirSync(directory).sort()) ?? [];
}
