/** Single calls under a shared rate: one that AWS refuses for its rate slows down all that share it. */

import { isTransient, type AwsResult } from '../model/aws-failure';
import type { RateLimiter } from './rate';
import { MAX_ATTEMPTS, MAX_THROTTLED, retryDelay, type RetryPolicy } from './retry';

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
