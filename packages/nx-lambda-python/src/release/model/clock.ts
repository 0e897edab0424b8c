/** Time as release code sees it, so that specs run minutes of waiting in no time. */

export interface Clock {
  /** Milliseconds that never go back. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/** Seconds since `start`, to the millisecond. */
export function secondsSince(clock: Clock, start: number): number {
  return Math.round(clock.now() - start) / 1000;
}
