/**
 * An alias on $LATEST moves with every change of its function. Before the first change it is put on a version
 * of what it reaches now: callers notice nothing, and a rollback has a version to go back to.
 */

import { isNumbered } from '../plan/alias-goal';
import { nextStep } from '../plan/next-step';
import { isChanged, type Plan, type PlannedFunction } from '../plan/plan';
import { knownLatest } from './change-latest';
import { moveAlias, publishVersion } from './move-alias';
import type { Refusal, WriteHistory, WriteSession } from './write-session';

export type Pinned =
  { ok: true; version: string; one: PlannedFunction } | { ok: false; refusal: Refusal };

/** Whether callers of its alias would meet the change before all functions have it. */
export function followsLatest(one: PlannedFunction, plan: Plan): boolean {
  const { before, aliasTo } = one;
  if (!isChanged(one) || aliasTo !== null || !before?.alias) return false;
  if (isNumbered(before.alias.version)) return false;
  return nextStep(one, knownLatest(one, before, plan)).kind !== 'done';
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
