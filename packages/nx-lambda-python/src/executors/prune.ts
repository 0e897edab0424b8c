/** `nx prune <service>`: removes from the wheel store what builds no longer use. */

import { sumOf, type StoredItem } from '../packaging/prune-plan';
import { storeDirectory } from '../platform/store/layout';
import { planStorePrune, pruneStore } from '../platform/store/prune';
import { counted, renderBytes } from '../report/text';
import type { PruneExecutorSchema } from '../schemas/prune';
import { executor } from '../targets/project';

export default executor<PruneExecutorSchema>(async (options) => {
  const { maxAgeDays = 30, maxSizeMb, dryRun = false } = options;
  const root = storeDirectory();
  const maxSize = maxSizeMb === undefined ? undefined : maxSizeMb * 1e6;
  const limits = { now: Date.now(), maxAgeDays, maxSize };
  const { remove, keep } = dryRun ? planStorePrune(root, limits) : await pruneStore(root, limits);
  for (const item of remove) console.log(`  ${describe(item, limits.now)}`);
  console.log(`${dryRun ? 'would remove' : 'removed'} ${describeAll(remove)}`);
  console.log(`${dryRun ? 'would be left' : 'left'} in ${root}: ${describeAll(keep)}`);
});

/** `wheel set 9f86d081884c: 1.2 kB, unused for 45 days` */
function describe({ kind, path, size, lastUsed }: StoredItem, now: number): string {
  const days = Math.floor((now - lastUsed) / 86_400_000);
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/^([0-9a-f]{12})[0-9a-f]{52}$/, '$1');
  const age = lastUsed === 0 ? '' : `, unused for ${counted(days, 'day')}`;
  return `${kind} ${name}: ${renderBytes(size)}${age}`;
}

function describeAll(items: readonly StoredItem[]): string {
  return `${counted(items.length, 'item')}, ${renderBytes(sumOf(items))}`;
}
