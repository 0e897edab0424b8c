/** Runs a function's real zip in this machine's Python, in a process and a directory of its own. */

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorCode } from '../state/error-code';
import { BOOTSTRAP } from './bootstrap';

export interface Invocation {
  requestId: string;
  /** A zip, as all layers. */
  code: Buffer;
  layers: Buffer[];
  /** `python3.13`: that Python is preferred to others. */
  runtime: string;
  handler: string;
  environment: Record<string, string>;
  event: unknown;
  timeoutSeconds: number;
  /** Fields of the handler's context, as Python names them. */
  context: Record<string, unknown>;
}

export interface InvocationResult {
  /** JSON. */
  payload: string;
  failed: boolean;
  /** All that the function wrote. */
  log: string;
}

/** Gives undefined where there is no Python to run it. */
export interface Invoker {
  run(invocation: Invocation): Promise<InvocationResult | undefined>;
  /** Ends what still runs. */
  stop(): void;
}

/** Source: AWS Lambda developer guide, "Lambda execution environment lifecycle": 10 s of init. */
const INIT_SECONDS = 10;
const LOG_LIMIT = 1_000_000;

export function pythonInvoker(): Invoker {
  const running = new Set<ChildProcess>();
  return {
    async run(invocation) {
      // Windows has neither process groups nor a third descriptor for Python.
      if (process.platform === 'win32') return undefined;
      for (const python of [invocation.runtime, 'python3', 'python']) {
        const result = await runWith(python, invocation, running);
        if (result !== 'no such python') return result;
      }
      return undefined;
    },
    stop: () => running.forEach(kill),
  };
}

async function runWith(
  python: string,
  invocation: Invocation,
  running: Set<ChildProcess>,
): Promise<InvocationResult | 'no such python'> {
  const root = mkdtempSync(join(tmpdir(), 'simulated-invocation-'));
  try {
    // Isolated, and without this machine's site-packages: only what the function brings is there.
    const child = spawn(python, ['-I', '-S', '-B', '-c', BOOTSTRAP], {
      cwd: root,
      env: { PATH: process.env['PATH'], TZ: ':UTC' },
      // A group of its own, so that what the handler started ends with it.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    });
    running.add(child);
    const result = await finish(child, root, invocation);
    running.delete(child);
    return result;
  } finally {
    rmSync(root, { recursive: true, force: true, maxRetries: 3 });
  }
}

function finish(
  child: ChildProcess,
  root: string,
  invocation: Invocation,
): Promise<InvocationResult | 'no such python'> {
  return new Promise((resolve, reject) => {
    let log = '';
    let answer = '';
    let late = false;
    const limit = (seconds: number) =>
      setTimeout(() => {
        late = true;
        kill(child);
      }, seconds * 1000);
    let timer = limit(INIT_SECONDS);
    child.once('error', (error) => {
      clearTimeout(timer);
      if (errorCode(error) === 'ENOENT') resolve('no such python');
      else reject(error);
    });
    for (const output of [child.stdout, child.stderr]) {
      output?.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-LOG_LIMIT)));
    }
    child.stdio[3]?.on('data', (chunk: Buffer) => {
      if (answer === '') {
        clearTimeout(timer);
        timer = limit(invocation.timeoutSeconds);
      }
      answer += chunk.toString();
    });
    // What the handler left running holds the pipes open.
    child.once('exit', () => kill(child));
    child.once('close', (code) => {
      clearTimeout(timer);
      // So a shell, or a version manager's stub, says that there is no such program.
      if (code === 127 && answer === '') return resolve('no such python');
      const outcome = answer.slice(answer.indexOf('\n') + 1);
      resolve({ log, ...readOutcome(invocation, outcome, late, code) });
    });
    // A process that ends before it has read everything is told by its end, not by this pipe.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(JSON.stringify(describe(root, invocation)));
  });
}

/** Writes the archives; gives what the bootstrap reads. */
function describe(root: string, invocation: Invocation): Record<string, unknown> {
  const write = (name: string, zip: Buffer) => {
    const path = join(root, name);
    writeFileSync(path, zip);
    return path;
  };
  return {
    root,
    id: invocation.requestId,
    code: write('code.zip', invocation.code),
    layers: invocation.layers.map((zip, index) => write(`layer-${index}.zip`, zip)),
    handler: invocation.handler,
    // Not the process' own: a function's PATH would decide which Python is found.
    environment: invocation.environment,
    event: invocation.event,
    timeout: invocation.timeoutSeconds,
    // It ends by itself, should this process be killed meanwhile.
    alarm: INIT_SECONDS + invocation.timeoutSeconds + 1,
    context: invocation.context,
  };
}

function readOutcome(
  { requestId, timeoutSeconds }: Invocation,
  outcome: string,
  late: boolean,
  code: number | null,
): Pick<InvocationResult, 'payload' | 'failed'> {
  if (outcome !== '' && !late) {
    const { payload, error } = JSON.parse(outcome) as { payload?: string; error?: unknown };
    return { payload: payload ?? JSON.stringify(error), failed: error !== undefined };
  }
  const [errorType, what] = late
    ? ['Sandbox.Timedout', `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`]
    : ['Runtime.ExitError', `Runtime exited with error: exit status ${code ?? 'unknown'}`];
  const errorMessage = `RequestId: ${requestId} Error: ${what}`;
  return { payload: JSON.stringify({ errorType, errorMessage }), failed: true };
}

function kill(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    // The group is gone. macOS says EPERM of one that only has a zombie left.
    if (errorCode(error) !== 'ESRCH' && errorCode(error) !== 'EPERM') throw error;
  }
}
