/** Single writes of a release: under the rate, repeated only where that is sure to be right. */

import type { FunctionService } from '../calls/function-service';
import type { RateLimiter } from '../calls/rate';
import { askedFor, MAX_THROTTLED, retryDelay, type RetryPolicy } from '../calls/send';
import {
  describe,
  isAmbiguous,
  isTransient,
  stopsEverything,
  type AwsFailure,
  type AwsResult,
} from '../model/aws-failure';
import type { Clock } from '../model/clock';
import type { Plan } from '../model/plan';
import { isUnsettled, type RemoteFunction } from '../model/remote-function';

export type PollResult =
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
): Promise<PollResult> {
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

/** One run of apply, as its functions share it. */
export interface WriteSession extends RetryPolicy, PollPorts {
  plan: Plan;
  functions: FunctionService;
  /** Writes share 15 a second with all other calls of the account but GetFunction. */
  writes: RateLimiter;
  /** How long AWS may take to make an accepted write effective, for each function. */
  waitTimeoutSeconds: number;
  /** Why no further write is sent: a failure that all would meet, or a canary that is not well. */
  stopped: string | null;
}

const MAX_WRITES = 8;

/** How a function's part in a release ends before its time. */
export interface Refusal {
  status: 'failed' | 'skipped';
  error: string;
}

/** What is known of the writes of one function. */
export interface WriteHistory {
  /** When its first write, or wait, began: time in the queue is not this function's. */
  start: number | null;
  /** Writes that AWS neither accepted nor refused for good: the function has to be read again. */
  writes: number;
  throttled: number;
  /** A write was carried out, or may have been because its answer was lost. */
  mayHaveLanded: boolean;
}

export function newHistory(): WriteHistory {
  return { start: null, writes: 0, throttled: 0, mayHaveLanded: false };
}

/**
 * - done: AWS has accepted it
 * - unclear: a conflict, a state that has moved on, or no answer; read the function, then decide
 * - refused: for good
 */
export type Written<T> =
  | { kind: 'done'; value: T }
  | { kind: 'unclear'; failure: AwsFailure }
  | { kind: 'refused'; refusal: Refusal };

/** Sends one write when the rate allows it; what was throttled was not carried out and is sent again. */
export async function write<T>(
  send: () => Promise<AwsResult<T>>,
  session: WriteSession,
  history: WriteHistory,
): Promise<Written<T>> {
  for (;;) {
    await session.writes.take();
    if (session.stopped !== null) {
      return { kind: 'refused', refusal: { status: 'skipped', error: session.stopped } };
    }
    history.start ??= session.clock.now();
    const result = await send();
    if (result.ok) {
      history.mayHaveLanded = true;
      return { kind: 'done', value: result.value };
    }
    const { failure } = result;
    if (failure.kind === 'throttled') {
      history.throttled += 1;
      // All writes share the quota that was just used up.
      session.writes.pause(failure.retryAfterSeconds ?? 1);
      if (history.throttled < MAX_THROTTLED) continue;
      return { kind: 'refused', refusal: fail(failure, session) };
    }
    if (!isUnclear(failure)) return { kind: 'refused', refusal: fail(failure, session) };
    history.writes += 1;
    history.mayHaveLanded ||= isAmbiguous(failure.kind);
    if (history.writes >= MAX_WRITES) return { kind: 'refused', refusal: fail(failure, session) };
    await session.clock.sleep(retryDelay(history.writes, failure, session.random));
    return { kind: 'unclear', failure };
  }
}

/** Ends a function's part; what every further write would meet ends the whole release's. */
export function fail(failure: AwsFailure, session: WriteSession): Refusal {
  if (stopsEverything(failure)) stop(session, `not tried after ${describe(failure)}`);
  return { status: 'failed', error: describe(failure) };
}

/** Nothing more is written: all that wait for the rate are told at once. */
export function stop(session: WriteSession, reason: string): void {
  session.stopped ??= reason;
  session.writes.open();
}

export function unsettled(
  settled: Exclude<PollResult, { state: 'settled' }>,
  session: WriteSession,
): Refusal {
  if (settled.state === 'failed') return fail(settled.failure, session);
  const last = settled.failure === null ? 'still in progress' : describe(settled.failure);
  return {
    status: 'failed',
    error: `its update did not finish within ${session.waitTimeoutSeconds} s: ${last}; the next deploy checks it again`,
  };
}

export function deadline({ clock, waitTimeoutSeconds }: WriteSession): number {
  return clock.now() + waitTimeoutSeconds * 1000;
}

export function otherCode({ codeSha256 }: RemoteFunction): string {
  return `runs another package, ${codeSha256 ?? 'unknown'}: something else deployed to it at the same time`;
}

function isUnclear({ kind }: AwsFailure): boolean {
  return kind === 'conflict' || kind === 'precondition' || isAmbiguous(kind);
}

/** The function's part ends here. */
export function failed(error: string): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { status: 'failed', error } };
}
