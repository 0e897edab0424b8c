/** A lock between processes: a file that exists while its owner works, broken if its owner died. */

import { readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { LambdaPythonError } from '../../errors';
import { isAbandoned, ownedName } from '../../platform/process/owner';

/** Work under the lock takes milliseconds: after this long, the owner's process id belongs to another process. */
const STALE_MILLISECONDS = 60_000;
const WAIT_MILLISECONDS = 90_000;

/**
 * Runs `work`, which must not wait for anything, while holding the lock at `path`.
 * @throws LambdaPythonError STORE_UNUSABLE if another process holds the lock for 90 seconds
 */
export async function withLock<T>(path: string, work: () => T): Promise<T> {
  const deadline = Date.now() + WAIT_MILLISECONDS;
  for (;;) {
    const owned = tryAcquire(path);
    if (owned !== undefined) {
      try {
        return work();
      } finally {
        release(path, owned);
      }
    }
    if (Date.now() > deadline) {
      throw new LambdaPythonError('STORE_UNUSABLE', {
        message: `could not lock the simulated account within ${WAIT_MILLISECONDS / 1000} s: process \`${readMark(path) ?? 'unknown'}\` holds \`${path}\``,
        hint: `end that process, or delete \`${path}\``,
      });
    }
    // Uneven pauses, so that waiting processes do not meet again at the same moment.
    await sleep(2 + Math.random() * 8);
  }
}

/** The owner's mark if the lock is now ours, undefined if another has it. */
function tryAcquire(path: string): string | undefined {
  const mark = ownedName();
  try {
    writeFileSync(path, mark, { flag: 'wx' });
    return mark;
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    breakIfStale(path);
    return undefined;
  }
}

/**
 * Removes the lock of a dead owner. Two processes may see the same dead owner: only the one that
 * holds a second lock, named after that very mark, may remove it; otherwise it could remove a live one.
 */
function breakIfStale(path: string): void {
  const mark = readMark(path);
  if (mark === undefined || !isStale(path, mark)) return;
  const guard = `${path}.${mark.replace(/[^\w-]/g, '_') || 'unmarked'}`;
  const owned = tryAcquire(guard);
  if (owned === undefined) return;
  try {
    if (readMark(path) === mark) unlinkSync(path);
  } finally {
    release(guard, owned);
  }
}

function release(path: string, mark: string): void {
  if (readMark(path) === mark) unlinkSync(path);
}

function isStale(path: string, mark: string): boolean {
  if (isAbandoned(mark)) return true;
  // Age, for the processes of other machines (a shared disk, a container), and for an owner that died between creating
  // the file and writing its mark.
  const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return modified !== undefined && Date.now() - modified > STALE_MILLISECONDS;
}

function readMark(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * `ENOENT` and the like. Not by `instanceof Error`: under jest, errors of Node's own modules come
 * from outside the realm of the test.
 */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return String(error.code);
}
