/** Carries out a deploy's plan under the service's lock, with a record of what it found and did. */

import { applyPlan, type ApplyPorts } from '../release/apply/apply';
import { publishLayer } from '../release/apply/layer-version';
import type { FunctionOutcome } from '../release/model/function-state';
import type { Plan } from '../release/model/plan';
import { endedFunctions, hasChanges } from '../release/records/record';
import { unprovenFunctions } from '../release/records/release-session';
import type { LockView } from '../release/records/release-lock';
import type { DeployAccess } from './access';
import { bringBack } from './bring-back';
import type { Journal } from './journal';
import { progressReporter, type DeployOutput } from './output';
import type { PreparedDeploy } from './deploy-plan';
import type { DeployRequest } from './deploy-request';

export interface Run {
  /** Null without records. */
  journal: Journal | null;
  view: LockView | null;
  request: DeployRequest;
  access: DeployAccess;
  output: DeployOutput;
}

export interface Applied {
  outcomes: FunctionOutcome[];
  /** Whether a record of it is there that a rollback would undo. */
  isUndoable: boolean;
}

/** Null where another release was faster: the plan is not good any more. */
export async function applyRecorded(
  { plan, creations }: PreparedDeploy,
  { journal, view, request, access, output }: Run,
): Promise<Applied | null> {
  const progress = progressReporter(plan, output);
  const ports: ApplyPorts = {
    ...access,
    waitTimeoutSeconds: request.waitTimeoutSeconds,
    canary: request.canary,
    creations,
    onPhase: progress.phase,
    onStep: progress.step,
    onOutcome: progress.outcome,
  };
  if (journal === null || view === null) {
    const outcomes = await applyPlan(await publishLayer(plan, access), ports);
    return { outcomes, isUndoable: false };
  }
  if (!hasChanges(plan)) {
    const tried = await tryUnfinished(plan, ports, { journal, view, output });
    return tried ?? { outcomes: await applyPlan(plan, ports), isUndoable: false };
  }
  const release = await journal.begin(view, plan);
  if (release === null) return null;
  output.note(`release ${release.number}`);
  try {
    const unproven = unprovenFunctions(release.record.functions);
    const canary = { ...request.canary, unproven };
    const guarded = { ...ports, canary, functions: release.functions };
    const ready = await publishLayer(plan, access).catch(async (error: unknown) => {
      await release.end('failed', []);
      throw error;
    });
    const outcomes = await applyPlan(ready, guarded);
    const isGood = isWell(outcomes);
    const undoing = { ...access, ...undoPorts(guarded, access) };
    const functions = endedFunctions(release.record.functions, outcomes);
    const back =
      isGood || !request.rollbackOnFailure
        ? null
        : await bringBack({ ...release.record, functions }, outcomes, request.settings, undoing);
    if (back !== null) output.note(back.complete ? 'rolled back' : 'not all could be rolled back');
    const status = isGood ? 'succeeded' : back?.complete ? 'rolled-back' : 'failed';
    for (const line of await release.end(status, back?.outcomes ?? outcomes)) {
      output.note(`warning: ${line}`);
    }
    // One that was brought back is passed over: the release before it would be undone.
    return { outcomes: back?.outcomes ?? outcomes, isUndoable: status !== 'rolled-back' };
  } finally {
    await release.leave();
  }
}

/**
 * All functions have the package of a release whose end nobody has written: it ended well only where its
 * canary, invoked once more, answers well. Null where there is no such release.
 */
async function tryUnfinished(
  plan: Plan,
  ports: ApplyPorts,
  { journal, view, output }: { journal: Journal; view: LockView; output: DeployOutput },
): Promise<Applied | null> {
  let outcomes: FunctionOutcome[] | null = null;
  const settled = await journal.settle(view, plan, async ({ functions }) => {
    const unproven = unprovenFunctions(functions);
    const canary = ports.canary && { ...ports.canary, unproven };
    outcomes = await applyPlan(plan, { ...ports, canary });
    return isWell(outcomes);
  });
  if (settled !== null) output.note(`release ${settled} had been cut off; it is complete now`);
  return outcomes && { outcomes, isUndoable: !isWell(outcomes) };
}

function isWell(outcomes: readonly FunctionOutcome[]): boolean {
  return outcomes.every(({ status }) => status !== 'failed');
}

/** The deploy's own rate lets everybody through once it was stopped. */
function undoPorts(ports: ApplyPorts, access: DeployAccess): ApplyPorts {
  const { functions, reads, clock, random, waitTimeoutSeconds } = ports;
  return { functions, reads, clock, random, waitTimeoutSeconds, writes: access.writesAgain() };
}
