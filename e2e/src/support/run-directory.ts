/** Where one run of the e2e suites keeps its workspaces and its wheel store. */

import { join } from 'node:path';

const VARIABLE = 'NX_LAMBDA_PYTHON_E2E_DIRECTORY';

/** Set by the global set-up, which Jest's workers inherit. */
export function runDirectory(): string {
  const directory = process.env[VARIABLE];
  if (!directory) throw new Error(`${VARIABLE} is not set: run the suites by \`npx nx e2e e2e\``);
  return directory;
}

export function setRunDirectory(directory: string): void {
  process.env[VARIABLE] = directory;
}

export function templateDirectory(nx: string): string {
  return join(runDirectory(), `template-${nx}`);
}
