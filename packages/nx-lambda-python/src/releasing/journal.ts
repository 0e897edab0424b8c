/** The lock and the record around everything that is written to functions. */

import { randomUUID } from 'node:crypto';
import { onInterruption } from '../platform/process/interruption';
import { isAbandoned, processIdentity } from '../platform/process/owner';
import type { FunctionOutcome } from '../release/model/function-state';
import type { Plan } from '../release/model/plan';
import {
  earlierPrefix,
  endedFunctions,
  releaseDraft,
  releasesPrefix,
  type ReleaseAuthor,
  type ReleaseRecord,
} from '../release/records/record';
import type { RecordAccess } from '../release/records/record-store';
import { RENEW_SECONDS, type LockView } from '../release/records/release-lock';
import {
  beginRelease,
  settleUnfinished,
  type ReleaseAccess,
} from '../release/records/release-session';
import type { Destination } from '../targets/chain';
import type { AccountNumber, BucketAccess } from './account';

/** Whose releases: records and lock are kept by it. */
export interface ReleaseScope {
  service: string;
  stage: string | null;
}

/** How the release lock is taken. */
export interface LockOptions {
  /** False: neither a lock nor a record, and no rollback. */
  records: boolean;
  force: boolean;
  /** `nx deploy orders -c production` */
  command: string;
}

export type Journal = Awaited<ReturnType<typeof openJournal>>;
/** A release whose lock is held. */
export type OpenRelease = NonNullable<Awaited<ReturnType<Journal['begin']>>>;

export async function openJournal(
  by: ReleaseAuthor,
  scope: ReleaseScope,
  destination: Destination,
  lock: LockOptions,
  account: AccountNumber,
  bucket: BucketAccess,
) {
  const access: ReleaseAccess = {
    ...recordAccess(scope, destination, account, bucket),
    force: lock.force,
    wallNow: Date.now,
    onInterruption: (work) =>
      onInterruption(() => {
        console.error(`interrupted: run \`${lock.command}\` to continue`);
        return work();
      }),
    holder: {
      owner: by.user,
      host: by.host,
      pid: process.pid,
      process: processIdentity(),
      run: by.run,
      command: lock.command,
      heldSince: new Date().toISOString(),
    },
  };
  const facts = { by, prefix: destination.prefix, bucket: destination.bucket.name };
  return {
    access,
    /** The number of a release that was killed and has its end written by this. */
    settle: (
      plan: Plan,
      view: LockView,
      isProven: (record: ReleaseRecord) => Promise<boolean>,
    ): Promise<number | null> =>
      settleUnfinished(view, releaseDraft(plan, facts), access, isProven),
    /** Null if another release was faster. */
    async begin(plan: Plan, view: LockView) {
      const session = await beginRelease(view, releaseDraft(plan, facts), access);
      if (session === null) return null;
      const timer = setInterval(() => void session.lock.renew(), RENEW_SECONDS * 1000);
      return {
        session,
        /** Gives the lock back if nobody wrote the end: the record stays as started, and the next release takes it up. */
        async leave() {
          clearInterval(timer);
          await session.leave();
        },
        /** Warnings, if any. */
        async end(status: ReleaseRecord['status'], outcomes: readonly FunctionOutcome[]) {
          clearInterval(timer);
          return session.end(status, endedFunctions(session.record.functions, outcomes));
        },
      };
    },
  };
}

/** Where the records of a service and stage are in this account and region. */
export function recordAccess(
  { service, stage }: ReleaseScope,
  { bucket, prefix }: Destination,
  account: AccountNumber,
  { records, place, policy }: Pick<BucketAccess, 'records' | 'place' | 'policy'>,
): RecordAccess {
  const owner = { account: account.id, region: place.region };
  return {
    ...policy,
    records,
    place,
    bucket,
    releases: releasesPrefix(prefix, service, stage, owner),
    earlier: { releases: earlierPrefix(prefix, service, stage), owner },
    subject: subjectOf({ service, stage }),
    token: randomUUID,
    isGone: isAbandoned,
  };
}

export function subjectOf({ service, stage }: ReleaseScope): string {
  return stage === null ? `\`${service}\`` : `\`${service}\` (stage ${stage})`;
}
