/**
 * What a call costs: warm, beside calling the function in its process; and the first one on a package of 200 MB,
 * beside Python's own start and imports; and how long after an edit `nx serve` answers with it. `sam local invoke` is not measured: it needs AWS's images of a registry.
 */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '../../packages/nx-lambda-python/src/platform/files/trees';
import { ask } from '../../packages/nx-lambda-python/src/platform/process/exec';
import { versionOf } from '../../packages/nx-lambda-python/src/platform/process/python';
import { unpackedTree } from '../../packages/nx-lambda-python/src/platform/store/unpacked';
import type { FunctionCall } from '../../packages/nx-lambda-python/src/runtime/function-call';
import { openRunner } from '../../packages/nx-lambda-python/src/runtime/runner';
import { findRuntime } from '../../packages/nx-lambda-python/src/service/runtimes';
import { benchServe } from './serve';

const CALLS = 200;
const STARTS = 7;
const [FILES, FILE_BYTES] = [8_000, 25_000];
const HANDLER = 'import json\ndef handler(event, context):\n    return event\n';

/** Prints milliseconds of one call in the process that it is in. */
const IN_PROCESS = `
import sys, time; sys.path.insert(0, sys.argv[1]); from function import handler
times = []
for _ in range(200):
    start = time.perf_counter(); handler({}, None); times.append(time.perf_counter() - start)
print(sorted(times)[100] * 1000)`;

/** One stored zip of as many files as a large package has. */
const PACK = `
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as package:
    for index in range(int(sys.argv[2])):
        package.writestr('large/%d/%d.bin' % (index % 50, index), os.urandom(int(sys.argv[3])))
    package.writestr('function.py', sys.argv[4])`;

export async function benchRun(): Promise<void> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'nx-lambda-python-bench-')));
  try {
    await measure(directory);
    for (const [title, milliseconds] of await benchServe()) print(title, milliseconds);
  } finally {
    removeTree(directory);
  }
}

async function measure(directory: string): Promise<void> {
  const version = (await versionOf('python3', ask)) ?? '';
  const runtime = findRuntime(`python${version}`);
  if (!runtime) throw new Error(`python3 is ${version}`);
  const python = (...args: string[]) => execFileSync('python3', args, { encoding: 'utf8' });
  const archive = join(directory, 'package.zip');
  const pack = (source: string) => {
    rmSync(archive, { force: true });
    python('-c', PACK, archive, String(FILES), String(FILE_BYTES), source);
    const sha256 = createHash('sha256').update(readFileSync(archive)).digest('base64');
    return { path: archive, sha256 };
  };
  mkdirSync(join(directory, 'store'));
  const store = join(directory, 'store');
  const packed = pack(HANDLER);
  const started = performance.now();
  const task = await unpackedTree(packed, store);
  const unpacked = performance.now() - started;
  print(`unpack ${FILES} files of ${(FILES * FILE_BYTES) / 1e6} MB, once`, [unpacked]);

  const call: FunctionCall = {
    handler: 'function.handler',
    functionName: 'bench',
    payload: Buffer.from('{}'),
    timeoutMs: 3_000,
    memoryMb: 128,
    environment: {},
  };
  const place = { kind: 'host', python: 'python3' } as const;
  const first: number[] = [];
  const plain: number[] = [];
  // Side by side, so that whatever else the machine does slows both.
  for (let run = 0; run < STARTS; run += 1) {
    const runner = openRunner({ place, tree: { task }, runtime });
    const begun = performance.now();
    await runner.invoke(call);
    first.push(performance.now() - begun);
    await runner.close();
    const alone = performance.now();
    python('-S', '-c', `import sys; sys.path.insert(0, ${JSON.stringify(task)}); import function`);
    plain.push(performance.now() - alone);
  }
  print("first call, Python's start and imports included", first);
  print('the same start and imports alone', plain);

  const runner = openRunner({ place, tree: { task }, runtime });
  await runner.invoke(call);
  const warm: number[] = [];
  for (let index = 0; index < CALLS; index += 1) {
    const begun = performance.now();
    await runner.invoke(call);
    warm.push(performance.now() - begun);
  }
  await runner.close();
  print('warm call', warm);
  writeFileSync(join(directory, 'in-process.py'), IN_PROCESS);
  print('the same in its own process', [Number(python(join(directory, 'in-process.py'), task))]);
}

/** The median, and the fastest. */
function print(title: string, milliseconds: readonly number[]): void {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const [fastest = NaN, median = NaN] = [sorted[0], sorted[Math.floor(sorted.length / 2)]];
  const figures = [median, fastest].map((value) => value.toFixed(value < 10 ? 2 : 0).padStart(7));
  console.log(`${title.padEnd(52)} ${figures[0]} ms, fastest ${figures[1]} ms (${sorted.length})`);
}
