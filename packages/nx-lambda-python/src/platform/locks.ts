/** Locks between processes that survive crashes. */

import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { lock } from 'proper-lockfile';

/**
 * Runs `work` while no other process holds the lock of this name.
 *
 * A holder that died is recognised by its lock growing old, at most 20 s later. What a lock guards here
 * is written by atomic renames of equal content, so one that is lost costs repeated work, never damage.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  const release = await lock(path, {
    realpath: false,
    stale: 20_000,
    update: 5_000,
    // A pull or a compilation may hold it for long: wait up to an hour.
    retries: { retries: 7200, minTimeout: 100, maxTimeout: 500 },
    onCompromised: () => undefined,
  });
  try {
    return await work();
  } finally {
    await release().catch(() => undefined);
  }
}
