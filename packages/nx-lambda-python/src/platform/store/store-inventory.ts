/** Lists what is in a wheel store, item by item, with sizes and last uses. */

import { lstatSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { StoredItem } from '../../packaging/prune-plan';
import type { WheelSet } from '../../packaging/wheel-set';
import { isLocked } from '../process/locks';
import { isAbandoned } from '../process/owner';
import { BUCKETS, LOCKS, OTHERS, WHEELS, type Bucket } from './store-layout';
import { readRecord } from './store-records';
import { FOREIGN_MILLISECONDS } from './work-directory';

const DRAFT = /^\..*\.(\d+-[0-9a-f]{8}-[0-9a-f]{12})\.tmp$/;

export function listStore(root: string): StoredItem[] {
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
export function filesOf(root: string, { kind, path }: Pick<StoredItem, 'kind' | 'path'>): string[] {
  const bucket = BUCKETS[dirname(path)];
  const endings = bucket?.kind === kind ? bucket.endings : [''];
  return endings.map((ending) => join(root, path + ending));
}

/** Whoever makes this item holds this lock. */
export function lockOf(
  root: string,
  { kind, path }: Pick<StoredItem, 'kind' | 'path'>,
): string | undefined {
  const bucket = BUCKETS[dirname(path)];
  if (bucket?.kind !== kind || bucket.lock === undefined) return undefined;
  return join(root, LOCKS, bucket.lock + basename(path));
}

/** When any of an item's files was last used or written, in milliseconds since 1970; 0 for what is gone. */
export function lastUsedOf(root: string, item: Pick<StoredItem, 'kind' | 'path'>): number {
  return Math.max(...filesOf(root, item).map((file) => measure(file).newest));
}

/** Paths of the wheels that wheel sets name. */
export function neededWheels(root: string): ReadonlySet<string> {
  return new Set(list(join(root, 'sets')).flatMap((name) => wheelsOf(join(root, 'sets', name))));
}

/** While requirements are being resolved, wheels are there that no wheel set names yet. */
export function isResolving(root: string): boolean {
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
  const measured = filesOf(root, { kind, path }).map(measure);
  const lock = lockOf(root, { kind, path });
  return {
    kind,
    path,
    size: measured.reduce((sum, { size }) => sum + size, 0),
    lastUsed: Math.max(...measured.map(({ newest }) => newest)),
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

/** What a process left that was killed while it wrote. */
function draftItem(root: string, path: string): StoredItem[] {
  const [, owner] = DRAFT.exec(basename(path)) ?? [];
  if (owner === undefined) return [];
  const item = itemOf(root, 'unfinished work', path);
  if (isAbandoned(owner)) return [{ ...item, lastUsed: 0 }];
  return [{ ...item, inUse: Date.now() - item.lastUsed < FOREIGN_MILLISECONDS }];
}

/** Beside this one, of lower formats: no version of the plugin that made this store reads them. */
function listOldStores(root: string): StoredItem[] {
  const own = formatOf(basename(root));
  return list(dirname(root))
    .filter((name) => formatOf(name) < own && isStore(join(dirname(root), name)))
    .map((name) => itemOf(root, 'old store', `../${name}`));
}

function formatOf(name: string): number {
  return Number(/^v(\d+)$/.exec(name)?.[1] ?? Infinity);
}

/** The directory above may be anybody's. */
function isStore(directory: string): boolean {
  return list(directory).some((name) => name === 'sets' || name === WHEELS || name === 'parts');
}

function itemOf(root: string, kind: StoredItem['kind'], path: string): StoredItem {
  const { size, newest } = measure(join(root, path));
  return { kind, path, size, lastUsed: newest };
}

/** Size of a file or of all files of a directory, and the time of the newest; nothing for what is gone. */
function measure(path: string): { size: number; newest: number } {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return { size: 0, newest: 0 };
  if (!stat.isDirectory()) return { size: stat.size, newest: stat.mtimeMs };
  return list(path)
    .map((name) => measure(join(path, name)))
    .reduce(
      (sum, one) => ({ size: sum.size + one.size, newest: Math.max(sum.newest, one.newest) }),
      { size: 0, newest: stat.mtimeMs },
    );
}

/** Sorted; nothing for what is no directory. */
function list(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}
