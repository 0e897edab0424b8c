/** Publishes a function's version and moves its alias there: what callers of the alias reach changes only here. */

import type { AliasUpdate } from '../calls/function-service';
import { isChanged, type Plan, type PlannedFunction } from '../model/plan';
import { isNumbered, isUnsettled, type RemoteFunction } from '../model/remote-function';
import { nextStep } from '../plan/next-step';
import { latestInPlan } from './change-latest';
import {
  deadline,
  failed,
  otherCode,
  unsettled,
  waitUntilSettled,
  write,
  type Refusal,
  type WriteHistory,
  type WriteSession,
} from './write-session';

export type Published = { ok: true; version: string } | { ok: false; refusal: Refusal };

/** AWS gives the same version again while nothing has changed, so a lost answer may be asked for once more. */
export async function publishVersion(
  name: string,
  sha256: string,
  session: WriteSession,
  history: WriteHistory,
): Promise<Published> {
  for (;;) {
    const written = await write(() => session.functions.publish(name, sha256), session, history);
    if (written.kind === 'refused') return { ok: false, refusal: written.refusal };
    if (written.kind === 'done') return effective(name, written.value, session);
    // Nothing can be published while an update is in progress, nor a function that no longer exists.
    const settled = await waitUntilSettled(name, deadline(session), session);
    if (settled.state !== 'settled') return { ok: false, refusal: unsettled(settled, session) };
    if (settled.remote.codeSha256 !== sha256) return failed(otherCode(settled.remote));
  }
}

async function effective(
  name: string,
  published: RemoteFunction,
  session: WriteSession,
): Promise<Published> {
  const { version } = published;
  if (version === undefined) return failed('AWS returned no version number after publishing');
  if (!isUnsettled(published)) return { ok: true, version };
  const settled = await waitUntilSettled(name, deadline(session), session, version);
  if (settled.state !== 'settled') return { ok: false, refusal: unsettled(settled, session) };
  const { state, lastUpdateStatus, lastUpdateStatusReason } = settled.remote;
  if (state !== 'Failed' && lastUpdateStatus !== 'Failed') return { ok: true, version };
  return failed(`version ${version} failed: ${lastUpdateStatusReason ?? 'no reason given'}`);
}

/** Null where the alias points there now. The same move twice is the same as once. */
export async function moveAlias(
  one: PlannedFunction,
  version: string,
  session: WriteSession,
  history: WriteHistory,
): Promise<Refusal | null> {
  const { functions } = session;
  const move = aliasMove(one, version, session);
  let isThere = (one.before?.alias ?? null) !== null;
  for (;;) {
    const written = await write(
      () => (isThere ? functions.updateAlias(move) : functions.createAlias(move)),
      session,
      history,
    );
    if (written.kind === 'done') return null;
    if (written.kind === 'refused') return written.refusal;
    // Created meanwhile, perhaps by the very request whose answer was lost.
    if (!isThere) {
      await session.reads.take();
      isThere = (await functions.get(one.name, move.alias)).ok;
    }
  }
}

/** A gradual shift leaves the alias where it is and sends a share to the new version. */
function aliasMove(one: PlannedFunction, version: string, { plan }: WriteSession): AliasUpdate {
  const { alias, aliasWeight } = plan;
  const name = { name: one.name, alias: alias ?? '' };
  const old = one.before?.alias?.version;
  const isShared = old !== undefined && old !== version && isNumbered(old);
  if (aliasWeight === null || !isShared || one.aliasTo !== null) {
    return { ...name, version, weights: {} };
  }
  return { ...name, version: old, weights: { [version]: aliasWeight } };
}

export type Pinned =
  { ok: true; version: string; one: PlannedFunction } | { ok: false; refusal: Refusal };

/** Whether callers of its alias would meet the change before all functions have it. */
export function followsLatest(one: PlannedFunction, plan: Plan): boolean {
  const { before, aliasTo } = one;
  if (!isChanged(one) || aliasTo !== null || !before?.alias) return false;
  if (isNumbered(before.alias.version)) return false;
  return nextStep(one, latestInPlan(one, before, plan)).kind !== 'done';
}

/** The function as the rest of the release finds it. */
export async function pinAlias(
  one: PlannedFunction,
  session: WriteSession,
  history: WriteHistory,
): Promise<Pinned> {
  const { before } = one;
  const published = await publishVersion(one.name, before?.codeSha256 ?? '', session, history);
  if (!published.ok) return published;
  const { version } = published;
  const refusal = await moveAlias(one, version, session, history);
  if (refusal !== null) return { ok: false, refusal };
  const alias = before?.alias ? { ...before.alias, version } : null;
  // Publishing has given $LATEST another revision.
  const pinned = { ...one, before: before && { ...before, alias }, revisionId: null };
  return { ok: true, version, one: pinned };
}
