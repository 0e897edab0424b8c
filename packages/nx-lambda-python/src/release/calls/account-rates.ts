/** The rates of the account that is deployed to, of which nobody knows the number until Lambda has answered once. */

import type { AwsResult } from '../model/aws-failure';
import type { RateLimiter } from './rate';

export type RateKind = 'reads' | 'writes';

export interface AccountRates {
  reads: RateLimiter;
  writes: RateLimiter;
  /** Writes of the same account, for what follows once the first limiter was opened. */
  writesAgain(): RateLimiter;
  /** Passes on what a call came to: the account's number is in a function's ARN, and in each refusal. */
  learn<T extends { arn?: string }>(result: AwsResult<T>): AwsResult<T>;
  /** Sends a read that has been let through, and learns from it. */
  read<T extends { arn: string }>(send: () => Promise<AwsResult<T>>): Promise<AwsResult<T>>;
}

const ARN = /\barn:[\w-]+:(?:lambda|iam|sts):[\w-]*:(\d{12}):/;
/** Never the name of one: what is sent before anything has been answered is counted together. */
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

  /** Of whichever account is known when it is used. */
  function late(kind: RateKind): RateLimiter {
    const limiters = new Map<string, RateLimiter>();
    let isOpen = false;
    const limiter = (): RateLimiter => {
      const known = limiters.get(account) ?? open(kind, account);
      limiters.set(account, known);
      if (isOpen) known.open();
      return known;
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
        // Who is not let through sends no scout either.
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
        // Also of one that threw: the others wait for its end, not for its success.
        isAnswered();
      }
    },
  };
}
