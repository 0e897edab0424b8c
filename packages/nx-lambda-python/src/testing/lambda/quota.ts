/**
 * Lambda's control-plane quotas as token buckets: `GetFunction` has a pool of its own, all other
 * calls share another. Source: AWS Lambda developer guide, "Lambda quotas", API requests.
 */

import { tooManyRequests } from '../protocol/aws-error';
import type { QuotaLevel, State } from '../state/model';

export interface Quota {
  /** All control-plane calls but GetFunction, reads such as ListFunctions included. AWS: 15. */
  writesPerSecond: number;
  /** GetFunction. AWS: 100. */
  readsPerSecond: number;
}

export const AWS_QUOTA: Quota = { writesPerSecond: 15, readsPerSecond: 100 };

/**
 * Takes one token from the region's pool for this operation; Invoke does not belong to the control plane.
 * The level lives in the state, so that all processes over one directory share the quota.
 * @throws AwsError 429 TooManyRequestsException if the pool is empty
 */
export function takeToken(
  state: State,
  { region, operation, now }: { region: string; operation: string; now: number },
  quota: Quota,
): void {
  if (operation === 'Invoke') return;
  const [pool, rate] =
    operation === 'GetFunction'
      ? ['reads', quota.readsPerSecond]
      : ['writes', quota.writesPerSecond];
  const id = `${region}/${pool}`;
  const tokens = refill(state.read('quotas', id), rate, now);
  if (tokens < 1) throw tooManyRequests((1 - tokens) / rate);
  state.write('quotas', id, { tokens: tokens - 1, at: now });
}

/** A pool holds one second's worth at most; the clock of another process may be a little ahead. */
function refill(level: QuotaLevel | undefined, rate: number, now: number): number {
  if (level === undefined) return rate;
  const elapsed = Math.max(0, now - level.at);
  return Math.min(rate, level.tokens + (elapsed * rate) / 1000);
}
