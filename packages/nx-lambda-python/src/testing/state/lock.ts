/** A lock between processes: a file that exists while its owner works, broken when the owner died. */

import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { LambdaPythonError } from '../../errors';

/** Work under the lock takes milliseconds; this much older, the owner's id belongs to another. */
const STALE_MILLISECONDS = 60_000;
const WAIT_MILLISECONDS = 90_000;

/**
 * Runs `work`, which must not wait for anything, while holding the lock at `path`.
 * @throws LambdaPythonError STORE_UNUSABLE when the lock cannot be had within 90 seconds
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
    if (Date.now() > deadline) throw stuck(path);
    // Uneven pauses, so that waiting processes do not meet again at the same moment.
    await sleep(2 + Math.random() * 8);
  }
}

/** The owner's mark if the lock is now ours, undefined if another has it. */
function tryAcquire(path: string): string | undefined {
  const mark = `${process.pid} ${machine()} ${randomBytes(8).toString('hex')}`;
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
 * holds a second lock, named for that very mark, may remove it, or it would remove a live one.
 */
function breakIfStale(path: string): void {
  const mark = readMark(path);
  if (mark === undefined || !isStale(path, mark)) return;
  const guard = `${path}.${mark.split(' ')[2] ?? 'unmarked'}`;
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
  const [pid, host] = mark.split(' ');
  // Another machine's process ids (a shared disk, a container) say nothing here; age does, also for
  // an owner that died, or is just now, between creating the file and writing its mark.
  if (host === machine() && !isAlive(Number(pid))) return true;
  const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return modified !== undefined && Date.now() - modified > STALE_MILLISECONDS;
}

/** Containers and runners of one name count their processes anew; on Linux the kernel tells them apart. */
function machine(): string {
  try {
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${bootId}/${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}

function readMark(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function stuck(path: string): LambdaPythonError {
  return new LambdaPythonError('STORE_UNUSABLE', {
    message: `The simulated account's lock \`${path}\` is held by \`${readMark(path) ?? 'nobody'}\`, expected it within ${WAIT_MILLISECONDS / 1000} s`,
    hint: `end that process, or delete \`${path}\``,
  });
}

export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return String(error.code);
}
