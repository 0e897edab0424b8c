/** Where the wheel store is and which directories it has. Anything else in it is removed by `prune`. */

import { homedir } from 'node:os';
import { join } from 'node:path';
import type { StoredKind } from '../../packaging/prune-plan';

/** In the path, so that versions of the plugin with other formats live side by side. */
const STORE_FORMAT = 'v1';

/** `NX_LAMBDA_PYTHON_CACHE_DIRECTORY`, else the system's directory for caches. */
export function storeDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return join(cacheDirectory(environment), STORE_FORMAT);
}

/** Beside the store: versions of the plugin with other stores share the same quota. */
export function ratesDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return join(cacheDirectory(environment), 'rates');
}

function cacheDirectory(environment: NodeJS.ProcessEnv): string {
  const chosen = environment['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'];
  return chosen || join(cacheHome(environment), 'nx-lambda-python');
}

function cacheHome(environment: NodeJS.ProcessEnv): string {
  if (process.platform === 'win32') {
    return environment['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local');
  }
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches');
  return environment['XDG_CACHE_HOME'] || join(homedir(), '.cache');
}

export interface Bucket {
  kind: StoredKind;
  /** Endings that make one item of files of one name. */
  endings: readonly string[];
  /** The lock that a process holds while it makes an item: its name without the item's own. */
  lock?: string;
}

const record = { kind: 'record', endings: [''] } as const;

/** By name. `wheels`, `locks` and `work` have other layouts. */
export const BUCKETS: Readonly<Record<string, Bucket>> = {
  sets: { kind: 'wheel set', endings: ['.json'], lock: 'set-' },
  trees: { kind: 'installed tree', endings: ['.json'], lock: 'set-' },
  parts: { kind: 'dependency part', endings: ['.json', '.zip'], lock: 'part-' },
  unpacked: { kind: 'unpacked package', endings: [''], lock: 'unpacked-' },
  pip: { kind: 'pip cache', endings: [''] },
  keys: record,
  lines: record,
  needs: record,
  shapes: record,
  sources: record,
};

export const UNPACKED = 'unpacked';
export const WHEELS = 'wheels';
export const LOCKS = 'locks';
export const WORK = 'work';
export const OTHERS: readonly string[] = [WHEELS, LOCKS, WORK];
