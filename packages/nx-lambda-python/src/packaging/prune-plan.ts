/** What a wheel store no longer needs: by age, by size, and files that no version of the plugin knows. */

export type StoredKind =
  | 'wheel set'
  | 'installed tree'
  | 'dependency part'
  | 'unpacked package'
  | 'wheel'
  | 'pip cache'
  | 'record'
  | 'unfinished work'
  | 'unknown'
  | 'old store';

/** An item that is kept or removed as a whole. */
export interface StoredItem {
  kind: StoredKind;
  /** Relative to the store, with forward slashes; without an ending where it is several files. */
  path: string;
  size: number;
  /** Milliseconds since 1970. */
  lastUsed: number;
  /** Paths of the wheels that a wheel set needs. */
  wheels?: readonly string[];
  /** A process that may be running works on it. */
  inUse?: boolean;
}

export interface PruneLimits {
  now: number;
  maxAgeDays: number;
  /** Bytes; undefined for no limit. */
  maxSize: number | undefined;
}

export interface PrunePlan {
  /** In the order of removal: an item before those that it needs. */
  remove: StoredItem[];
  keep: StoredItem[];
}

const DAY = 24 * 60 * 60 * 1000;
/** A build notes each use when it begins, and ends long before this. */
const RECENT = 60 * 60 * 1000;
const ALWAYS: readonly StoredKind[] = ['unknown', 'old store'];
const UNITS: readonly StoredKind[] = [
  'wheel set',
  'installed tree',
  'dependency part',
  'unpacked package',
  'pip cache',
  'record',
];

/**
 * Everything that is removed can be made or fetched again. A wheel is removed with the last wheel set that
 * needs it; above the size limit the least recently used item is removed first. Nothing that is in use, or was
 * used within the last hour, is removed, however old or large the store is.
 */
export function planPrune(items: readonly StoredItem[], limits: PruneLimits): PrunePlan {
  const oldest = limits.now - limits.maxAgeDays * DAY;
  const mayGo = (item: StoredItem) => !item.inUse && item.lastUsed <= limits.now - RECENT;
  const gone = new Set(
    items.filter(
      (item) =>
        ALWAYS.includes(item.kind) ||
        (mayGo(item) &&
          (item.kind === 'unfinished work' ||
            (UNITS.includes(item.kind) && item.lastUsed < oldest))),
    ),
  );
  const unneededWheels = () => {
    const needed = new Set(
      items.filter((item) => !gone.has(item)).flatMap(({ wheels }) => wheels ?? []),
    );
    return items.filter((item) => item.kind === 'wheel' && !needed.has(item.path) && mayGo(item));
  };
  const sizeKept = () => {
    const wheels = new Set(unneededWheels());
    return sumOf(items.filter((item) => !gone.has(item) && !wheels.has(item)));
  };
  const byUse = items
    .filter((item) => UNITS.includes(item.kind) && mayGo(item) && !gone.has(item))
    .sort((a, b) => a.lastUsed - b.lastUsed || (a.path < b.path ? -1 : 1));
  for (const item of byUse) {
    if (limits.maxSize === undefined || sizeKept() <= limits.maxSize) break;
    gone.add(item);
  }
  for (const wheel of unneededWheels()) gone.add(wheel);
  return {
    // Wheels last: a set without its wheels is worthless.
    remove: [...gone].sort((a, b) => Number(a.kind === 'wheel') - Number(b.kind === 'wheel')),
    keep: items.filter((item) => !gone.has(item)),
  };
}

/** Bytes. */
export function sumOf(items: readonly { size: number }[]): number {
  return items.reduce((sum, { size }) => sum + size, 0);
}
