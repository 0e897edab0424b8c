/** The first function of a release: what goes wrong with it, goes wrong with it alone. */

import { isChanged, type PlannedFunction } from '../plan/plan';
import type { WriteSession } from './write-session';

export interface Canary {
  /** Of a handler or a function; the first one that changes without it. */
  name: string | null;
  /** JSON that is sent to it once its code is there. */
  event: string | null;
  /**
   * Functions that a release which did not end well has left with this package: it may be theirs that failed.
   * Absent without records: then all that have it already while others do not.
   */
  unproven?: ReadonlySet<string>;
}

/**
 * The one that a name asks for, also where it has the package already, so that its answer is known. Without a
 * name the first one that changes, or was changed by the release that is gone on with: the same one again.
 */
export function chooseCanary(
  functions: readonly PlannedFunction[],
  { name, event, unproven }: Canary,
): PlannedFunction | undefined {
  const isUnfinished = functions.some(isChanged);
  const named = functions.find((one) => one.handlerName === name || one.name === name);
  const canBeInvoked = ({ status }: PlannedFunction): boolean =>
    event !== null && status === 'unchanged';
  if (named && (isChanged(named) || canBeInvoked(named))) return named;
  return functions.find(
    (one) =>
      isChanged(one) || (canBeInvoked(one) && (unproven ? unproven.has(one.name) : isUnfinished)),
  );
}

/** What a canary answered wrong; null for a good answer. */
export async function invokeCanary(
  name: string,
  event: string,
  version: string | undefined,
  { functions, clock }: WriteSession,
): Promise<string | null> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await functions.invoke(name, event, version);
    if (answer.ok) {
      const { functionError, payload } = answer.value;
      return functionError === undefined ? null : `${functionError}: ${shorten(payload)}`;
    }
    const { kind, name: code, message } = answer.failure;
    // The function did not run; what may have run is not run twice: its event need not be harmless.
    const isRefused = kind === 'throttled' || kind === 'conflict';
    if (!isRefused || attempt === MAX_ATTEMPTS) return `Invoke: ${code}: ${message}`;
    await clock.sleep(PAUSE);
  }
}

const MAX_ATTEMPTS = 5;
const PAUSE = 1000;
const LONGEST = 300;

/** An answer may have kilobytes of stack trace. */
function shorten(payload: string): string {
  return payload.length > LONGEST ? `${payload.slice(0, LONGEST)}…` : payload;
}
