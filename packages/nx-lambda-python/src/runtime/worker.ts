/** One execution environment: a supervisor, whose function's process takes one call at a time and may be started again. */

import { randomBytes, randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { LambdaPythonError } from '../errors';
import type { Runtime } from '../service/runtimes';
import { readLog, readMessages, writeMessage, type FromSupervisor } from './channel';
import {
  exited,
  functionEnvironment,
  INIT_LIMIT_MS,
  invocationHeaders,
  PAYLOAD_LIMIT,
  timedOut,
  tooLarge,
  type AccountPlace,
  type CallResult,
  type FunctionCall,
} from './function-call';
import { launch, type CodeTree, type FunctionPlace, type Launched } from './place';

export interface WorkerSettings extends AccountPlace {
  place: FunctionPlace;
  tree: CodeTree;
  runtime: Runtime;
  /** `own`: our bootstrap even if there is an awslambdaric. */
  client: 'any' | 'own';
  /** Where a debugger listens, and the directory of debugpy where it is not in the package. */
  debug?: readonly [host: string, port: number, directory: string] | undefined;
}

/** What the function's process did next. */
type Event =
  | { kind: 'next'; id: number }
  | { kind: 'response'; requestId: string; body: Buffer }
  | { kind: 'error'; body: Buffer }
  | { kind: 'exit'; code: number }
  | { kind: 'failed'; reason: string }
  /** The supervisor is gone. */
  | { kind: 'lost' };

/** Seconds between SIGTERM and SIGKILL. Source: AWS Lambda developer guide, "Shutdown phase". */
const GRACE = 0.5;
/** Milliseconds that a supervisor has to start, besides the pull and start of a container. */
const START_LIMIT_MS = 60_000;
/** Then it is killed. */
const END_LIMIT_MS = 1_500;

export class Worker {
  private readonly events: Event[] = [];
  private readonly waiters = new Set<() => void>();
  private readonly mark = randomBytes(12).toString('hex');
  private marksSeen = 0;
  private marksExpected = 0;
  private lines: string[] = [];
  private onLine: ((line: string) => void) | undefined;
  private memory: number | null = null;
  /** The function whose process runs; undefined if none does. */
  private running: string | undefined;
  /** Processes that were started. */
  private runs = 0;
  private isLost = false;

  private constructor(
    private readonly settings: WorkerSettings,
    private readonly launched: Launched,
  ) {
    const { process: child } = launched;
    if (!child.stdin || !child.stdout || !child.stderr) throw new Error('a supervisor has pipes');
    readMessages(child.stdout, (message, body) => this.take(message, body));
    readLog(
      child.stderr,
      this.mark,
      (line) => this.takeLine(line),
      () => {
        this.marksSeen += 1;
        this.wake();
      },
    );
    child.stdin.on('error', () => undefined);
    const lose = () => {
      if (this.isLost) return;
      this.isLost = true;
      this.push({ kind: 'lost' });
    };
    child.once('error', lose);
    child.once('close', lose);
  }

  /** @throws HOST_PYTHON_MISSING, IMAGE_UNAVAILABLE, CONTAINER_FAILED */
  static async start(settings: WorkerSettings): Promise<Worker> {
    const launched = await launch(settings.place, settings.tree, settings.runtime);
    const worker = new Worker(settings, launched);
    try {
      await worker.untilReady();
      return worker;
    } catch (error) {
      await worker.end();
      throw error;
    }
  }

  /** False once its supervisor is gone. */
  get isUsable(): boolean {
    return !this.isLost;
  }

  /** The function that it has warm; see `functionKey`. */
  get warm(): string | undefined {
    return this.running;
  }

  /**
   * @param key of the function: another one ends the process of the last
   * @throws CONTAINER_FAILED if the engine is gone, STORE_UNUSABLE if the unpacked package is
   */
  async invoke(given: FunctionCall, key: string): Promise<CallResult> {
    const call = { ...given, requestId: given.requestId ?? randomUUID() };
    this.onLine = call.onLog;
    for (const line of this.lines) call.onLog?.(line);
    try {
      if (this.running !== key) await this.stop();
      return await this.run(call, key);
    } finally {
      this.onLine = undefined;
      this.lines = [];
    }
  }

  /** Ends the function's process: the next call has an init phase. */
  async stop(): Promise<void> {
    if (this.running === undefined || this.isLost) return;
    this.running = undefined;
    writeMessage(this.input, { kind: 'stop', grace: GRACE });
    while ((await this.next()).kind !== 'exit') if (this.isLost) return;
    this.events.length = 0;
  }

  /** Ends all, with the function's own processes; a call that runs fails. */
  async end(): Promise<void> {
    if (!this.isLost) {
      if (this.running !== undefined) writeMessage(this.input, { kind: 'stop', grace: GRACE });
      this.input.end();
      const end = performance.now() + END_LIMIT_MS;
      while (!this.isLost && performance.now() < end) await this.woken(end - performance.now());
    }
    await this.launched.end();
  }

  private get input() {
    const { stdin } = this.launched.process;
    if (!stdin) throw new Error('a supervisor has pipes');
    return stdin;
  }

  private async run(call: FunctionCall & { requestId: string }, key: string): Promise<CallResult> {
    const begun = performance.now();
    const { timeoutMs } = call;
    // What the process did since the last call: it asked for the next, or ended.
    if (this.running !== undefined) {
      const event = await this.next();
      if (event.kind === 'next') return this.give(call, event.id, undefined);
      this.running = undefined;
      if (event.kind === 'lost') throw this.lost();
    }
    this.startFunction(call, key);
    let event = await this.next(this.settings.debug ? undefined : INIT_LIMIT_MS);
    let start = begun;
    if (event === undefined) {
      // As in Lambda, init begins again, in the time of the call.
      await this.stop();
      start = performance.now();
      this.startFunction(call, key);
      event = await this.next(timeoutMs);
      if (event === undefined) {
        await this.stop();
        return this.failed(call, timedOut(timeoutMs), { runMs: timeoutMs });
      }
    }
    const initMs = performance.now() - start;
    if (event.kind === 'next') return this.give(call, event.id, initMs);
    return this.conclude(call, event, { initMs, runMs: 0 });
  }

  private startFunction(call: FunctionCall, key: string): void {
    const { launched, settings, mark } = this;
    const { paths, flags, machine } = launched;
    const environment = functionEnvironment(call, settings.runtime, settings, paths, machine);
    const own = { opt: paths.opt, client: settings.client, debug: settings.debug };
    this.running = key;
    this.memory = null;
    this.runs += 1;
    writeMessage(this.input, {
      kind: 'start',
      run: this.runs,
      task: paths.task,
      temporary: paths.temporary,
      environment: { ...environment, _NX_LAMBDA_PYTHON: JSON.stringify(own) },
      flags,
      mark,
    });
  }

  private async give(
    call: FunctionCall & { requestId: string },
    id: number,
    initMs: number | undefined,
  ): Promise<CallResult> {
    const begun = performance.now();
    const headers = invocationHeaders(call, this.settings, Date.now() + call.timeoutMs);
    writeMessage(this.input, { kind: 'answer', id, status: 200, headers }, call.payload);
    const event = await this.next(call.timeoutMs);
    const runMs = performance.now() - begun;
    if (event) return this.conclude(call, event, { initMs, runMs });
    await this.stop();
    return this.failed(call, timedOut(call.timeoutMs), { initMs, runMs: call.timeoutMs });
  }

  private async conclude(
    call: FunctionCall & { requestId: string },
    event: Event,
    times: Pick<CallResult, 'initMs' | 'runMs'>,
  ): Promise<CallResult> {
    if (event.kind === 'lost') throw this.lost();
    if (event.kind === 'exit') {
      this.running = undefined;
      return this.failed(call, exited(event.code), times);
    }
    if (event.kind === 'failed') {
      this.running = undefined;
      throw new LambdaPythonError('PACKAGE_NOT_BUILT', {
        message: `the unpacked package cannot be run: ${event.reason}`,
        hint: 'run the same command again: it unpacks the package again',
      });
    }
    if (event.kind === 'next') throw new Error('asked for the next call in the middle of one');
    if (event.kind === 'error') return this.result(call, event.body, times, 'Unhandled');
    const { length } = event.body;
    if (length <= PAYLOAD_LIMIT) return this.result(call, event.body, times);
    return this.result(call, JSON.stringify(tooLarge(length)), times, 'Unhandled');
  }

  private failed(
    call: FunctionCall & { requestId: string },
    [errorType, reason]: [string, string],
    times: Pick<CallResult, 'initMs' | 'runMs'>,
  ): Promise<CallResult> {
    const errorMessage = `RequestId: ${call.requestId} Error: ${reason}`;
    return this.result(call, JSON.stringify({ errorType, errorMessage }), times, 'Unhandled');
  }

  private async result(
    { requestId }: { requestId: string },
    payload: Uint8Array | string,
    { initMs, runMs }: Pick<CallResult, 'initMs' | 'runMs'>,
    functionError?: 'Unhandled',
  ): Promise<CallResult> {
    // All that was written before the answer.
    while (this.marksSeen < this.marksExpected && !this.isLost) await this.woken();
    return {
      payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
      ...(functionError && { functionError }),
      ...(initMs !== undefined && { initMs }),
      runMs,
      ...(this.memory !== null && { maxMemoryMb: Math.ceil(this.memory / 1024) }),
      log: this.lines.map((line) => `${line}\n`).join(''),
      requestId,
    };
  }

  private take(message: FromSupervisor, body: Buffer): void {
    if (message.kind === 'ready') return this.ready?.(message.python);
    if (message.kind === 'failed') return this.push(message);
    if (message.kind === 'exit') {
      this.marksExpected += 1;
      return this.push(message);
    }
    const { id, run, method, path, memory } = message;
    if (method === 'POST') this.marksExpected += 1;
    // Of a process that has ended, or of what it has left.
    if (run !== this.runs) return;
    this.memory = memory ?? this.memory;
    const [what, requestId = ''] = route(method, path);
    if (what === 'next') return this.push({ kind: 'next', id });
    const isLarge = what === 'response' && body.length > PAYLOAD_LIMIT;
    const status = what === undefined ? 404 : isLarge ? 413 : 202;
    const headers = { 'Content-Type': 'application/json' };
    const text = status === 202 ? '{"status":"OK"}' : JSON.stringify({ errorType: `${status}` });
    writeMessage(this.input, { kind: 'answer', id, status, headers }, Buffer.from(text));
    if (what === 'response') this.push({ kind: 'response', requestId, body });
    else if (what !== undefined) this.push({ kind: 'error', body });
  }

  private takeLine(line: string): void {
    this.lines.push(line);
    this.onLine?.(line);
  }

  private push(event: Event): void {
    this.events.push(event);
    this.wake();
  }

  /** The next event; undefined if none came in time. */
  private next(): Promise<Event>;
  private next(limitMs: number | undefined): Promise<Event | undefined>;
  private async next(limitMs?: number): Promise<Event | undefined> {
    const end = limitMs === undefined ? Infinity : performance.now() + limitMs;
    for (;;) {
      const event = this.events.shift();
      if (event) return event;
      if (this.isLost) return { kind: 'lost' };
      const left = end - performance.now();
      if (left <= 0) return undefined;
      await this.woken(left);
    }
  }

  private woken(limitMs = Infinity): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.waiters.delete(wake);
        resolve();
      };
      const timer = Number.isFinite(limitMs) ? setTimeout(wake, limitMs) : undefined;
      this.waiters.add(wake);
    });
  }

  private wake(): void {
    for (const wake of this.waiters) wake();
  }

  private ready: ((python: readonly [number, number]) => void) | undefined;

  private async untilReady(): Promise<void> {
    const python = await new Promise<readonly [number, number] | undefined>((resolve) => {
      this.ready = resolve;
      const timer = setTimeout(() => resolve(undefined), START_LIMIT_MS);
      const ended = () => resolve(undefined);
      this.launched.process.once('error', ended).once('close', ended);
      timer.unref();
    });
    if (python === undefined) throw this.notStarted();
    const { runtime, place } = this.settings;
    if (python.join('.') === runtime.python.join('.')) return;
    const version = runtime.python.join('.');
    throw place.kind === 'host'
      ? new LambdaPythonError('HOST_PYTHON_MISSING', {
          message: `\`${place.python}\` is Python ${python.join('.')}, but ${runtime.name} needs Python ${version}`,
          hint: `name one: --python=<path>, install Python ${version}, or start docker or podman and run with --engine=auto`,
        })
      : new LambdaPythonError('IMAGE_UNAVAILABLE', {
          message: `the build image \`${place.image.name}\` has Python ${python.join('.')}, but ${runtime.name} needs Python ${version}`,
          hint: 'set "image" on the build target to an image of that runtime',
        });
  }

  private notStarted(): LambdaPythonError {
    const { place, runtime } = this.settings;
    const said = this.lines.slice(-3).join(' ');
    if (place.kind === 'container') {
      return new LambdaPythonError('CONTAINER_FAILED', {
        message: `${place.image.engine} could not run the build image \`${place.image.name}\`: ${said}`,
        hint: 'correct `network` and `containerArgs` on the build target; without a bridge the network is "host"',
      });
    }
    return new LambdaPythonError('HOST_PYTHON_MISSING', {
      message: `\`${place.python}\` cannot be started${said && `: ${said}`}`,
      hint: `name a Python ${runtime.python.join('.')}: --python=<path>, or start docker or podman and run with --engine=auto`,
    });
  }

  private lost(): LambdaPythonError {
    const { place } = this.settings;
    return new LambdaPythonError('CONTAINER_FAILED', {
      message:
        place.kind === 'container'
          ? `${place.image.engine} ended the container in the middle of a call: ${this.lines.slice(-3).join(' ')}`
          : 'the process that watches over the function was ended in the middle of a call',
      hint: 'run the same command again; if the engine was stopped, start it first',
    });
  }
}

/** Of the Runtime API, version 2018-06-01: what is asked or told, and for which request. */
function route(
  method: string,
  path: string,
): [what: 'next' | 'response' | 'error' | undefined, requestId?: string] {
  const [, what = ''] = /^\/2018-06-01\/runtime\/(.+)$/.exec(path) ?? [];
  if (method === 'GET' && what === 'invocation/next') return ['next'];
  if (method !== 'POST') return [undefined];
  if (what === 'init/error') return ['error'];
  const [, requestId, end] = /^invocation\/([^/]+)\/(response|error)$/.exec(what) ?? [];
  return end === 'response' || end === 'error' ? [end, requestId] : [undefined];
}
