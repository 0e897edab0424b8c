/** The lock and the record around everything that is written to functions. */

import { randomUUID } from 'node:crypto';
import { releaseAuthor } from '../platform/git/author';
import { onInterruption } from '../platform/process/interruption';
import { isAbandoned, processIdentity } from '../platform/process/owner';
import type { FunctionService } from '../release/calls/function-service';
import type { FunctionOutcome } from '../release/model/function-state';
import type { Plan } from '../release/model/plan';
import {
  earlierPrefix,
  endedFunctions,
  releaseDraft,
  releasesPrefix,
  type ReleaseRecord,
  type ReleaseStatus,
} from '../release/records/record';
import type { RecordAccess, RecordStorage } from '../release/records/record-store';
import {
  guardedFunctions,
  lookAtLock,
  RENEW_SECONDS,
  type LockView,
} from '../release/records/release-lock';
import {
  beginRelease,
  settleUnfinished,
  type ReleaseAccess,
} from '../release/records/release-session';
import type { FunctionReader } from '../release/plan/remote-states';
import type { AccountNumber } from './account';
import { type Destination } from '../targets/chain';

export interface JournalRequest {
  project: string;
  stage: string | null;
  settings: Destination;
  workspaceRoot: string;
  /** `nx deploy orders -c production` */
  command: string;
  forceUnlock: boolean;
}

export interface Journal {
  access: RecordAccess;
  /** Before the plan is made: what changes after this look is noticed. */
  look(): Promise<LockView>;
  /** Null where somebody was faster: look and plan again. */
  begin(view: LockView, plan: Plan): Promise<OpenRelease | null>;
  /** Nothing is to be done: the number of a release that was killed and has its end written by this. */
  settle(
    view: LockView,
    plan: Plan,
    /** Whether the package of the release that was killed works; asked before anything is written. */
    isProven?: (record: ReleaseRecord) => Promise<boolean>,
  ): Promise<number | null>;
}

export interface OpenRelease {
  number: number;
  record: ReleaseRecord;
  /** Lambda, as long as the lock is ours. */
  functions: FunctionService;
  /** Warnings, if any. */
  end(status: ReleaseStatus, outcomes: readonly FunctionOutcome[]): Promise<string[]>;
  /** Gives the lock back if nobody wrote the end: the record stays as started, the next release takes it up. */
  leave(): Promise<void>;
}

type JournalPorts = Pick<FunctionReader, 'functions' | 'place' | 'clock' | 'random'> & {
  records: RecordStorage;
  account: AccountNumber;
};

export function recordAccess(
  { project, stage, settings }: Pick<JournalRequest, 'project' | 'stage' | 'settings'>,
  { records, place, clock, random, account }: Omit<JournalPorts, 'functions'>,
): RecordAccess {
  const owner = { account: account.id, region: place.region };
  return {
    records,
    place,
    clock,
    random,
    bucket: settings.bucket,
    releases: releasesPrefix(settings.prefix, project, stage, owner),
    earlier: { releases: earlierPrefix(settings.prefix, project, stage), owner },
    subject: stage === null ? `\`${project}\`` : `\`${project}\` (stage ${stage})`,
    token: randomUUID,
    isGone: isAbandoned,
  };
}

export async function openJournal(request: JournalRequest, ports: JournalPorts): Promise<Journal> {
  const { settings, workspaceRoot, command, forceUnlock } = request;
  const by = await releaseAuthor(workspaceRoot);
  const access: ReleaseAccess = {
    ...recordAccess(request, ports),
    force: forceUnlock,
    wallNow: Date.now,
    onInterruption: (work) =>
      onInterruption(() => {
        console.error(`interrupted: \`${command}\` goes on from here`);
        return work();
      }),
    holder: {
      owner: by.user,
      host: by.host,
      pid: process.pid,
      process: processIdentity(),
      run: by.run,
      command,
      heldSince: new Date().toISOString(),
    },
  };
  const facts = { by, prefix: settings.prefix, bucket: settings.bucket.name };
  return {
    access,
    look: () => lookAtLock(access),
    settle: (view, plan, isProven) =>
      settleUnfinished(view, releaseDraft(plan, facts), access, isProven),
    async begin(view, plan) {
      const session = await beginRelease(view, releaseDraft(plan, facts), access);
      if (session === null) return null;
      const { number, record, lock } = session;
      const timer = setInterval(() => void lock.renew(), RENEW_SECONDS * 1000);
      return {
        number,
        record,
        functions: guardedFunctions(ports.functions, lock),
        async leave() {
          clearInterval(timer);
          await session.leave();
        },
        async end(status, outcomes) {
          clearInterval(timer);
          return session.end(status, endedFunctions(record.functions, outcomes));
        },
      };
    },
  };
}
