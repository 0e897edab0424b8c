/** Reads what AWS has, for each function, as fast as the quota of GetFunction allows. */

import { failureError, type AwsPlace } from './failure-error';
import type { FunctionService, RemoteFunction } from './function-service';
import { forEachLimited } from './concurrency';
import type { RateLimiter } from './rate';
import { withRetries, type RetryPolicy } from './retry';

export interface FunctionReader extends RetryPolicy {
  functions: FunctionService;
  reads: RateLimiter;
  place: AwsPlace;
}

/** GetFunction has a quota of 100 a second of its own; the rest is left to others. */
export const READ_RATE = { perSecond: 80, burst: 20 };
const READS_IN_FLIGHT = 40;

/**
 * By function name; null where there is none.
 * @throws ACCESS_DENIED, credentials errors and AWS_UNREACHABLE: without all states there is no plan.
 */
export async function readRemoteStates(
  names: readonly string[],
  { functions, reads, place, ...policy }: FunctionReader,
): Promise<Map<string, RemoteFunction | null>> {
  const states = new Map<string, RemoteFunction | null>();
  await forEachLimited(names, READS_IN_FLIGHT, async (name) => {
    const result = await withRetries(async () => {
      await reads.take();
      return functions.get(name);
    }, policy);
    if (result.ok) states.set(name, result.value);
    else if (result.failure.kind === 'not-found') states.set(name, null);
    else throw failureError(result.failure, `function \`${name}\``, place);
  });
  return states;
}
