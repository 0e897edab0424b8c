/** Where the wheel store is, and what processes of this machine share besides. */

import { homedir } from 'node:os';
import { join } from 'node:path';

/** In the path, so that versions of the plugin with other formats live side by side. */
const STORE_FORMAT = 'v1';

/** `NX_LAMBDA_PYTHON_CACHE_DIRECTORY`, else the system's place for caches. */
export function storeDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return join(cacheDirectory(environment), STORE_FORMAT);
}

/** Beside the store: versions of the plugin with other stores use up the same quota. */
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
