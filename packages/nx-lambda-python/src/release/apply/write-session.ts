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
import type { Plan } from '../model/plan';
import { isUnsettled, type RemoteFunction } from '../model/remote-function';

/** One run of apply, as its functions share it. */
export interface WriteSession extends RetryPolicy {
  plan: Plan;
  functions: FunctionService;
  reads: RateLimiter;
  /** Writes share 15 a second with all other calls of the account but GetFunction. */
  writes: RateLimiter;
  /** How long AWS may take to make an accepted write effective, for each function. */
  waitTimeoutSeconds: number;
  /** Why no further write is sent: a failure that all would meet, or a canary that is not well. */
  stopped: string | null;
}

/** Ends a function's part in a release before its time: thrown, since nothing more is done for it. */
export class Refusal extends Error {
  constructor(
    readonly status: 'failed' | 'skipped',
    reason: string,
  ) {
    super(reason);
  }
}

const FIRST_WAIT = 100;
const LONGEST_WAIT = 2_000;

/**
 * Polls GetFunction, which has a quota of its own, until no update is in progress; the first look comes
 * after a short wait. AWS's own waiters poll another call that eats the quota of writes, and hide denials.
 * @throws Refusal after the timeout
 */
export async function waitUntilSettled(
  name: string,
  session: Pick<WriteSession, 'functions' | 'reads' | 'clock' | 'waitTimeoutSeconds'>,
  qualifier?: string,
): Promise<AwsResult<RemoteFunction>> {
  const { functions, reads, clock, waitTimeoutSeconds } = session;
  const deadline = clock.now() + waitTimeoutSeconds * 1000;
  let failure: AwsFailure | null = null;
  for (let wait = FIRST_WAIT; ; wait = Math.min(LONGEST_WAIT, wait * 1.5)) {
    await clock.sleep(Math.max(wait, failure === null ? 0 : askedFor(failure)));
    await reads.take();
    const result = await functions.get(name, qualifier);
    if (result.ok && !isUnsettled(result.value)) return result;
    failure = result.ok ? null : result.failure;
    if (failure?.kind === 'throttled') reads.pause(failure.retryAfterSeconds ?? 1);
    if (failure !== null && !isTransient(failure)) return { ok: false, failure };
    if (clock.now() < deadline) continue;
    const last = failure === null ? 'still in progress' : describe(failure);
    throw new Refusal(
      'failed',
      `its update did not finish within ${waitTimeoutSeconds} s: ${last}; the next deploy checks it again`,
    );
  }
}

const MAX_WRITES = 8;

/** The writes of one function, and what is known of them. */
export class FunctionWrites {
  /** When its first write, or wait, began: time in the queue is not this function's. */
  start: number | null = null;
  /** Those that AWS neither accepted nor refused for good: the function has to be read again. */
  unclear = 0;
  /** A write was carried out, or may have been because its answer was lost. */
  mayHaveLanded = false;
  private throttled = 0;

  constructor(
    readonly name: string,
    readonly session: WriteSession,
  ) {}

  /**
   * Sends one write when the rate allows it; what was throttled was not carried out and is sent again.
   * Null after a conflict, a state that has moved on, or no answer: read the function, then decide.
   * @throws Refusal if AWS refuses it for good
   */
  async send<T>(write: () => Promise<AwsResult<T>>): Promise<{ value: T } | null> {
    const { session } = this;
    for (;;) {
      await session.writes.take();
      if (session.stopped !== null) throw new Refusal('skipped', session.stopped);
      this.begin();
      const result = await write();
      if (result.ok) {
        this.mayHaveLanded = true;
        return result;
      }
      const { failure } = result;
      if (failure.kind === 'throttled') {
        this.throttled += 1;
        // All writes share the quota that was just used up.
        session.writes.pause(failure.retryAfterSeconds ?? 1);
        if (this.throttled < MAX_THROTTLED) continue;
        throw refused(failure, session);
      }
      const { kind } = failure;
      const isUnclear = kind === 'conflict' || kind === 'precondition' || isAmbiguous(kind);
      if (!isUnclear) throw refused(failure, session);
      this.unclear += 1;
      this.mayHaveLanded ||= isAmbiguous(kind);
      if (this.unclear >= MAX_WRITES) throw refused(failure, session);
      await session.clock.sleep(retryDelay(this.unclear, failure, session.random));
      return null;
    }
  }

  /** @throws Refusal where the function cannot be read, or does not come to rest in time */
  async settle(qualifier?: string): Promise<RemoteFunction> {
    this.begin();
    const settled = await waitUntilSettled(this.name, this.session, qualifier);
    if (settled.ok) return settled.value;
    throw refused(settled.failure, this.session);
  }

  private begin(): void {
    this.start ??= this.session.clock.now();
  }
}

/** Ends a function's part; what every further write would meet ends the whole release's. */
export function refused(failure: AwsFailure, session: WriteSession): Refusal {
  if (stopsEverything(failure)) stop(session, `not tried after ${describe(failure)}`);
  return new Refusal('failed', describe(failure));
}

/** Nothing more is written: all that wait for the rate are told at once. */
export function stop(session: WriteSession, reason: string): void {
  session.stopped ??= reason;
  session.writes.open();
}

export function otherCode({ codeSha256 }: RemoteFunction): Refusal {
  return new Refusal(
    'failed',
    `runs another package, ${codeSha256 ?? 'unknown'}: something else deployed to it at the same time`,
  );
}
