import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DamagedFileError } from '../packaging/package';
import type { KeyComponents } from '../packaging/requirements-key';
import { buildWheel } from '../packaging/wheel/wheel.fixtures';
import type { Exec } from '../platform/process/exec';
import type { ResolveRequest } from '../platform/pip/request';
import { DiskWheelStore } from '../platform/store/wheel-store';
import type { Runtime } from '../service/runtimes';
import type { BuildOptions } from './normalize';
import { splicing } from './wheels';

const runtime: Runtime = { name: 'python3.11', python: [3, 11], glibc: [2, 26], deprecated: null };
const target = { runtime, architecture: 'x86_64' } as const;
const FILE = 'services/a/requirements.txt';

let root: string;
let store: DiskWheelStore;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'wheels-'));
  store = new DiskWheelStore(join(root, 'v1'));
  jest.spyOn(console, 'log').mockImplementation();
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(root, { recursive: true });
});

/** A wheel that the store has. */
async function keepWheel(name: string): Promise<string> {
  const { filename, bytes } = buildWheel({ name, files: { [`${name}.py`]: 'x = 1\n' } });
  const { sha256 } = await store.withDirectory(async (directory) => {
    const path = join(directory, filename);
    writeFileSync(path, bytes);
    const facts = { name, version: '1.0', wheel: basename(path), tags: [] };
    return store.admit(path, async () => ({ ...facts, unpackedSize: 0, warnings: [] }));
  });
  return sha256;
}

it('lets pip end before it gives up over what the store has', async () => {
  const kept = await keepWheel('kept');
  const requirements = [
    `kept==1.0 --hash=sha256:${kept}`,
    `missing==1.0 --hash=sha256:${'0'.repeat(64)}`,
  ];
  const components: KeyComponents = {
    ...{ meaning: { requirements, constraints: [], options: [] }, runtime: runtime.name },
    ...{ architecture: 'x86_64', dependencies: 'wheels', place: 'host', imageDigest: null },
    ...{ pipArguments: [], pipEnvironment: {} },
  };
  const request: ResolveRequest = {
    ...target,
    files: new Map([[FILE, `${requirements.join('\n')}\n`]]),
    ...{ requirements: [FILE], constraints: [], pipArguments: [], ssh: 'none' },
    configuration: { deciding: {}, connecting: {}, certificates: undefined },
    secrets: () => ({ variables: {}, netrc: undefined }),
    onLine: () => undefined,
  };
  jest.spyOn(store, 'verifyAhead').mockRejectedValue(new DamagedFileError('damaged: kept'));
  const seen: boolean[] = [];
  const exec: Exec = async (_file, args) => {
    const stdout = 'pip 26.3 from /x (python 3.13)';
    if (!args.includes('--version')) {
      await delay(50);
      seen.push(existsSync(args.at(-1) ?? ''));
    }
    return { exitCode: 0, stdout, stderr: '', output: '', notFound: false };
  };
  const options = { project: 'a', engine: 'host', collisions: {}, layer: false, scripts: false };
  const mode = splicing(
    { excludeDistributions: [], ...options } as unknown as BuildOptions,
    target,
    store,
  );
  await expect(mode.ensure(components, request, undefined, exec)).rejects.toThrow('damaged: kept');
  // It has ended, and its directory was there until then.
  expect(seen).toEqual([true]);
});
