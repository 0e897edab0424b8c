/** Looks up functions, versions and aliases, ends updates that are due, and refuses what Lambda would refuse. */

import { randomUUID } from 'node:crypto';
import { AwsError, notInState, staleRevision, updateInProgress } from '../protocol/aws-error';
import type { Context } from '../protocol/call';
import type { Alias, FunctionCode, FunctionVersion, StoredFunction, Update } from '../state/model';
import { objectId, regionalId } from '../state/model';
import type { FunctionReference } from './rest';

/** @throws AwsError 404 ResourceNotFoundException */
export function requireFunction(context: Context, name: string, polled = false): StoredFunction {
  const stored = context.state.read('functions', regionalId(context.region, name));
  if (stored === undefined) throw functionNotFound(context, name);
  return settleAndStore(context, stored, polled);
}

/** @throws AwsError 404 when the qualifier names no version and no alias */
export function requireVersion(
  context: Context,
  stored: StoredFunction,
  { name, qualifier }: FunctionReference,
): FunctionVersion {
  const alias = stored.aliases.find((candidate) => candidate.name === qualifier);
  const version = findVersion(stored, alias?.functionVersion ?? qualifier ?? '$LATEST');
  if (version === undefined) throw functionNotFound(context, `${name}:${qualifier}`);
  return version;
}

export function findVersion(stored: StoredFunction, version: string): FunctionVersion | undefined {
  return [stored.latest, ...stored.versions].find((candidate) => candidate.version === version);
}

/** @throws AwsError 404 ResourceNotFoundException */
export function requireAlias(context: Context, stored: StoredFunction, name: string): Alias {
  const alias = stored.aliases.find((candidate) => candidate.name === name);
  if (alias !== undefined) return alias;
  const arn = functionArn(context, `${stored.name}:${name}`);
  throw new AwsError(404, 'ResourceNotFoundException', `Alias not found: ${arn}`);
}

/**
 * Lambda takes one update at a time.
 * @throws AwsError 409 ResourceConflictException while one is in progress
 */
export function requireIdle(context: Context, { name, latest }: StoredFunction): void {
  if (latest.state === 'Pending') throw notInState(latest.state);
  if (latest.update.status === 'InProgress') {
    throw updateInProgress(functionArn(context, name));
  }
}

/** @throws AwsError 412 PreconditionFailedException when the caller's revision is an old one */
export function requireRevision(expected: string | undefined, actual: string): void {
  if (expected !== undefined && expected !== actual) throw staleRevision();
}

export function storeFunction({ state }: Context, stored: StoredFunction): void {
  state.write('functions', regionalId(stored.region, stored.name), stored);
}

/** `name` may end in a qualifier. */
export function functionArn({ account, region }: Context, name: string): string {
  return `arn:aws:lambda:${region}:${account.accountId}:function:${name}`;
}

export function functionNotFound(context: Context, name: string): AwsError {
  const arn = functionArn(context, name);
  return new AwsError(404, 'ResourceNotFoundException', `Function not found: ${arn}`);
}

/** An update that starts now and ends as the account's options, or the fault of this call, determine. */
export function startUpdate({ account, fault, now }: Context): Update {
  const readyAt = now + account.updateMilliseconds;
  const update: Update = { status: 'InProgress', readyAt, polls: 0 };
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

function settleAndStore(context: Context, stored: StoredFunction, polled: boolean): StoredFunction {
  // Without its object, a function of mode REFERENCE is Inactive until the next update.
  // Source: AWS Lambda developer guide, "Self-managed S3 code storage", function lifecycle.
  const now = (before: FunctionVersion): FunctionVersion => {
    const version = settle(before, context.now, polled);
    if (version.state !== 'Active' || isReadable(context, version.code)) return version;
    return { ...version, state: 'Inactive' };
  };
  const latest = now(stored.latest);
  const versions = stored.versions.map(now);
  const changed =
    latest !== stored.latest ||
    versions.some((version, index) => version !== stored.versions[index]);
  const settled = { ...stored, latest, versions };
  if (changed) storeFunction(context, settled);
  return settled;
}

/** Whether Lambda can still read the code: always, unless it is referenced in S3. */
export function isReadable({ state }: Context, { reference }: FunctionCode): boolean {
  if (reference === undefined) return true;
  const { bucket, key, versionId } = reference;
  const versions = state.read('objects', objectId(bucket, key))?.versions ?? [];
  return versions.some((one) => one.versionId === versionId && one.content !== undefined);
}

/** A function that has only $LATEST. */
export function newFunction(
  { region, now }: Pick<StoredFunction, 'region'> & { now: number },
  name: string,
  latest: Pick<FunctionVersion, 'settings' | 'code' | 'state' | 'update'>,
): StoredFunction {
  return {
    name,
    region,
    latest: {
      ...latest,
      version: '$LATEST',
      liveSha256: latest.code.sha256,
      revisionId: newRevision(),
      lastModified: lambdaDate(now),
    },
    versions: [],
    nextVersion: 1,
    unchangedSincePublish: false,
    aliases: [],
  };
}

export function newRevision(): string {
  return randomUUID();
}

/** Lambda's form of ISO 8601. */
export function lambdaDate(now: number): string {
  return new Date(now).toISOString().replace('Z', '+0000');
}
