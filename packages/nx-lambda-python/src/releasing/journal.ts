/** The lock and the record around everything that is written to functions. */

import { randomUUID } from 'node:crypto';
import { onInterruption } from '../platform/process/interruption';
import { isAbandoned, processIdentity } from '../platform/process/owner';
import type { Plan } from '../release/model/plan';
import {
  earlierPrefix,
  releaseDraft,
  releasesPrefix,
  type ReleaseAuthor,
  type ReleaseDraft,
} from '../release/records/record';
import type { RecordAccess } from '../release/records/record-store';
import type { ReleaseAccess } from '../release/records/release-session';
import type { Destination } from '../targets/chain';
import type { AccountNumber, BucketAccess, ReleaseScope } from './account';

/** How the release lock is taken. */
export interface LockOptions {
  /** False: neither a lock nor a record, and no rollback. */
  records: boolean;
  force: boolean;
  /** `nx deploy orders -c production` */
  command: string;
}

/** Where a release is recorded, and what its record says of it. */
export interface Journal {
  access: ReleaseAccess;
  draft: (plan: Plan) => ReleaseDraft;
}

export function openJournal(
  by: ReleaseAuthor,
  scope: ReleaseScope,
  destination: Destination,
  { command, force }: LockOptions,
  account: AccountNumber,
  bucket: BucketAccess,
): Journal {
  const { user: owner, host, run } = by;
  const facts = { by, prefix: destination.prefix, bucket: destination.bucket.name };
  return {
    access: {
      ...recordAccess(scope, destination, account, bucket),
      force,
      wallNow: Date.now,
      onInterruption: (work) =>
        onInterruption(() => {
          console.error(`interrupted: run \`${command}\` to continue`);
          return work();
        }),
      every(seconds, work) {
        const timer = setInterval(work, seconds * 1000);
        return () => clearInterval(timer);
      },
      holder: {
        ...{ owner, host, run, command, pid: process.pid, process: processIdentity() },
        heldSince: new Date().toISOString(),
      },
    },
    draft: (plan) => releaseDraft(plan, facts),
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
