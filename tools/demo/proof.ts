/** Proves that each function's code in the account is the package, and that its handler runs from it. */

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  handlers: { name: string; handler: string }[];
}

const EVENT = {
  customer: 'ada',
  items: ['tea'],
  cents: 250,
  pathParameters: { id: '42' },
  dry: true,
};

/** Unpacks the zip as Lambda does and calls the handler with nothing else on the path. */
const CALL = `
import importlib, json, sys
sys.path.insert(0, sys.argv[1])
module, name = sys.argv[2].rsplit(".", 1)
print(json.dumps(getattr(importlib.import_module(module), name)(json.loads(sys.argv[3]), None)))
`;

export async function prove(workspace: string, build: Record<string, string>): Promise<void> {
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
    const code = await account.functionCode('orders-create_order');
    if (code) callHandlers(workspace, code, handlers, build);
  } finally {
    await account.stop();
  }
}

function callHandlers(
  workspace: string,
  code: Buffer,
  handlers: Manifest['handlers'],
  build: Record<string, string>,
): void {
  const directory = join(workspace, '.nx-lambda-python', 'proof');
  const task = join(directory, 'task');
  mkdirSync(task, { recursive: true });
  writeFileSync(join(directory, 'package.zip'), code);
  writeFileSync(join(directory, 'call.py'), CALL);
  try {
    const python = fittingPython(directory, build);
    if (!python) {
      console.log('  skipped calling the handlers: this machine has no Python 3.11');
      return;
    }
    python(['-m', 'zipfile', '-e', join(directory, 'package.zip'), task]);
    for (const { handler } of handlers) {
      const call = [join(directory, 'call.py'), task, handler, JSON.stringify(EVENT)];
      const answer = python(['-I', '-S', ...call]);
      console.log(`  ${handler} → ${answer.trim().split('\n').at(-1)}`);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

type Python = (args: string[]) => string;

/** The Python of the build image, or one of this machine if it is Linux and has the runtime's version. */
function fittingPython(directory: string, build: Record<string, string>): Python | undefined {
  const { engine, image } = build;
  if (engine && image) {
    const mount = `--mount=type=bind,source=${directory},target=${directory}`;
    const run = ['run', '--rm', '--init', '--network=none', '--entrypoint=', mount, image];
    return (args) => execFileSync(engine, [...run, 'python3', ...args], { encoding: 'utf8' });
  }
  const candidates =
    process.platform === 'linux' && process.arch === 'x64' ? ['python3.11', 'python3'] : [];
  const found = candidates.find((name) =>
    spawnSync(name, ['--version'], { encoding: 'utf8' }).stdout?.startsWith('Python 3.11.'),
  );
  return found === undefined
    ? undefined
    : (args) => execFileSync(found, args, { encoding: 'utf8' });
}
