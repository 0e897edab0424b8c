/** Keeps a lock alive while it is held, and says before each write whether it still is. */

import type { AwsFailure, AwsResult } from '../model/aws-failure';
import type { RecordAccess } from './record-access';
import { freeLock, renewLock, STALE_SECONDS, type HeldLock, type LockFile } from './release-lock';

/** Nothing is written under a lock that was not renewed for so long: others may soon call it left behind. */
const TRUSTED_SECONDS = STALE_SECONDS - 60;

export interface LockKeeper {
  /** To be called every RENEW_SECONDS; never throws. */
  renew(): Promise<void>;
  /** Null while the lock is ours; renews it first where that may have ceased, as after a laptop's sleep. */
  check(): Promise<AwsFailure | null>;
  /** The number under which the release is recorded, where another than planned. */
  setNumber(number: number): Promise<AwsFailure | null>;
  /** Once; nothing is written under it from the moment of asking. */
  free(last: LockFile['last']): Promise<AwsResult<unknown>>;
}

/** `wallNow`: Date.now; some systems stop the other clock while they sleep. */
export function keepLock(first: HeldLock, access: RecordAccess, wallNow: () => number): LockKeeper {
  let held = first;
  let lost: AwsFailure | null = null;
  let renewed = [access.clock.now(), wallNow()] as const;
  let last: Promise<unknown> = Promise.resolve();
  let given: Promise<AwsResult<unknown>> | null = null;

  /** One write at a time: the ETag of each is the condition of the next. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  }

  async function renewNow(changes: Partial<Pick<LockFile, 'number'>> = {}) {
    if (lost !== null) return lost;
    const asked = [access.clock.now(), wallNow()] as const;
    const result = await renewLock(held, access, changes);
    if (result.ok) {
      held = result.value;
      renewed = asked;
      return null;
    }
    if (result.failure.kind === 'lock-lost') lost = result.failure;
    return result.failure;
  }

  function isTrusted(): boolean {
    const [clock, wall] = renewed;
    const seconds = Math.max(access.clock.now() - clock, wallNow() - wall) / 1000;
    return seconds < TRUSTED_SECONDS;
  }

  return {
    renew: () =>
      inTurn(async () => {
        await renewNow();
      }),
    async check() {
      if (given !== null) return GIVEN_BACK;
      if (lost !== null || isTrusted()) return lost;
      return inTurn(async () => {
        if (lost !== null || isTrusted()) return lost;
        const failure = await renewNow();
        return failure === null ? null : { ...failure, kind: 'lock-lost' as const };
      });
    },
    setNumber: (number) => inTurn(() => renewNow({ number })),
    free: (ended) =>
      (given ??= inTurn(async () =>
        lost === null ? freeLock(held, ended, access) : { ok: false, failure: lost },
      )),
  };
}

const GIVEN_BACK: AwsFailure = {
  kind: 'lock-lost',
  operation: 'PutObject',
  name: 'Interrupted',
  message: 'the release was interrupted and has given its lock back',
};
