/** Paths and processes that the tools share. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export const ROOT = join(__dirname, '..');
/** The package that demo, e2e and users install. */
export const TARBALL = join(ROOT, 'dist', 'nx-lambda-python.tgz');

/** Runs a program with its output shown; a failure ends the tool with the same code. */
export function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): void {
  const { status } = spawnSync(file, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (status !== 0) process.exit(status ?? 1);
}
