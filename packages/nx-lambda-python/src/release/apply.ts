/** Carries out a plan: every function once, all under one rate, none forgotten. */

import { forEachLimited } from './concurrency';
import type { FunctionOutcome } from './outcome';
import type { Plan, PlannedFunction } from './plan';
import { updateFunction, type ApplySession } from './update-function';

export interface ApplyPorts extends Omit<ApplySession, 'plan' | 'stopped'> {
  /** Called once for each function, in the order of their ends. */
  onOutcome?: (outcome: FunctionOutcome) => void;
}

/** AWS takes seconds to finish an update: many wait at once while the rate alone decides how many begin. */
const FUNCTIONS_IN_FLIGHT = 100;

/**
 * The outcome of every function of the plan, in its order. Never throws for what AWS answers.
 * The plan must have no error: what is missing here is skipped.
 */
export async function applyPlan(plan: Plan, ports: ApplyPorts): Promise<FunctionOutcome[]> {
  const session: ApplySession = { ...ports, plan, stopped: null };
  const outcomes = new Map<string, FunctionOutcome>();
  await forEachLimited(plan.functions, FUNCTIONS_IN_FLIGHT, async (one) => {
    const outcome = withoutWrite(one) ?? (await updateFunction(one, session));
    outcomes.set(one.name, outcome);
    ports.onOutcome?.(outcome);
  });
  return plan.functions.flatMap(({ name }) => outcomes.get(name) ?? []);
}

function withoutWrite(one: PlannedFunction): FunctionOutcome | null {
  const { name, handlerName, handler, status, detail } = one;
  const base = { name, handlerName, handler };
  if (status === 'unchanged') return { ...base, status: 'unchanged', seconds: 0 };
  if (status === 'missing')
    return { ...base, status: 'skipped', error: 'does not exist', seconds: 0 };
  if (status === 'mismatch')
    return { ...base, status: 'skipped', error: detail ?? 'does not fit', seconds: 0 };
  return null;
}
