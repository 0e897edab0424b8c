/** How errors and sizes are shown: the one form that every executor and generator prints. */

import { LambdaPythonError } from './errors';

/** `error[CODE]: message` and `hint: …`; the stack of anything else, since that is a defect of this plugin. */
export function renderError(error: unknown): string {
  if (error instanceof LambdaPythonError) {
    return `error[${error.code}]: ${error.message}\nhint: ${error.hint}`;
  }
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}

/** `4.7 MB`, `12.3 kB`: decimal, as AWS counts. */
export function renderBytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
