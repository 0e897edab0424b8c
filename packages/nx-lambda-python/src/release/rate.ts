/** A token bucket: keeps calls under a quota however many functions wait for one. */

import type { Clock } from './clock';

export interface RateLimiter {
  /** Resolves when one call may be sent; in the order of asking. */
  take(): Promise<void>;
  /** Nobody gets a token for this long: AWS has said that it is too much. */
  pause(seconds: number): void;
  /** Lets everybody through from now on: nothing will be sent any more. */
  open(): void;
}

export interface Rate {
  perSecond: number;
  /** Calls that may go at once after a rest. */
  burst: number;
}

export function tokenBucket({ perSecond, burst }: Rate, clock: Clock): RateLimiter {
  let tokens = burst;
  let counted = clock.now();
  let pausedUntil = counted;
  let isOpen = false;
  let last: Promise<void> = Promise.resolve();

  function millisecondsToNext(): number {
    if (isOpen) return 0;
    const now = clock.now();
    tokens = Math.min(burst, tokens + ((now - counted) / 1000) * perSecond);
    counted = now;
    return Math.max(pausedUntil - now, ((1 - tokens) / perSecond) * 1000);
  }

  async function turn(): Promise<void> {
    // A pause may be called while this sleeps, hence a loop; a timer's fraction is not worth another round.
    for (let wait = millisecondsToNext(); wait > 0.01; wait = millisecondsToNext()) {
      await clock.sleep(wait);
    }
    tokens -= 1;
  }

  return {
    take() {
      last = last.then(turn);
      return last;
    },
    pause(seconds) {
      pausedUntil = Math.max(pausedUntil, clock.now() + seconds * 1000);
    },
    open() {
      isOpen = true;
    },
  };
}
