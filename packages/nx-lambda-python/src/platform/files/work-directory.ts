/** Directories for the time of one piece of work; what a killed process left is swept by the next one. */

import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { diskError, isDiskFull } from './files';
import { isAbandoned, ownedName } from '../process/owner';

/** On a disk shared with other machines their processes cannot be asked after: only age tells. */
export const FOREIGN_MILLISECONDS = 24 * 60 * 60 * 1000;

/** Runs `work` with an empty directory of its own below `parent`, for this user's eyes only. */
export async function withWorkDirectory<T>(
  parent: string,
  work: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = join(parent, ownedName());
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw diskError(error, directory);
  }
  sweep(parent);
  try {
    return await work(directory);
  } catch (error) {
    // Whatever ran out of space, what it wrote is below this directory.
    throw isDiskFull(error) ? diskError(error, directory) : error;
  } finally {
    removeIfPossible(directory);
  }
}

function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const path = join(parent, name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity);
    if (isAbandoned(name) || age > FOREIGN_MILLISECONDS) removeIfPossible(path);
  }
}

/** What outlived its build, or what it started, may still write there: another run will sweep it. */
function removeIfPossible(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // Nothing depends on it being gone.
  }
}
