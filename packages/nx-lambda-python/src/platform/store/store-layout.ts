/** The directories of the wheel store. What has no place in this table is removed by `prune`. */

import type { StoredKind } from '../../packaging/prune-plan';

export interface Bucket {
  kind: StoredKind;
  /** Endings that make one item of files of one name. */
  endings: readonly string[];
  /** Name of the lock that whoever makes an item holds, without the item's own name. */
  lock?: string;
}

const record = { kind: 'record', endings: [''] } as const;

/** By name. `wheels`, `locks` and `work` are laid out in their own ways. */
export const BUCKETS: Readonly<Record<string, Bucket>> = {
  sets: { kind: 'wheel set', endings: ['.json'], lock: 'set-' },
  trees: { kind: 'installed tree', endings: ['.json'], lock: 'set-' },
  parts: { kind: 'dependency part', endings: ['.json', '.zip'], lock: 'part-' },
  pip: { kind: 'pip cache', endings: [''] },
  keys: record,
  lines: record,
  needs: record,
  sources: record,
};

export const WHEELS = 'wheels';
export const LOCKS = 'locks';
export const WORK = 'work';
export const OTHERS: readonly string[] = [WHEELS, LOCKS, WORK];
