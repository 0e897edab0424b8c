/**
 * Runs the handlers of one unpacked package: one warm process for each call at a time, started when it is needed, and
 * ended when it was not needed for a while.
 */

import { onInterruption } from '../platform/process/interruption';
import type { CallResult, FunctionCall } from './function-call';
import { Worker, type WorkerSettings } from './worker';

export interface RunnerOptions extends Pick<WorkerSettings, 'place' | 'tree' | 'runtime'> {
  /** Calls at a time; more wait. Default 10. */
  concurrency?: number | undefined;
  /** After so long without a call a process ends. Default: 5 minutes. */
  idleMs?: number;
  /** Default `us-east-1`. */
  region?: string | undefined;
  /** Default: twelve zeros. */
  accountId?: string | undefined;
  client?: WorkerSettings['client'];
  debug?: WorkerSettings['debug'];
}

export interface Runner {
  /**
   * Never rejects for what the function did.
   * @throws HOST_PYTHON_MISSING, IMAGE_UNAVAILABLE, CONTAINER_FAILED
   */
  invoke(call: FunctionCall): Promise<CallResult>;
  /** The next call of these handlers has an init phase; a call that runs ends first. */
  restart(handlers: readonly string[] | 'all'): void;
  /** Ends every process; calls that run are cut off. */
  close(): Promise<void>;
}

interface Slot {
  worker: Promise<Worker>;
  /** Of the function that was called last. */
  key: string;
  handler: string;
  isBusy: boolean;
  isStale: boolean;
  idle: NodeJS.Timeout | undefined;
}

export function openRunner(options: RunnerOptions): Runner {
  const { concurrency = 10, idleMs = 300_000, place, tree, runtime, debug } = options;
  const settings: WorkerSettings = {
    place,
    tree,
    runtime,
    debug,
    client: options.client ?? 'any',
    region: options.region ?? 'us-east-1',
    accountId: options.accountId ?? '000000000000',
  };
  const slots = new Set<Slot>();
  const waiting: (() => void)[] = [];
  let isClosed = false;

  const drop = async (slot: Slot): Promise<void> => {
    slots.delete(slot);
    clearTimeout(slot.idle);
    await slot.worker.then((worker) => worker.end()).catch(() => undefined);
  };
  const close = async (): Promise<void> => {
    isClosed = true;
    forget();
    await Promise.all([...slots].map(drop));
  };
  const forget = onInterruption(close);

  function acquire(key: string, handler: string): Slot | undefined {
    const idle = [...slots].filter((slot) => !slot.isBusy);
    const slot =
      idle.findLast((one) => one.key === key) ??
      (slots.size < concurrency ? undefined : idle[0]) ??
      (slots.size < concurrency ? newSlot() : undefined);
    if (!slot) return undefined;
    clearTimeout(slot.idle);
    // The one that was used last is the last.
    slots.delete(slot);
    slots.add(slot);
    return Object.assign(slot, { key, handler, isBusy: true });
  }

  function newSlot(): Slot {
    const worker = Worker.start(settings);
    // Reported by the call that waits for it.
    worker.catch(() => undefined);
    return { worker, key: '', handler: '', isBusy: false, isStale: false, idle: undefined };
  }

  function release(slot: Slot, isUsable: boolean): void {
    slot.isBusy = false;
    if (isClosed || !isUsable) void drop(slot);
    else slot.idle = setTimeout(() => void drop(slot), idleMs).unref();
    waiting.shift()?.();
  }

  return {
    async invoke(call) {
      const key = functionKey(call);
      let slot = acquire(key, call.handler);
      while (!slot) {
        await new Promise<void>((resolve) => waiting.push(resolve));
        slot = acquire(key, call.handler);
      }
      let isUsable = false;
      try {
        const worker = await slot.worker;
        if (slot.isStale) await worker.stop();
        slot.isStale = false;
        const result = await worker.invoke(call, key);
        isUsable = worker.isUsable;
        return result;
      } finally {
        release(slot, isUsable);
      }
    },
    restart(handlers) {
      for (const slot of slots) {
        if (handlers === 'all' || handlers.includes(slot.handler)) slot.isStale = true;
      }
    },
    close,
  };
}

/** Calls of one key may share a process, one after the other. */
function functionKey({ handler, functionName, memoryMb, environment, version }: FunctionCall) {
  return JSON.stringify([handler, functionName, memoryMb, version, environment]);
}
