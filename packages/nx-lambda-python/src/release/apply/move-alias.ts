/** Publishes a function's version and moves its alias there: what callers of the alias reach changes only here. */

import type { AliasUpdate } from '../calls/function-service';
import { isChanged, type Plan, type PlannedFunction } from '../model/plan';
import { isNumbered, isUnsettled, type RemoteFunction } from '../model/remote-function';
import { nextStep } from '../plan/next-step';
import { latestInPlan } from './change-latest';
import type { FunctionWrites } from './write-session';
import { otherCode, Refusal } from './write-session';

/**
 * The version's number. AWS gives the same version again while nothing has changed, so a lost answer may be
 * asked for once more.
 * @throws Refusal
 */
export async function publishVersion(sha256: string, writes: FunctionWrites): Promise<string> {
  const { name, session } = writes;
  for (;;) {
    const written = await writes.send(() => session.functions.publish(name, sha256));
    if (written !== null) return effective(written.value, writes);
    // Nothing can be published while an update is in progress, nor a function that no longer exists.
    const remote = await writes.settle();
    if (remote.codeSha256 !== sha256) throw otherCode(remote);
  }
}

async function effective(published: RemoteFunction, writes: FunctionWrites): Promise<string> {
  const { version } = published;
  if (version === undefined) {
    throw new Refusal('failed', 'AWS returned no version number after publishing');
  }
  if (!isUnsettled(published)) return version;
  const { state, lastUpdateStatus, lastUpdateStatusReason } = await writes.settle(version);
  if (state !== 'Failed' && lastUpdateStatus !== 'Failed') return version;
  const reason = lastUpdateStatusReason ?? 'no reason given';
  throw new Refusal('failed', `version ${version} failed: ${reason}`);
}

/** The same move twice is the same as once. @throws Refusal */
export async function moveAlias(
  one: PlannedFunction,
  version: string,
  writes: FunctionWrites,
): Promise<void> {
  const { functions, plan, reads } = writes.session;
  const move = aliasMove(one, version, plan);
  let isThere = (one.before?.alias ?? null) !== null;
  for (;;) {
    const written = await writes.send(() =>
      isThere ? functions.updateAlias(move) : functions.createAlias(move),
    );
    if (written !== null) return;
    // Created meanwhile, perhaps by the very request whose answer was lost.
    if (!isThere) {
      await reads.take();
      isThere = (await functions.get(one.name, move.alias)).ok;
    }
  }
}

/** A gradual shift leaves the alias where it is and sends a share to the new version. */
function aliasMove(
  one: PlannedFunction,
  version: string,
  { alias, aliasWeight }: Plan,
): AliasUpdate {
  const name = { name: one.name, alias: alias ?? '' };
  const old = one.before?.alias?.version;
  const isShared = old !== undefined && old !== version && isNumbered(old);
  if (aliasWeight === null || !isShared || one.aliasTo !== null) {
    return { ...name, version, weights: {} };
  }
  return { ...name, version: old, weights: { [version]: aliasWeight } };
}

/** Whether callers of its alias would meet the change before all functions have it. */
export function followsLatest(one: PlannedFunction, plan: Plan): boolean {
  const { before, aliasTo } = one;
  if (!isChanged(one) || aliasTo !== null || !before?.alias) return false;
  if (isNumbered(before.alias.version)) return false;
  return nextStep(one, latestInPlan(one, before, plan)).kind !== 'done';
}

/** The function as the rest of the release finds it. @throws Refusal */
export async function pinAlias(
  one: PlannedFunction,
  writes: FunctionWrites,
): Promise<{ version: string; one: PlannedFunction }> {
  const { before } = one;
  const version = await publishVersion(before?.codeSha256 ?? '', writes);
  await moveAlias(one, version, writes);
  const alias = before?.alias ? { ...before.alias, version } : null;
  // Publishing has given $LATEST another revision.
  return { version, one: { ...one, before: before && { ...before, alias }, revisionId: null } };
}
