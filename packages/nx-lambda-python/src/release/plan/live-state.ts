/** What the functions run once a deploy has ended, as far as it was seen. */

import type { FunctionState } from '../model/function-state';
import type { FunctionOutcome } from '../model/outcome';
import { isChanged, type Plan, type PlannedFunction } from './plan';

/**
 * - package: the one that was to be deployed
 * - before: what it ran before; the deploy did not touch it, or brought it back
 * - unknown: a write failed and nobody has seen the function at rest since
 * - absent: there is no such function
 */
export type LiveKind = 'package' | 'before' | 'unknown' | 'absent';

/** Functions that run the same. */
export interface LiveGroup {
  kind: LiveKind;
  /** Base64; null where it is not known. */
  codeSha256: string | null;
  functions: string[];
}

const KINDS: readonly LiveKind[] = ['package', 'before', 'unknown', 'absent'];

/** In the order of kinds, then of the largest group. */
export function liveGroups(plan: Plan, outcomes: readonly FunctionOutcome[]): LiveGroup[] {
  const planned = new Map(plan.functions.map((one) => [one.name, one]));
  const groups = new Map<string, LiveGroup>();
  for (const outcome of outcomes) {
    const { kind, codeSha256 } = liveState(outcome, planned.get(outcome.name), plan);
    const key = `${kind} ${codeSha256}`;
    const group = groups.get(key) ?? { kind, codeSha256, functions: [] };
    group.functions.push(outcome.name);
    groups.set(key, group);
  }
  return [...groups.values()].sort(
    (a, b) =>
      KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || b.functions.length - a.functions.length,
  );
}

function liveState(
  { status, after }: FunctionOutcome,
  planned: PlannedFunction | undefined,
  plan: Plan,
): Pick<LiveGroup, 'kind' | 'codeSha256'> {
  if (after === null || (planned?.status === 'missing' && status === 'skipped')) {
    return { kind: 'absent', codeSha256: null };
  }
  if (after === undefined) return { kind: 'unknown', codeSha256: null };
  const code = codeOf(after, plan);
  const goal = planned?.aliasCode ?? planned?.package?.sha256 ?? null;
  const isGood = status === 'created' || status === 'updated' || status === 'unchanged';
  if (code !== null && code === goal) return { kind: 'package', codeSha256: code };
  return { kind: isGood ? 'package' : 'before', codeSha256: code };
}

/**
 * Whether callers get something else than before, or may: what a rollback brings back.
 * A function that was created has nothing to go back to.
 */
export function isLeftChanged(
  { status, after }: FunctionOutcome,
  planned: PlannedFunction | undefined,
  plan: Plan,
): boolean {
  if (planned === undefined || planned.before === null) return false;
  // A canary that has the package by an earlier release, which did not end well.
  if (!isChanged(planned)) return status === 'failed';
  if (status === 'updated') return true;
  // With an alias, a write to $LATEST changes nothing for callers, whatever its end.
  if (after === undefined) return plan.alias === null;
  return codeOf(after, plan) !== codeOf(planned.before, plan);
}

/** What callers reach: through the alias, where the service has one. */
function codeOf(state: FunctionState | null, { alias }: Plan): string | null {
  return (alias === null ? state?.codeSha256 : state?.alias?.codeSha256) ?? null;
}
