/** Imports the handlers of an unpacked package: all in one run, in the build image's container or by a Python of this machine. */

import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { containerPlatform } from '../../platform/engines/image';
import { ifSeen, imagePython, MISFIT, ROOT, runContainer } from '../../platform/engines/run';
import { readJson } from '../../platform/files/files';
import { exec, lastLine, type ExecResult } from '../../platform/process/exec';
import { DiskWheelStore } from '../../platform/store/wheel-store';
import { LAMBDA_RUNTIME } from '../../python/stdlib';
import type { RunnableService } from '../../running/service-runner';
import { functionEnvironment } from '../../runtime/function-call';
import type { ContainerPlace } from '../../runtime/place';

/** What became of one handler's import. */
export interface ImportOutcome {
  /** Absent if its process ended before it could tell. */
  error?: ImportFault;
  ms?: number;
  kilobytes?: number;
  descriptors?: number;
  /** File in the package, milliseconds and kilobytes of its own, for each step of each module. */
  modules: [file: string, ms: number, kilobytes: number][];
  /** Files of the package's directory that it wanted to write. */
  writes: string[];
  /** Of the process; negative for a signal, null if it was ended at the time limit. */
  code: number | null;
  timedOut: boolean;
  /** Of all threads, if it died or hung. */
  stacks: string;
  /** Whether its output is not text. */
  binary: boolean;
}

export interface ImportFault {
  /** `ModuleNotFoundError`, `SystemExit`, or `HandlerNotFound`. */
  type: string;
  message: string;
  /** The lines of the package that lead to it. */
  chain: { file: string; line: number }[];
}

export interface ImportRun {
  /** In the order of the manifest. */
  handlers: ImportOutcome[];
  /** Names of shared libraries in the system's directories. */
  libraries: string[];
}

export interface ImportSettings {
  /** Seconds for each. */
  timeout: number;
  environment: Readonly<Record<string, string>>;
}

const [SCRIPT, REQUEST, RESULT] = ['import_handlers.py', 'request.json', 'result.json'];

/** @throws HOST_PYTHON_MISSING, IMAGE_UNAVAILABLE, CONTAINER_FAILED */
export function importHandlers(
  service: RunnableService,
  settings: ImportSettings,
): Promise<ImportRun> {
  return new DiskWheelStore().withDirectory(async (directory) => {
    copyFileSync(join(__dirname, SCRIPT), join(directory, SCRIPT));
    mkdirSync(join(directory, 'runs'));
    const { place } = service;
    const result =
      place.kind === 'container'
        ? await runInside(directory, service, place, settings)
        : await runHere(directory, service, place.python, settings);
    const run = readJson<ImportRun>(join(directory, RESULT));
    if (result.exitCode === 0 && run) return run;
    throw notRun(service, result);
  });
}

interface Places {
  root: string;
  task: string;
  opt: string | undefined;
  /** Variables that the machine decides. */
  machine: Readonly<Record<string, string>>;
}

function writeRequest(
  directory: string,
  { manifest, marker: { runtime } }: RunnableService,
  { timeout, environment }: ImportSettings,
  { root, task, opt, machine }: Places,
): void {
  const account = { region: 'us-east-1', accountId: '0'.repeat(12) };
  const [paths, version] = [
    { task, opt: opt ?? '/opt', temporary: '/tmp' },
    runtime.python.join('.'),
  ];
  const handlers = manifest.handlers.map(({ name, handler }) => {
    const parts = handler.split('.');
    const call = {
      ...{ handler, functionName: `${manifest.project}-${name}`, memoryMb: 128, environment },
      ...{ payload: Buffer.alloc(0), timeoutMs: 3000 },
    };
    return {
      module: parts.slice(0, -1).join('.'),
      name: parts.at(-1),
      environment: functionEnvironment(call, runtime, account, paths, machine),
    };
  });
  const layers =
    opt === undefined ? [] : [`${opt}/python/lib/python${version}/site-packages`, `${opt}/python`];
  const request = {
    ...{ handlers, task, layers, timeout },
    python: runtime.python,
    paths: [task, ...layers],
    directory: `${root}/runs`,
    output: `${root}/${RESULT}`,
    workers: Math.min(Math.max(2, availableParallelism()), 8),
    runtimeModules: [...LAMBDA_RUNTIME],
  };
  // It may hold secrets.
  writeFileSync(join(directory, REQUEST), JSON.stringify(request), { mode: 0o600 });
}

function runHere(
  directory: string,
  service: RunnableService,
  python: string,
  settings: ImportSettings,
): Promise<ExecResult> {
  const { task, opt } = service.tree;
  const machine = { PATH: process.env['PATH'] ?? '' };
  writeRequest(directory, service, settings, { root: directory, task, opt, machine });
  return exec(python, ['-I', '-S', join(directory, SCRIPT), join(directory, REQUEST)]);
}

function runInside(
  directory: string,
  service: RunnableService,
  { image, network, mount, extraArguments, architecture }: ContainerPlace,
  settings: ImportSettings,
): Promise<ExecResult> {
  const { task, opt } = service.tree;
  const inside = { root: ROOT, task: '/var/task', opt: opt && '/opt', machine: {} };
  writeRequest(directory, service, settings, inside);
  const script = `${ROOT}/${SCRIPT}`;
  const run = `exec ${imagePython(service.marker.runtime)} -I -S ${script} ${ROOT}/${REQUEST}`;
  const request = {
    image: image.name,
    platform: containerPlatform(architecture),
    mounts: [
      { source: directory, target: ROOT, readOnly: false },
      { source: task, target: '/var/task', readOnly: true },
      ...(opt === undefined ? [] : [{ source: opt, target: '/opt', readOnly: true }]),
    ],
    environment: {},
    inherited: [],
    workdir: '/var/task',
    network,
    extraArguments,
    command: ifSeen(script, run),
  };
  const leaves = { source: directory, target: ROOT, names: [RESULT] };
  const onLine = (line: string) => console.error(`  ${line}`);
  return runContainer(image, request, { mount, leaves, secrets: {}, onLine }, exec);
}

function notRun(
  { place, marker: { runtime } }: RunnableService,
  { exitCode, output }: ExecResult,
): LambdaPythonError {
  const where =
    place.kind === 'host' ? `\`${place.python}\`` : `the build image \`${place.image.name}\``;
  const message = `${where} could not import the handlers for ${runtime.name}: ${lastLine(output)}`;
  if (place.kind === 'host') {
    const hint = `name a Python ${runtime.python.join('.')}: --python=<path>, or leave this part out: --imports=false`;
    return new LambdaPythonError('HOST_PYTHON_MISSING', { message, hint });
  }
  const hint =
    'set "image" on the build target to an image of that runtime, or leave this part out: --imports=false';
  return new LambdaPythonError(exitCode === MISFIT ? 'IMAGE_UNAVAILABLE' : 'CONTAINER_FAILED', {
    message,
    hint,
  });
}
