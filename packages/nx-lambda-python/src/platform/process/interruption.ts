/** Cleans up before this process ends, when Ctrl-C or another signal asks it to. */

import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Nx kills a task some seconds after it has asked it to end. */
const PATIENCE_MILLISECONDS = 3_000;

const works = new Set<() => Promise<unknown>>();
let isEnding = false;

/**
 * Does this work before an interruption ends the process.
 * @returns a function that cancels this
 */
export function onInterruption(work: () => Promise<unknown>): () => void {
  if (works.size === 0) for (const signal of SIGNALS) process.on(signal, end);
  works.add(work);
  return () => {
    works.delete(work);
    if (works.size === 0 && !isEnding) for (const signal of SIGNALS) process.off(signal, end);
  };
}

/** Never returns once this process is asked to end, so that the caller reports nothing more. */
export async function endIfInterrupted(): Promise<void> {
  if (isEnding) await new Promise(() => undefined);
}

/** A terminal and Nx both send a signal: the second one does not stop the work. */
function end(signal: (typeof SIGNALS)[number]): void {
  if (isEnding) return;
  isEnding = true;
  const leave = (): void => process.exit(128 + constants.signals[signal]);
  setTimeout(leave, PATIENCE_MILLISECONDS);
  void Promise.allSettled([...works].map((work) => work())).then(leave);
}
