/** Temporary siblings: a file is written under another name, and renamed when it is whole. */

import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isAbandoned, ownedName } from '../process/owner';

/** Where even this fails, the first error says why. */
export function removeDraft(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The next writer sweeps it.
  }
}

/** A name for what will be renamed to `path`; its directory is made, and what was abandoned there is swept. */
export function draftBeside(path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  sweepDrafts(path);
  return join(dirname(path), draftName(path, ownedName()));
}

function draftName(path: string, owner: string): string {
  return `.${basename(path)}.${owner}.tmp`;
}

/** Removes what processes that were killed while they wrote this file left beside it. */
function sweepDrafts(path: string): void {
  const directory = dirname(path);
  const [start = '', end = ''] = draftName(path, '/').split('/');
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(start) || !name.endsWith(end)) continue;
    if (isAbandoned(name.slice(start.length, -end.length))) {
      rmSync(join(directory, name), { force: true });
    }
  }
}
