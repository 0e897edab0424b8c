/** Ctrl-C, and whoever else asks this process to end: what must be given back is given back first. */

import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Nx kills a task some seconds after it has asked it to end. */
const PATIENCE_MILLISECONDS = 3_000;

const works = new Set<() => Promise<unknown>>();
let isEnding = false;

/**
 * Has this work done before an interruption ends the process.
 * @returns what takes it back
 */
export function onInterruption(work: () => Promise<unknown>): () => void {
  if (works.size === 0) for (const signal of SIGNALS) process.on(signal, end);
  works.add(work);
  return () => {
    works.delete(work);
    if (works.size === 0 && !isEnding) for (const signal of SIGNALS) process.off(signal, end);
  };
}

/** Once this process is asked to end it never returns: whoever waited here has nothing to report any more. */
export async function endIfInterrupted(): Promise<void> {
  if (isEnding) await new Promise(() => undefined);
}

/** A terminal and Nx both send one: the second is no reason to stop half-way. */
function end(signal: (typeof SIGNALS)[number]): void {
  if (isEnding) return;
  isEnding = true;
  const leave = (): void => process.exit(128 + constants.signals[signal]);
  setTimeout(leave, PATIENCE_MILLISECONDS);
  void Promise.allSettled([...works].map((work) => work())).then(leave);
}
