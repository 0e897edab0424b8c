/** How errors and sizes are shown: the one form that every executor and generator prints. */

import { LambdaPythonError } from './errors';

/** `error[CODE]: message` and `hint: …`. Whatever else is thrown is a defect of this plugin, or of the machine. */
export function renderError(error: unknown): string {
  if (error instanceof LambdaPythonError) {
    return `error[${error.code}]: ${error.message}\nhint: ${error.hint}`;
  }
  const hint = isVerbose()
    ? 'report the lines above as a defect of nx-lambda-python'
    : 'run the same command again with `--verbose`, which shows where it comes from, and report that';
  return `error[UNEXPECTED]: ${describeDefect(error)}\nhint: ${hint}`;
}

/** With its stack where verbose logging asks for it, by `--verbose` or NX_VERBOSE_LOGGING. */
export function describeDefect(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return (isVerbose() && error.stack) || `${error.name}: ${error.message}`;
}

function isVerbose(): boolean {
  return process.env['NX_VERBOSE_LOGGING'] === 'true';
}

/** `4.7 MB`, `12.3 kB`: decimal, as AWS counts. */
export function renderBytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
