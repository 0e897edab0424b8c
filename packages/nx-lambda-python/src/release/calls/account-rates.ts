/** The rates of the account that is deployed to, of which nobody knows the number until Lambda has answered once. */

import type { AwsResult } from './aws-failure';
import type { RateLimiter } from './rate';

export type RateKind = 'reads' | 'writes';

export interface AccountRates {
  reads: RateLimiter;
  writes: RateLimiter;
  /** Passes on what a call came to: the account's number is in a function's ARN, and in each refusal. */
  learn<T extends { arn: string }>(result: AwsResult<T>): AwsResult<T>;
}

const ARN = /\barn:[\w-]+:(?:lambda|iam|sts):[\w-]*:(\d{12}):/;
/** Never the name of one: what is sent before anything has been answered is counted together. */
const UNKNOWN = 'unknown';

/**
 * The first read goes out alone, the others wait for its answer and then take from the account's own rate,
 * whatever credentials, profile or role they have. Writes do not wait: a plan has read before them.
 *
 * @param open makes the limiter of an account; called once for each account and kind
 */
export function accountRates(open: (kind: RateKind, account: string) => RateLimiter): AccountRates {
  let account = UNKNOWN;
  let isScoutSent = false;
  let isAnswered: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => (isAnswered = resolve));
  const limiters = new Map<string, RateLimiter>();
  const openKinds = new Set<RateKind>();

  function limiter(kind: RateKind): RateLimiter {
    const key = `${kind} ${account}`;
    const known = limiters.get(key) ?? open(kind, account);
    if (openKinds.has(kind)) known.open();
    limiters.set(key, known);
    return known;
  }

  const late = (kind: RateKind): RateLimiter => ({
    take: () => limiter(kind).take(),
    pause: (seconds) => limiter(kind).pause(seconds),
    open() {
      openKinds.add(kind);
      limiter(kind).open();
    },
  });
  const reads = late('reads');
  return {
    reads: {
      ...reads,
      async take() {
        if (isScoutSent) await answered;
        else isScoutSent = true;
        return reads.take();
      },
    },
    writes: late('writes'),
    learn(result) {
      const text = result.ok ? result.value.arn : result.failure.message;
      account = ARN.exec(text)?.[1] ?? account;
      isAnswered();
      if (!result.ok && result.failure.kind === 'throttled') {
        reads.pause(result.failure.retryAfterSeconds ?? 1);
      }
      return result;
    },
  };
}
