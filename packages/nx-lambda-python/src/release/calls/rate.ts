/**
 * Keeps calls under a quota however many functions, or processes, wait for one.
 *
 * The generic cell rate algorithm: one moment, `due`, says when the next call would be due if all had been
 * sent evenly. A sender reserves moments from it and waits for them.
 */

import type { AwsResult } from '../model/aws-failure';
import type { Clock } from '../model/clock';

export interface RateLimiter {
  /** Resolves when one call may be sent; in the order of asking. A repeated call takes again. */
  take(): Promise<void>;
  /** No call is let through for this long, because AWS throttled one; afterwards the rate is lower. */
  pause(seconds: number): void;
  /** Lets all callers through from now on: none of them will send anything. */
  open(): void;
}

export interface Rate {
  perSecond: number;
  /** Calls that may go at once after a rest. */
  burst: number;
  /** Moments that one limiter reserves together, to look at a shared state less often; 1 is the fairest. */
  together?: number;
}

export interface RateState {
  /** When the next call is due; milliseconds of the clock that all who share it have. */
  due: number;
  pausedUntil: number;
  /** Of the rate; below 1 after AWS has said that it is too much. */
  share: number;
}

/** Where the state is kept, for this process alone or for several. */
export interface RateStore {
  /** No other caller changes it meanwhile. Never fails. */
  change<T>(work: (state: RateState) => { state: RateState; result: T }): Promise<T>;
  pausedUntil(): number;
}

/** More than one moment is reserved at a time only where it comes as soon as this, so that others get in between. */
const AHEAD_MILLISECONDS = 250;

/** AWS asks for a second or two; a gateway that asks for hours is not believed. */
export const LONGEST_PAUSE_MILLISECONDS = 60_000;

/** Other callers may have the rest of the quota for long: fall fast, climb back in about 60 calls. */
const FALL = 0.7;
const CLIMB = 0.005;
const LEAST_SHARE = 0.1;

/** As after a long rest. */
export const RESTED: RateState = { due: 0, pausedUntil: 0, share: 1 };

/** Takes up to `wanted` moments, at least one. */
export function reserve(
  state: RateState,
  { perSecond, burst }: Rate,
  now: number,
  wanted: number,
): { state: RateState; result: number[] } {
  let { due, share } = state;
  const moments: number[] = [];
  do {
    const interval = 1000 / (perSecond * share);
    // What AWS has just refused is not asked for in one go.
    const credit = share < 1 ? 0 : (burst - 1) * interval;
    const moment = Math.max(now, state.pausedUntil, due - credit);
    if (moments.length > 0 && moment > now + AHEAD_MILLISECONDS) break;
    moments.push(moment);
    due = Math.max(moment, due) + interval;
    share = Math.min(1, share + CLIMB);
  } while (moments.length < wanted);
  return { state: { ...state, due, share }, result: moments };
}

/** Several calls that were in flight are refused together: that is one sign, not many. */
export function throttle(state: RateState, now: number, seconds: number): RateState {
  const until = pauseUntil(now, seconds);
  const isNew = now >= state.pausedUntil;
  return {
    ...state,
    pausedUntil: Math.max(state.pausedUntil, until),
    share: isNew ? Math.max(LEAST_SHARE, state.share * FALL) : state.share,
  };
}

function pauseUntil(now: number, seconds: number): number {
  return now + Math.min(seconds * 1000, LONGEST_PAUSE_MILLISECONDS);
}

export function memoryRateStore(): RateStore {
  let state = RESTED;
  return {
    change: async (work) => {
      const done = work(state);
      state = done.state;
      return done.result;
    },
    pausedUntil: () => state.pausedUntil,
  };
}

