/** The first function of a release: what goes wrong with it, goes wrong with it alone. */

import type { WriteSession } from './write-session';

export interface Canary {
  /** Of a handler or a function; the first one that changes without it. */
  name: string | null;
  /** JSON that is sent to it once its code is there. */
  event: string | null;
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
