/**
 * Locks between processes that survive crashes.
 *
 *     <name>.lock/<owner>    held by that owner; the directory appears by a rename, its owner inside
 *     <name>.<owner>.tmp/    about to become it
 *
 * A rename of a directory over one that has a file in it fails on every system, so there is one holder.
 * A dead holder's file is removed by its name, which no other holder ever has, so a process that is late
 * with that removes nothing of the next holder.
 */

import {
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { attempt } from '../process/attempt';
import { isAbandoned, ownedName, sweepAbandoned } from '../process/owner';
import { diskError } from './files';

/** After this long without a sign of life a holder counts as dead, if this machine cannot ask for it. */
const STALE_MILLISECONDS = 20_000;
const SIGN_OF_LIFE_MILLISECONDS = 5_000;
/** Between two attempts, for work that takes seconds. */
const LONGEST_PAUSE_MILLISECONDS = 250;

/**
 * Runs `work` while no other process holds the lock of this name.
 *
 * A holder that died on this machine is recognised at once; one of another machine, or one whose process id is
 * in use again, after 20 s of silence. What a lock guards here is written by atomic renames of equal content,
 * so a lost lock costs repeated work, never damage.
 *
 * @throws DISK_FULL, STORE_UNUSABLE
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  { staleAfter = STALE_MILLISECONDS, longestPause = LONGEST_PAUSE_MILLISECONDS } = {},
): Promise<T> {
  const owner = ownedName();
  await acquire(path, owner, staleAfter, longestPause);
  const held = join(lockDirectory(path), owner);
  const showLife = () => utimesSync(held, new Date(), new Date());
  // Fails if another process took the lock over, since this one was silent for too long.
  const signs = setInterval(() => attempt(showLife), SIGN_OF_LIFE_MILLISECONDS);
  signs.unref();
  try {
    return await work();
  } finally {
    clearInterval(signs);
    rmSync(held, { force: true });
    removeEmpty(lockDirectory(path));
  }
}

/** True while a process that may be alive holds the lock of this name. */
export function isLocked(path: string): boolean {
  return holdersOf(path).some((owner) => !isAbandoned(owner));
}

async function acquire(
  path: string,
  owner: string,
  staleAfter: number,
  longestPause: number,
): Promise<void> {
  const watched = new Map<string, { sign: number; since: number }>();
  for (let pause = 10; !tryAcquire(path, owner); pause *= 2) {
    let isFree = true;
    for (const holder of holdersOf(path)) {
      if (isAbandoned(holder) || isSilent(path, holder, watched, staleAfter)) {
        rmSync(join(lockDirectory(path), holder), { recursive: true, force: true });
      } else {
        isFree = false;
      }
    }
    if (isFree) removeEmpty(lockDirectory(path));
    else await new Promise((resolve) => setTimeout(resolve, Math.min(pause, longestPause)));
  }
}

function tryAcquire(path: string, owner: string): boolean {
  const draft = `${path}.${owner}.tmp`;
  try {
    mkdirSync(draft, { recursive: true });
    sweepAbandoned(dirname(path), `${basename(path)}.`, '.tmp');
    writeFileSync(join(draft, owner), '');
    if (renameUnlessHeld(draft, lockDirectory(path))) return true;
    rmSync(draft, { recursive: true, force: true });
    return false;
  } catch (error) {
    // On a full or read-only disk: the first error is the one to report.
    attempt(() => unlinkSync(join(draft, owner)));
    removeEmpty(draft);
    throw diskError(error, path);
  }
}

function renameUnlessHeld(draft: string, lock: string): boolean {
  try {
    renameSync(draft, lock);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // Windows says EPERM for what is ENOTEMPTY elsewhere.
    const held = process.platform === 'win32' ? 'EPERM' : 'ENOTEMPTY';
    if (code === held || code === 'EEXIST') return false;
    throw error;
  }
}

/** Watched by this process's own clock, which need not agree with the holder's. */
function isSilent(
  path: string,
  holder: string,
  watched: Map<string, { sign: number; since: number }>,
  staleAfter: number,
): boolean {
  const file = join(lockDirectory(path), holder);
  const sign = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const last = watched.get(holder);
  if (last?.sign === sign) return performance.now() - last.since > staleAfter;
  watched.set(holder, { sign, since: performance.now() });
  return false;
}

function holdersOf(path: string): string[] {
  return attempt(() => readdirSync(lockDirectory(path))) ?? [];
}

/** Unless it belongs to another process by now. */
function removeEmpty(directory: string): void {
  attempt(() => rmdirSync(directory));
}

function lockDirectory(path: string): string {
  return `${path}.lock`;
}
