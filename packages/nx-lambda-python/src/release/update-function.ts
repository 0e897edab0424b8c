/** Brings one function to the plan's package, whatever happens on the way. */

import { isAmbiguous, stopsEverything, type AwsFailure } from './aws-failure';
import { secondsSince } from './clock';
import type { CodeUpdate, FunctionService, RemoteFunction } from './function-service';
import type { FunctionOutcome } from './outcome';
import { classify, isUnsettled, type Plan, type PlannedFunction } from './plan';
import { waitUntilSettled, type Settled } from './poll';
import type { RateLimiter } from './rate';
import { retryDelay, type RetryPolicy } from './retry';

/** One run of apply, as its functions share it. */
export interface ApplySession extends RetryPolicy {
  plan: Plan;
  functions: FunctionService;
  /** UpdateFunctionCode shares 15 a second with all other calls of the account but GetFunction. */
  writes: RateLimiter;
  reads: RateLimiter;
  /** How long AWS may take to make an accepted update effective, for each function. */
  waitTimeoutSeconds: number;
  /** Set by a failure that all further writes would meet, too. */
  stopped: AwsFailure | null;
}

const MAX_WRITES = 8;
/** Throttling is the account's weather, not this function's fault: it gets more patience. */
const MAX_THROTTLED = 30;

type Ending = Pick<FunctionOutcome, 'status' | 'error' | 'version'>;

interface History {
  /** When its first write, or wait, began: time in the queue is not this function's. */
  start: number | null;
  writes: number;
  throttled: number;
  /** A write was sent of which nobody knows whether it was carried out. */
  mayHaveLanded: boolean;
}

/**
 * Never two writes in flight, and never one on a guess: after a conflict, or an answer that got lost,
 * the function is read until it is at rest, and written again only if it does not run the package.
 */
export async function updateFunction(
  one: PlannedFunction,
  session: ApplySession,
): Promise<FunctionOutcome> {
  const { clock } = session;
  const history: History = { start: null, writes: 0, throttled: 0, mayHaveLanded: false };
  let ending: Ending | null = null;
  if (one.status === 'busy') {
    history.start = clock.now();
    ending = await lookAgain(one, session, history);
  }
  while (ending === null) {
    await session.writes.take();
    history.start ??= clock.now();
    ending =
      session.stopped === null ? await write(one, session, history) : notTried(session.stopped);
  }
  const { name, handlerName, handler } = one;
  const seconds = secondsSince(clock, history.start ?? clock.now());
  return { name, handlerName, handler, ...ending, seconds };
}

/** Null asks for another write. */
async function write(
  one: PlannedFunction,
  session: ApplySession,
  history: History,
): Promise<Ending | null> {
  const result = await session.functions.updateCode(codeUpdate(one.name, session.plan));
  if (result.ok) return effectOf(result.value, one, session);
  const { failure } = result;
  if (failure.kind === 'throttled') {
    history.throttled += 1;
    // All writes share the quota that was just used up.
    session.writes.pause(failure.retryAfterSeconds ?? 1);
    return history.throttled < MAX_THROTTLED ? null : fail(failure, session);
  }
  if (failure.kind !== 'conflict' && !isAmbiguous(failure.kind)) return fail(failure, session);

  history.writes += 1;
  history.mayHaveLanded ||= isAmbiguous(failure.kind);
  await session.clock.sleep(retryDelay(history.writes, failure, session.random));
  const ending = await lookAgain(one, session, history);
  return ending === null && history.writes >= MAX_WRITES ? fail(failure, session) : ending;
}

/** AWS has accepted the code: waits until it runs. */
async function effectOf(
  written: RemoteFunction,
  one: PlannedFunction,
  session: ApplySession,
): Promise<Ending> {
  const settled = isUnsettled(written)
    ? await waitUntilSettled(one.name, deadline(session), session)
    : ({ state: 'settled', remote: written } as const);
  if (settled.state !== 'settled') return unsettled(settled, session);
  const { status, detail } = classify(one, settled.remote, session.plan);
  if (status === 'unchanged') return { status: 'updated' };
  return { status: 'failed', error: detail ?? otherPackage(settled.remote) };
}

/** Decides from the remote state alone, once it is at rest. Null asks for a write. */
async function lookAgain(
  one: PlannedFunction,
  session: ApplySession,
  { mayHaveLanded }: History,
): Promise<Ending | null> {
  const settled = await waitUntilSettled(one.name, deadline(session), session);
  if (settled.state !== 'settled') return unsettled(settled, session);
  const { status, detail } = classify(one, settled.remote, session.plan);
  if (status === 'unchanged') return { status: mayHaveLanded ? 'updated' : 'unchanged' };
  if (status === 'update' || status === 'failed') return null;
  return { status: 'failed', error: detail ?? status };
}

function codeUpdate(name: string, { architecture, package: source }: Plan): CodeUpdate {
  const { bucket, key, versionId } = source;
  return { name, architecture, bucket, key, ...(versionId === null ? {} : { versionId }) };
}

function deadline({ clock, waitTimeoutSeconds }: ApplySession): number {
  return clock.now() + waitTimeoutSeconds * 1000;
}

function fail(failure: AwsFailure, session: ApplySession): Ending {
  if (stopsEverything(failure)) {
    session.stopped ??= failure;
    session.writes.open();
  }
  return { status: 'failed', error: describe(failure) };
}

function unsettled(settled: Exclude<Settled, { state: 'settled' }>, session: ApplySession): Ending {
  if (settled.state === 'failed') return fail(settled.failure, session);
  const last = settled.failure === null ? 'still in progress' : describe(settled.failure);
  return {
    status: 'failed',
    error: `its update has no outcome after ${session.waitTimeoutSeconds} s: ${last}; the next deploy will tell`,
  };
}

function notTried(failure: AwsFailure): Ending {
  return { status: 'skipped', error: `not tried after ${describe(failure)}` };
}

function otherPackage({ codeSha256 }: RemoteFunction): string {
  return `runs another package, ${codeSha256 ?? 'unknown'}: something else deployed to it at the same time`;
}

function describe({ operation, name, message }: AwsFailure): string {
  return `${operation}: ${name}: ${message}`;
}
