/** Tells of changes in directories: one watch of the system for each, no polling, and nothing read. */

import { statSync, watch, type FSWatcher } from 'node:fs';
import { basename } from 'node:path';
import { attempt } from '../process/attempt';

export interface DirectoryWatch {
  /**
   * Watches these directories, without what is below them, and no others. Those that do not exist are left out.
   * @returns true if one was not watched before: what changed in it until now was not told
   */
  set(directories: Iterable<string>): boolean;
  close(): void;
}

/** An editor writes a file in several steps, and git many files: they are told together. */
const QUIET_MILLISECONDS = 10;
/** But no later than this after the first. */
const LATEST_MILLISECONDS = 100;

interface Watched {
  watcher: FSWatcher;
  /** A directory that took its place is another one. */
  identity: string;
}

/**
 * @param onChange called when something has changed and all is quiet again
 * @param onFault called once, if the system refuses a watch
 */
export function watchDirectories(
  onChange: () => void,
  onFault: (error: NodeJS.ErrnoException) => void,
): DirectoryWatch {
  const watched = new Map<string, Watched>();
  let quiet: NodeJS.Timeout | undefined;
  let first: number | undefined;
  let isFaulty = false;

  const tell = (): void => {
    first = undefined;
    onChange();
  };
  const changed = (): void => {
    first ??= performance.now();
    clearTimeout(quiet);
    const left = LATEST_MILLISECONDS - (performance.now() - first);
    quiet = setTimeout(tell, Math.max(0, Math.min(QUIET_MILLISECONDS, left)));
  };
  const drop = (directory: string): void => {
    watched.get(directory)?.watcher.close();
    watched.delete(directory);
  };
  const fail = (error: NodeJS.ErrnoException): void => {
    if (isFaulty || error.code === 'ENOENT') return;
    isFaulty = true;
    onFault(error);
  };
  const add = (directory: string, identity: string): void => {
    try {
      const watcher = watch(directory, (event, name) => {
        // The directory itself was moved or removed, and its watch goes with it.
        if (event === 'rename' && name === basename(directory)) drop(directory);
        changed();
      });
      watcher.on('error', () => {
        drop(directory);
        changed();
      });
      watched.set(directory, { watcher, identity });
    } catch (error) {
      fail(error as NodeJS.ErrnoException);
    }
  };

  return {
    set(directories) {
      const wanted = new Set(directories);
      let isNew = false;
      for (const directory of watched.keys()) if (!wanted.has(directory)) drop(directory);
      for (const directory of wanted) {
        const identity = identityOf(directory);
        if (watched.get(directory)?.identity === identity) continue;
        drop(directory);
        if (identity === undefined) continue;
        isNew = true;
        add(directory, identity);
      }
      return isNew;
    },
    close() {
      clearTimeout(quiet);
      for (const directory of [...watched.keys()]) drop(directory);
    },
  };
}

function identityOf(directory: string): string | undefined {
  const found = attempt(() => statSync(directory));
  return found && `${found.dev} ${found.ino} ${found.birthtimeMs}`;
}
