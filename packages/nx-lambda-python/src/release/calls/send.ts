/** How calls are sent: repeated, under a shared rate, a few at a time. */

import { isTransient, type AwsFailure, type AwsResult } from '../model/aws-failure';
import type { Clock } from '../model/clock';
import { LONGEST_PAUSE_MILLISECONDS, type RateLimiter } from './rate';

export interface RetryPolicy {
  clock: Clock;
  /** In [0, 1): spreads the retries of processes that failed together. */
  random: () => number;
}

export const MAX_ATTEMPTS = 6;

/** Other callers of the account cause throttling, so it is repeated more often than a failure. */
export const MAX_THROTTLED = 30;

/** Repeats a call that may be repeated safely until it succeeds, fails for good or has failed too often. */
export async function withRetries<T>(
  call: () => Promise<AwsResult<T>>,
  policy: RetryPolicy,
  isRetryable: (failure: AwsFailure) => boolean = isTransient,
): Promise<AwsResult<T>> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await call();
    if (result.ok || attempt === MAX_ATTEMPTS || !isRetryable(result.failure)) return result;
    await policy.clock.sleep(retryDelay(attempt, result.failure, policy.random));
  }
}

/** Milliseconds: what AWS asks for, and at least 0.1 to 0.2 s, doubled with each attempt up to 5 to 10 s. */
export function retryDelay(attempt: number, failure: AwsFailure, random: () => number): number {
  const ceiling = Math.min(10_000, 200 * 2 ** (attempt - 1));
  const spread = ceiling * (0.5 + random() / 2);
  return Math.max(spread, askedFor(failure));
}

/** Milliseconds that AWS asks to wait, as far as it may be believed; a gateway says hours. */
export function askedFor({ retryAfterSeconds = 0 }: AwsFailure): number {
  return Math.min(retryAfterSeconds * 1000, LONGEST_PAUSE_MILLISECONDS);
}

/** Sends a call when the rate allows it, as often as it may be repeated. */
export async function paced<T>(
  send: () => Promise<AwsResult<T>>,
  limiter: RateLimiter,
  { clock, random }: RetryPolicy,
): Promise<AwsResult<T>> {
  let throttled = 0;
  for (let attempt = 1; ;) {
    await limiter.take();
    const result = await send();
    if (result.ok || !isTransient(result.failure)) return result;
    if (result.failure.kind === 'throttled') {
      throttled += 1;
      limiter.pause(result.failure.retryAfterSeconds ?? 1);
      if (throttled === MAX_THROTTLED) return result;
    } else {
      if (attempt === MAX_ATTEMPTS) return result;
      await clock.sleep(retryDelay(attempt, result.failure, random));
      attempt += 1;
    }
  }
}

/** Starts items in order; the first error stops the start of others and is thrown when the rest has ended. */
export async function forEachLimited<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const errors: unknown[] = [];
  async function worker(): Promise<void> {
    for (let next = queue.next(); !next.done && errors.length === 0; next = queue.next()) {
      try {
        await work(next.value);
      } catch (error) {
        errors.push(error);
      }
    }
  }
  await Promise.all(Array.from({ length: limit }, worker));
  if (errors.length > 0) throw errors[0];
}
