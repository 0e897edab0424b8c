/** `rollbackOnFailure`: brings back what a failed deploy has changed. */

import { renderError } from '../report/error-text';
import { applyPlan, type ApplyPorts } from '../release/apply/apply';
import type { FunctionOutcome, FunctionState } from '../release/model/function-state';
import type { ReleaseRecord } from '../release/records/record';
import { undoLast } from '../release/records/rollback-target';
import { prepareRollback } from './rollback-plan';
import type { PackageAccess } from './deploy-plan';
import { type Destination } from '../targets/chain';

export interface BroughtBack {
  /** Whether nothing of the deploy is left. */
  complete: boolean;
  /** Those of the deploy, which now say what became of each function. */
  outcomes: FunctionOutcome[];
}

/**
 * Under the deploy's own lock and record. Functions that could not be brought back say so and stay failed;
 * never throws for what AWS answers: the report of the deploy must be seen.
 */
export async function bringBack(
  record: ReleaseRecord,
  outcomes: readonly FunctionOutcome[],
  settings: Pick<Destination, 'bucket' | 'prefix'>,
  access: PackageAccess & ApplyPorts,
): Promise<BroughtBack> {
  const changed = new Set(
    outcomes.filter(({ status }) => isTouched(status)).map(({ name }) => name),
  );
  const functions = record.functions.filter(({ name }) => changed.has(name));
  if (functions.length === 0) return { complete: true, outcomes: [...outcomes] };
  try {
    const target = undoLast([{ ...record, functions }], `\`${record.service}\``);
    const plan = await prepareRollback(target, settings, access, noOrigins);
    const undone = await applyPlan(plan, access);
    const back = new Map(undone.map((one) => [one.name, one]));
    const left = new Map(target.unknown.map(({ name, reason }) => [name, reason]));
    const isBack = (name: string): boolean => {
      const status = back.get(name)?.status;
      return status === 'updated' || status === 'unchanged';
    };
    const told = outcomes.map((one) => {
      if (!changed.has(one.name)) return one;
      const { error, after = null } = back.get(one.name) ?? {};
      if (isBack(one.name)) return undoneOutcome(one, after);
      return notUndone(one, error ?? left.get(one.name) ?? 'not tried');
    });
    return { complete: [...changed].every(isBack), outcomes: told };
  } catch (error) {
    const reason = renderError(error).split('\n')[0] ?? '';
    const told = outcomes.map((one) => (changed.has(one.name) ? notUndone(one, reason) : one));
    return { complete: false, outcomes: told };
  }
}

/** Functions took the deploy's package: one that its record does not know was for the same. */
const noOrigins = async () => new Map<string, never>();

function undoneOutcome(one: FunctionOutcome, after: FunctionState | null): FunctionOutcome {
  const { name, handlerName, handler, seconds } = one;
  const rest = { name, handlerName, handler, seconds };
  if (isDone(one.status)) return { ...rest, after, status: 'skipped', error: 'rolled back' };
  return { ...rest, after, status: 'failed', error: `${one.error ?? 'failed'}; rolled back` };
}

function notUndone(one: FunctionOutcome, reason: string): FunctionOutcome {
  const was = isDone(one.status) ? 'runs the new package' : (one.error ?? 'failed');
  return { ...one, status: 'failed', error: `${was}; could not be rolled back: ${reason}` };
}

function isDone(status: FunctionOutcome['status']): boolean {
  return status === 'updated' || status === 'created';
}

function isTouched(status: FunctionOutcome['status']): boolean {
  return isDone(status) || status === 'failed';
}
