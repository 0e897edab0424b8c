/** Runs functions' real zips in this machine's Python, by the runner that every other target has. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linkTree, removeTree } from '../../platform/files/trees';
import { attempt } from '../../platform/process/attempt';
import { ask } from '../../platform/process/exec';
import { ownedName, sweepAbandoned } from '../../platform/process/owner';
import { findPythonOf, versionOf } from '../../platform/process/python';
import { unpackedTree } from '../../platform/store/unpacked';
import { openRunner, type Runner } from '../../runtime/runner';
import { findRuntime, type Runtime } from '../../service/runtimes';
import type { CodeFile, Invocation, Invoker } from '../protocol/call';
import { hexToBase64 } from '../state/model';

const START = 'nx-lambda-python-account-';
/** Each function that was called keeps a process for so long. */
const IDLE_MILLISECONDS = 30_000;

export function pythonInvoker(): Invoker {
  const root = join(tmpdir(), `${START}${ownedName()}`);
  const pythons = new Map<string, Promise<HostPython | undefined>>();
  const runners = new Map<string, Promise<Runner>>();
  return {
    async run(invocation) {
      // Neither is tested there.
      if (process.platform === 'win32') return undefined;
      const { runtime, code, layers, region, accountId } = invocation;
      const python = await kept(pythons, runtime, () => pythonOf(runtime));
      if (python === undefined) return undefined;
      const digests = [code, ...layers].map(({ sha256 }) => sha256);
      const key = JSON.stringify([runtime, region, ...digests]);
      const runner = await kept(runners, key, async () => {
        const tree = await unpack(root, invocation, digests.join('-').slice(0, 100));
        const place = { kind: 'host', python: python.name } as const;
        const options = { place, tree, runtime: python.runtime, region, accountId };
        return openRunner({ ...options, idleMs: IDLE_MILLISECONDS });
      });
      return runner.invoke(invocation.call);
    },
    async stop() {
      const opened = await Promise.allSettled(runners.values());
      await Promise.all(opened.map((one) => one.status === 'fulfilled' && one.value.close()));
      attempt(() => removeTree(root));
    },
  };
}

function kept<T>(all: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const made = all.get(key) ?? make();
  all.set(key, made);
  // What failed is tried again.
  made.catch(() => all.delete(key));
  return made;
}

interface HostPython {
  name: string;
  runtime: Runtime;
}

/** Of the runtime's version, else any; undefined if there is none. */
async function pythonOf(runtime: string): Promise<HostPython | undefined> {
  const wanted = findRuntime(runtime);
  const exact = wanted && (await findPythonOf(wanted.python.join('.'), ask));
  if (wanted && exact !== undefined) return { name: exact, runtime: wanted };
  for (const name of ['python3', 'python']) {
    const other = findRuntime(`python${await versionOf(name, ask)}`);
    if (other) return { name, runtime: other };
  }
  return undefined;
}

async function unpack(root: string, { code, layers }: Invocation, name: string) {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  attempt(() => sweepAbandoned(tmpdir(), START, ''));
  const treeOf = async ({ sha256, bytes }: CodeFile): Promise<string> => {
    const path = join(root, `${sha256}.zip`);
    writeFileSync(path, bytes);
    const tree = await unpackedTree({ path, sha256: hexToBase64(sha256) }, root);
    rmSync(path);
    return tree;
  };
  const task = await treeOf(code);
  if (layers.length === 0) return { task };
  const opt = join(root, `layers-${name}`);
  // A later layer wins over those before it.
  for (const layer of layers) linkTree(await treeOf(layer), opt);
  return { task, opt };
}
