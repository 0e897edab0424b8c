/** Waits for AWS to finish with a function. */

import type { AwsFailure } from '../model/aws-failure';
import { isTransient } from '../model/aws-failure';
import type { Clock } from '../model/clock';
import type { FunctionService, RemoteFunction } from './function-service';
import { isUnsettled } from '../plan/plan';
import type { RateLimiter } from './rate';
import { askedFor } from './retry';

export type Settled =
  | { state: 'settled'; remote: RemoteFunction }
  | { state: 'failed'; failure: AwsFailure }
  /** `failure`: the last look did not succeed either. */
  | { state: 'timeout'; failure: AwsFailure | null };

export interface PollPorts {
  functions: FunctionService;
  reads: RateLimiter;
  clock: Clock;
}

const FIRST_WAIT = 100;
const LONGEST_WAIT = 2_000;

/**
 * Polls GetFunction, which has a quota of its own, until no update is in progress; the first look comes
 * after a short wait. AWS's own waiters poll another call that eats the quota of writes, and hide denials.
 */
export async function waitUntilSettled(
  name: string,
  deadline: number,
  { functions, reads, clock }: PollPorts,
  qualifier?: string,
): Promise<Settled> {
  let failure: AwsFailure | null = null;
  for (let wait = FIRST_WAIT; ; wait = Math.min(LONGEST_WAIT, wait * 1.5)) {
    await clock.sleep(Math.max(wait, failure === null ? 0 : askedFor(failure)));
    await reads.take();
    const result = await functions.get(name, qualifier);
    if (result.ok && !isUnsettled(result.value)) return { state: 'settled', remote: result.value };
    failure = result.ok ? null : result.failure;
    if (failure?.kind === 'throttled') reads.pause(failure.retryAfterSeconds ?? 1);
    if (failure !== null && !isTransient(failure)) return { state: 'failed', failure };
    if (clock.now() >= deadline) return { state: 'timeout', failure };
  }
}
