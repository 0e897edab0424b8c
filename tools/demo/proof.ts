/** Proves that each function's code in the account is the package. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type {
  SimulatedAccount,
  SimulatedAccountOptions,
} from '../../packages/nx-lambda-python/src/testing';

interface Testing {
  startSimulatedAccount(options: SimulatedAccountOptions): Promise<SimulatedAccount>;
}

/** What the build says it has made, the example of the generator included. */
interface Manifest {
  package: { sha256: string };
  handlers: { name: string }[];
}

export async function prove(workspace: string): Promise<void> {
  const manifestFile = join(workspace, 'dist', 'services', 'orders', 'manifest.json');
  const { handlers, ...manifest } = JSON.parse(readFileSync(manifestFile, 'utf8')) as Manifest;
  const expected = manifest.package.sha256;
  const testing = createRequire(join(workspace, 'package.json'))(
    'nx-lambda-python/testing',
  ) as Testing;
  const directory = join(workspace, '.nx-lambda-python', 'account');
  const account = await testing.startSimulatedAccount({ directory });
  try {
    for (const { name } of handlers) {
      const code = await account.functionCode(`orders-${name}`);
      const runs = createHash('sha256').update(code ?? '');
      const sha256 = runs.digest('base64');
      if (!code || sha256 !== expected) {
        throw new Error(`orders-${name} runs ${sha256}, the manifest says ${expected}`);
      }
    }
    console.log(
      `  the code of all ${handlers.length} functions has the manifest's SHA-256 ${expected}`,
    );
  } finally {
    await account.stop();
  }
}

/** The simulated account runs functions by this machine's Python, and the package is for Linux. */
export function runsHere(): boolean {
  if (process.platform !== 'linux' || process.arch !== 'x64') return false;
  return spawnSync('python3.11', ['--version']).status === 0;
}
