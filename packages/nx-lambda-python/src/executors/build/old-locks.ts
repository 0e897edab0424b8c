/** A lock whose input was changed afterwards: the build takes it, and says so. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { staleLocks } from '../../packaging/requirements/lock-origin';
import type { BuildOptions } from './normalize';

/** @param paths the requirements files of the service, relative to the workspace */
export function warnOfOldLocks(
  paths: Iterable<string>,
  { sourceRoot, workspaceRoot }: Pick<BuildOptions, 'sourceRoot' | 'workspaceRoot'>,
): void {
  const exists = (path: string) => existsSync(join(sourceRoot, path));
  const read = (path: string) => {
    const file = join(sourceRoot, path);
    const isFile = statSync(file, { throwIfNoEntry: false })?.isFile();
    return isFile ? readFileSync(file, 'utf8') : undefined;
  };
  for (const warning of staleLocks(paths, workspaceRoot, read, exists)) {
    console.warn(`warning: ${warning}`);
  }
}
