/** A function as the state keeps it, and how its updates come to an end. */

import { randomUUID } from 'node:crypto';
import type { Context } from '../protocol';
import type { AttachedLayer } from './layer-model';

export interface StoredFunction {
  name: string;
  region: string;
  latest: FunctionVersion;
  /** Published ones, oldest first. */
  versions: FunctionVersion[];
  nextVersion: number;
  /** No update since the last publication: PublishVersion then returns that version again. */
  unchangedSincePublish: boolean;
  aliases: Alias[];
  /** Of a durable function. */
  executions?: DurableExecution[];
}

/** Stays on the version that it was started with. */
export interface DurableExecution {
  id: string;
  version: string;
  status: 'RUNNING' | 'SUCCEEDED';
  /** Milliseconds since the epoch. */
  start: number;
}

export interface FunctionVersion {
  /** `$LATEST` or a number. */
  version: string;
  settings: FunctionSettings;
  /** What the configuration names. After a failed update it is not what runs. */
  code: FunctionCode;
  /** Hex digest of the code that invocations run. */
  liveSha256: string;
  revisionId: string;
  /** `2026-11-24T03:30:09.000+0000` */
  lastModified: string;
  /**
   * Pending only between creation and the end of the first update; Inactive when the object that
   * its code is referenced in is gone, until the next update.
   */
  state: 'Pending' | 'Active' | 'Inactive' | 'Failed';
  update: Update;
}

export interface FunctionSettings {
  runtime: string;
  handler: string;
  role: string;
  description: string;
  /** Seconds. */
  timeout: number;
  /** MB. */
  memorySize: number;
  architectures: string[];
  environment?: Record<string, string>;
  attachedLayers?: AttachedLayer[];
  /** Each published version has a snapshot, and is Pending until it is made. */
  snapStart?: boolean;
  durable?: { executionTimeout: number; retentionDays: number };
  /** ARN of the capacity provider whose instances it runs on. */
  capacityProvider?: string;
  /** Its code is a container image. */
  image?: boolean;
  /** It takes only code that AWS Signer has signed. */
  codeSigning?: boolean;
}

export interface FunctionCode {
  /** Hex. */
  sha256: string;
  /** Bytes of the zip. */
  size: number;
  /** Set where Lambda reads the object in the bucket instead of a copy (REFERENCE). */
  reference?: { bucket: string; key: string; versionId: string };
  /** ARN of the key that encrypts the copy; nothing is encrypted here. */
  sourceKmsKeyArn?: string;
}

export interface Update {
  status: 'InProgress' | 'Successful' | 'Failed';
  /** Milliseconds since the epoch from which it may end. */
  readyAt: number;
  /** Reads of the function that still say InProgress. */
  polls: number;
  /** How it will end, or has ended, if not well. */
  failure?: { reason: string; reasonCode: string };
}

export interface Alias {
  name: string;
  functionVersion: string;
  description: string;
  /** Version → share of the calls, 0 to 1; at most one entry. */
  weights: Record<string, number>;
  revisionId: string;
}

/** A function's document: the same name may exist once per region. */
export function functionId(region: string, name: string): string {
  return `${region}/${name}`;
}

export function functionArn(accountId: string, region: string, name: string): string {
  return `arn:aws:lambda:${region}:${accountId}:function:${name}`;
}

export function newRevision(): string {
  return randomUUID();
}

/** An update that starts now and ends as the account's options, or the fault of this call, say. */
export function startUpdate({
  account,
  fault,
  now,
}: Pick<Context, 'account' | 'fault' | 'now'>): Update {
  const update: Update = {
    status: 'InProgress',
    readyAt: now + account.updateMilliseconds,
    polls: 0,
  };
  if (fault?.kind === 'slow-update') return { ...update, readyAt: now, polls: fault.polls ?? 3 };
  if (fault?.kind === 'update-failed') {
    const reason = fault.reason ?? 'Injected: the update failed';
    return { ...update, failure: { reason, reasonCode: fault.reasonCode ?? 'InternalError' } };
  }
  return update;
}

/**
 * Ends what is due; `polled` says that a client reads this version's status now.
 * The end of an update of $LATEST gives it a new RevisionId, as on AWS; a published version keeps
 * its own when it becomes Active.
 */
export function settle(version: FunctionVersion, now: number, polled: boolean): FunctionVersion {
  const { update } = version;
  if (update.status !== 'InProgress') return version;
  if (update.polls > 0) {
    return polled ? { ...version, update: { ...update, polls: update.polls - 1 } } : version;
  }
  if (now < update.readyAt) return version;
  const revisionId = version.version === '$LATEST' ? newRevision() : version.revisionId;
  if (update.failure !== undefined) {
    const state = version.state === 'Pending' ? 'Failed' : version.state;
    return { ...version, revisionId, state, update: { ...update, status: 'Failed' } };
  }
  return {
    ...version,
    revisionId,
    state: 'Active',
    liveSha256: version.code.sha256,
    update: { ...update, status: 'Successful' },
  };
}

/** Lambda's form of ISO 8601. */
export function lambdaDate(now: number): string {
  return new Date(now).toISOString().replace('Z', '+0000');
}
