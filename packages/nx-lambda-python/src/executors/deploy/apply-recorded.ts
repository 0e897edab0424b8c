/** Carries out a deploy's plan under the service's lock, with a record of what it found and did. */

import { applyPlan, type ApplyPorts } from '../../release/apply/apply';
import { publishLayer } from '../../release/apply/layer-version';
import type { FunctionOutcome } from '../../release/apply/outcome';
import type { Plan } from '../../release/plan/plan';
import { hasChanges } from '../../release/records/release-draft';
import type { LockView } from '../../release/records/release-lock';
import type { DeployAccess } from './access';
import { bringBack } from './bring-back';
import type { Journal } from './journal';
import { progressReporter, type DeployOutput } from './output';
import type { PreparedDeploy } from './prepare';
import type { DeployRequest } from './request';

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
  const unrecorded = async (ready: Plan): Promise<Applied> => ({
    outcomes: await applyPlan(ready, ports),
    isUndoable: false,
  });
  if (journal === null || view === null) return unrecorded(await publishLayer(plan, access));
  if (!hasChanges(plan)) {
    const settled = await journal.settle(view, plan);
    if (settled !== null) output.note(`release ${settled} had been cut off; it is complete now`);
    return unrecorded(plan);
  }
  const release = await journal.begin(view, plan);
  if (release === null) return null;
  output.note(`release ${release.number}`);
  try {
    const guarded = { ...ports, functions: release.functions };
    const ready = await publishLayer(plan, access).catch(async (error: unknown) => {
      await release.end('failed', []);
      throw error;
    });
    const outcomes = await applyPlan(ready, guarded);
    const isGood = outcomes.every(({ status }) => status !== 'failed');
    const undoing = { ...access, ...undoPorts(guarded, access) };
    const back =
      isGood || !request.rollbackOnFailure
        ? null
        : await bringBack(release.record, outcomes, request.settings, undoing);
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

/** The deploy's own rate lets everybody through once it was stopped. */
function undoPorts(ports: ApplyPorts, access: DeployAccess): ApplyPorts {
  const { functions, reads, clock, random, waitTimeoutSeconds } = ports;
  return { functions, reads, clock, random, waitTimeoutSeconds, writes: access.writesAgain() };
}
