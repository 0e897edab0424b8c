/** Functions of a few lines, run by this machine's Python. */

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { findRuntime, RUNTIMES, type Runtime } from '../service/runtimes';
import { ask } from '../platform/process/exec';
import { versionOf } from '../platform/process/python';
import { temporaryDirectory, writeFiles } from '../temporary.fixtures';
import type { CallResult, FunctionCall } from './function-call';
import { openRunner, type Runner, type RunnerOptions } from './runner';

const open: Runner[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((runner) => runner.close()));
});

/** This machine's `python3`, and the runtime of its version. */
export async function hostPython(): Promise<{ python: string; runtime: Runtime }> {
  const version = await versionOf('python3', ask);
  const runtime = findRuntime(`python${version}`) ?? RUNTIMES[0];
  if (!runtime) throw new Error('no runtimes');
  return { python: 'python3', runtime };
}

export function taskOf(files: Readonly<Record<string, string>>): string {
  const task = temporaryDirectory('task');
  writeFiles(task, files);
  return task;
}

/** A runner of these files, which ends with the test. */
export async function runnerOf(
  files: Readonly<Record<string, string>>,
  options: Partial<RunnerOptions> = {},
): Promise<Runner> {
  const task = taskOf(files);
  const { python, runtime } = await hostPython();
  const runner = openRunner({
    place: { kind: 'host', python },
    tree: { task },
    runtime,
    ...options,
  });
  open.push(runner);
  return runner;
}

export function callOf(handler: string, event: unknown = {}, more: Partial<FunctionCall> = {}) {
  return {
    handler,
    functionName: 'orders',
    payload: Buffer.from(JSON.stringify(event)),
    timeoutMs: 3_000,
    memoryMb: 128,
    environment: {},
    ...more,
  };
}

export function textOf({ payload }: CallResult): string {
  return Buffer.from(payload).toString('utf8');
}

/** A killed process stays for a moment, until its parent has been told. */
export async function expectGone(pid: number): Promise<void> {
  const isThere = () => {
    try {
      // A zombie is gone in all but name; containers may have nobody who collects it.
      return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
    } catch {
      return false;
    }
  };
  for (let tries = 0; isThere() && tries < 200; tries += 1) await sleep(25);
  expect(isThere()).toBe(false);
}
