/** Directories for the time of one piece of work; the next process removes what a killed one left. */

import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { diskError, isDiskFull } from './files';
import { attempt } from '../process/attempt';
import { isAbandoned, ownedName } from '../process/owner';

/** On a disk shared with other machines, only age tells whether their processes still live. */
export const FOREIGN_MILLISECONDS = 24 * 60 * 60 * 1000;

/** Runs `work` with an empty directory below `parent` that only this user can read. */
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
    // What ran out of space was written below this directory.
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

/** A process that outlived its build may still write there: another run will remove it. */
function removeIfPossible(path: string): void {
  attempt(() => rmSync(path, { recursive: true, force: true }));
}
