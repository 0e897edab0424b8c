/** How errors are shown: the one form that every executor and generator prints. */

import { LambdaPythonError } from './errors';

/** `error[CODE]: message` and `hint: …`; the stack of anything else, since that is a defect of this plugin. */
export function renderError(error: unknown): string {
  if (error instanceof LambdaPythonError) {
    return `error[${error.code}]: ${error.message}\nhint: ${error.hint}`;
  }
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
