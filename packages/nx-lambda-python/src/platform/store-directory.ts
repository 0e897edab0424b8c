/** Where the wheel store is. */

import { homedir } from 'node:os';
import { join } from 'node:path';

/** In the path, so that versions of the plugin with other formats live side by side. */
const STORE_FORMAT = 'v1';

/** `NX_LAMBDA_PYTHON_CACHE_DIRECTORY`, else the system's place for caches. */
export function storeDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const chosen = environment['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'];
  return join(chosen || join(cacheHome(environment), 'nx-lambda-python'), STORE_FORMAT);
}

function cacheHome(environment: NodeJS.ProcessEnv): string {
  if (process.platform === 'win32') {
    return environment['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local');
  }
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches');
  return environment['XDG_CACHE_HOME'] || join(homedir(), '.cache');
}
