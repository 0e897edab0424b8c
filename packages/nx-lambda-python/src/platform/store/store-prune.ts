/** Removes from a wheel store what is no longer needed, while builds go on. */

import { existsSync, mkdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  planPrune,
  type PruneLimits,
  type PrunePlan,
  type StoredItem,
} from '../../packaging/prune-plan';
import { diskError } from '../files/files';
import { isLocked, withLock } from '../process/locks';
import {
  filesOf,
  isResolving,
  lastUsedOf,
  listStore,
  lockOf,
  neededWheels,
} from './store-inventory';
import { LOCKS, WORK } from './store-layout';
import { withWorkDirectory } from './work-directory';

/** What would be removed; nothing is written. */
export function planStorePrune(root: string, limits: PruneLimits): PrunePlan {
  return planPrune(listStore(root), limits);
}

/**
 * A build that starts now may need what is being removed: it then finds a whole file, or none and makes it.
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
  // Whoever holds it needs what is being made.
  if (isLocked(lock)) return false;
  return withLock(lock, () => {
    const isUnused = lastUsedOf(root, item) === item.lastUsed;
    return Promise.resolve(isUnused && bury(root, item, grave));
  });
}

/** Builds may have found sets since, or be about to write one that counts on a wheel which is here. */
function mayRemoveWheels(root: string): (wheel: StoredItem) => boolean {
  const needed = neededWheels(root);
  return ({ path }) => !needed.has(path) && !isResolving(root);
}

/** Moved away first, so that what is half removed is seen by nobody; what makes it valid goes first. */
function bury(root: string, item: StoredItem, grave: string): boolean {
  try {
    mkdirSync(grave, { recursive: true });
    for (const file of filesOf(root, item)) {
      if (existsSync(file)) renameSync(file, join(grave, basename(file)));
    }
    rmSync(grave, { recursive: true, force: true });
    if (item.kind === 'wheel') removeEmpty(dirname(join(root, item.path)));
    return true;
  } catch (error) {
    throw diskError(error, join(root, item.path));
  }
}

function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // Another wheel of this content is there.
  }
}
