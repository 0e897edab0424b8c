/** Finds a Python of this machine by its version. */

import type { Exec } from './exec';

const PRINT_VERSION = 'import sys; print("%d.%d" % sys.version_info[:2])';
/** What this shell sets for Python, which concerns other programs. */
const PLAIN = { PYTHONPATH: undefined, PYTHONHOME: undefined };

/** The first that fits: `python3.13`, then the usual names. */
export async function findPythonOf(version: string, exec: Exec): Promise<string | undefined> {
  for (const python of [`python${version}`, 'python3', 'python']) {
    if ((await versionOf(python, exec)) === version) return python;
  }
  return undefined;
}

/** `3.13`; undefined for what is missing, or is not Python. */
export async function versionOf(python: string, exec: Exec): Promise<string | undefined> {
  const { exitCode, stdout } = await exec(python, ['-c', PRINT_VERSION], { env: PLAIN });
  return exitCode === 0 ? stdout.trim() : undefined;
}