export function rateLimiter(rate: Rate, clock: Clock, store: RateStore): RateLimiter {
  let moments: number[] = [];
  let waiting = 0;
  let isOpen = false;
  let setOpen: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (setOpen = resolve));
  let last: Promise<void> = Promise.resolve();
  let pausedUntil = -Infinity;

  /** Until the limiter is open at the latest. */
  const sleep = (wait: number) => Promise.race([clock.sleep(wait), opened]);

  async function turn(): Promise<void> {
    while (!isOpen) {
      // A moment reserved during a pause would be wasted.
      const pause = pausedUntil - clock.now();
      if (pause > 0.01) {
        await sleep(pause);
        continue;
      }
      if (moments.length === 0) {
        moments = await store.change((state) =>
          reserve(state, rate, clock.now(), Math.min(waiting, rate.together ?? 1)),
        );
      }
      const wait = (moments[0] ?? 0) - clock.now();
      // A timer's fraction is not worth another round.
      if (wait > 0.01) await sleep(wait);
      const paused = Math.max(pausedUntil, store.pausedUntil()) > clock.now() + 0.01;
      if (!paused) {
        moments.shift();
        break;
      }
      // Said while this slept: what was reserved before is worth nothing.
      moments = [];
    }
    waiting -= 1;
  }

  return {
    take() {
      waiting += 1;
      last = last.then(turn);
      return last;
    },
    pause(seconds) {
      const now = clock.now();
      pausedUntil = Math.max(pausedUntil, pauseUntil(now, seconds));
      void store.change((state) => ({ state: throttle(state, now, seconds), result: undefined }));
    },
    open() {
      isOpen = true;
      setOpen();
    },
  };
}

export type RateKind = 'reads' | 'writes';

export interface AccountRates {
  reads: RateLimiter;
  writes: RateLimiter;
  /** Writes of the same account, for what follows once the first limiter was opened. */
  writesAgain(): RateLimiter;
  /** Passes on what a call came to: the account's number is in a function's ARN, and in each refusal. */
  learn<T extends { arn?: string }>(result: AwsResult<T>): AwsResult<T>;
  /** Sends a read that was let through, and learns the account from its answer. */
  read<T extends { arn: string }>(send: () => Promise<AwsResult<T>>): Promise<AwsResult<T>>;
}

const ARN = /\barn:[\w-]+:(?:lambda|iam|sts):[\w-]*:(\d{12}):/;

/** Calls sent before the first answer share one count. */
const UNKNOWN = 'unknown';

/**
 * The first read goes out alone, the others wait for its answer and then take from the account's own rate,
 * whatever credentials, profile or role they have. Writes do not wait: a plan has read before them.
 *
 * @param open makes a limiter of an account; those of one account and kind share its rate
 */
export function accountRates(open: (kind: RateKind, account: string) => RateLimiter): AccountRates {
  let account = UNKNOWN;
  let isScoutSent = false;
  let isAnswered: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => (isAnswered = resolve));

  /** A limiter of the account that is known at the time of each call. */
  function late(kind: RateKind): RateLimiter {
    const limiters = new Map<string, RateLimiter>();
    let isOpen = false;
    const limiter = (): RateLimiter => {
      const existing = limiters.get(account) ?? open(kind, account);
      limiters.set(account, existing);
      if (isOpen) existing.open();
      return existing;
    };
    return {
      take: () => limiter().take(),
      pause: (seconds) => limiter().pause(seconds),
      open() {
        isOpen = true;
        limiter();
      },
    };
  }

  function learn<T extends { arn?: string }>(result: AwsResult<T>): AwsResult<T> {
    const text = result.ok ? (result.value.arn ?? '') : result.failure.message;
    account = ARN.exec(text)?.[1] ?? account;
    return result;
  }

  const reads = late('reads');
  return {
    learn,
    reads: {
      ...reads,
      async take() {
        if (isScoutSent) await answered;
        isScoutSent = true;
        // If the first read is not let through, the others must not wait for its answer.
        return reads.take().catch((error: unknown) => {
          isAnswered();
          throw error;
        });
      },
    },
    writes: late('writes'),
    writesAgain: () => late('writes'),
    async read(send) {
      try {
        const result = learn(await send());
        if (!result.ok && result.failure.kind === 'throttled') {
          reads.pause(result.failure.retryAfterSeconds ?? 1);
        }
        return result;
      } finally {
        // Also after an error: the others wait for its end, not for its success.
        isAnswered();
      }
    },
  };
}
