/** `nx rollback <service>`: every function as it was before a release, or after an earlier one. */

import type { ExecutorContext } from '@nx/devkit';
import { applyPlan } from '../release/apply/apply';
import { secondsSince } from '../release/model/clock';
import { selectFunctions } from '../release/plan/functions';
import { deployReport, isSuccess } from '../release/documents/deploy-report';
import { destinationLine, planSummary } from '../release/documents/plan-document';
import { placeOf } from '../release/model/plan';
import { planError } from '../release/plan/plan';
import { hasChanges } from '../release/records/record';
import { listReleases, readRecords, type RecordAccess } from '../release/records/record-store';
import {
  backTo,
  interruptedUndo,
  packageOrigins,
  undoLast,
  type RollbackTarget,
} from '../release/records/rollback-target';
import { unendedRelease, type LockView } from '../release/records/release-lock';
import { renderError } from '../report/error-text';
import { openDeployAccess, type DeployAccess } from '../releasing/access';
import { openJournal, type Journal } from '../releasing/journal';
import {
  deployOutput,
  progressReporter,
  showPlan,
  showReport,
  type DeployOutput,
} from '../releasing/output';
import { untilFirst } from '../releasing/replan';
import { commandAgain } from '../releasing/rollback-again';
import { prepareRollback } from '../releasing/rollback-plan';
import { rollbackRequest, type RollbackRequest } from '../releasing/rollback-request';
import { DEFAULT_DEPLOY_TARGET } from '../targets/chain';
import { inConfiguration } from '../targets/configuration';
import type { RollbackExecutorSchema } from '../schemas/rollback';
import { commandsOf } from '../targets/project';
import { asTyped } from '../targets/options';

export default async function rollbackExecutor(
  options: RollbackExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  try {
    const request = rollbackRequest(
      asTyped(options),
      inConfiguration(context, options.deployTarget ?? DEFAULT_DEPLOY_TARGET),
    );
    return { success: await rollback(request, deployOutput(request.format)) };
  } catch (error) {
    console.error(renderError(error, commandsOf(context)));
    return { success: false };
  }
}

async function rollback(request: RollbackRequest, output: DeployOutput): Promise<boolean> {
  const access = await openDeployAccess(request);
  try {
    const { bucket } = request.settings;
    output.note(
      destinationLine(request.dryRun ? 'would roll back in' : 'rolls back in', {
        service: request.project,
        stage: request.stage,
        account: access.account.id,
        region: access.place.region,
        bucket: bucket.name,
      }),
    );
    await access.simulated?.createBucket(bucket.name, { versioning: true });
    const journal = await openJournal(request, access);
    const attempt = () => planAndApply(request, journal, access, output);
    return await untilFirst(attempt, journal.access.subject, output);
  } finally {
    output.end();
    await access.close();
  }
}

/** Null where another release was faster. */
async function planAndApply(
  request: RollbackRequest,
  journal: Journal,
  access: DeployAccess,
  output: DeployOutput,
): Promise<boolean | null> {
  const start = access.clock.now();
  const view = await journal.look();
  const target = await findTarget(request, view, journal.access);
  for (const { name, reason } of target.unknown) output.note(`left as it is: ${name} ${reason}`);
  const originsOf = (digests: readonly string[]) =>
    packageOrigins(digests, target.of, journal.access);
  const plan = await prepareRollback(target, request.settings, access, originsOf);
  const error = planError(plan, request.rules);
  if (request.dryRun || error) showPlan(plan, request.format, output);
  if (error) throw error;
  if (request.dryRun) return true;

  output.note(`${plan.service} in ${placeOf(plan)}, ${target.description}: ${planSummary(plan)}`);
  const progress = progressReporter(plan, output);
  const ports = {
    ...access,
    waitTimeoutSeconds: request.waitTimeoutSeconds,
    onPhase: progress.phase,
    onStep: progress.step,
    onOutcome: progress.outcome,
  };
  const release = hasChanges(plan) ? await journal.begin(view, plan) : null;
  if (release === null && hasChanges(plan)) return null;
  const settled = release === null ? await journal.settle(view, plan) : null;
  if (settled !== null) output.note(`release ${settled} had been cut off; it is complete now`);
  try {
    const outcomes = await applyPlan(plan, {
      ...ports,
      ...(release && { functions: release.functions }),
    });
    const isGood = outcomes.every(({ status }) => status !== 'failed');
    const warnings = await release?.end(isGood ? 'succeeded' : 'failed', outcomes);
    for (const line of warnings ?? []) output.note(`warning: ${line}`);
    const again = isGood ? null : await commandAgain(request, target.of, journal.access);
    const seconds = secondsSince(access.clock, start);
    const report = deployReport(plan, outcomes, seconds, {
      again,
      releases: request.releasesCommand,
    });
    showReport(report, request, output);
    return isSuccess(report);
  } finally {
    await release?.leave();
  }
}

/** @throws RELEASE_NOT_FOUND, OPTION_INVALID for an `only` that matches nothing */
async function findTarget(
  { to, only }: RollbackRequest,
  { file }: LockView,
  access: RecordAccess,
): Promise<RollbackTarget> {
  const numbers = await listReleases(access);
  const target =
    to === undefined
      ? await lastTarget(numbers, unendedRelease(file), access)
      : backTo(
          to,
          await readRecords(
            numbers.filter((number) => number >= to),
            access,
          ),
          access.subject,
        );
  const chosen = new Set(selectFunctions(target.functions, only).map(({ name }) => name));
  return { ...target, functions: target.functions.filter(({ name }) => chosen.has(name)) };
}

/** One record is enough, unless the newest ones were brought back already. */
async function lastTarget(
  numbers: readonly number[],
  lockedFor: number | null,
  access: RecordAccess,
): Promise<RollbackTarget> {
  for (const number of [...numbers].reverse()) {
    const [record] = await readRecords([number], access);
    if (record === undefined || record.status === 'rolled-back') continue;
    const begun = interruptedUndo(record, lockedFor);
    const before = begun === null ? [] : await readRecords([begun], access);
    return undoLast([...before, record], access.subject, lockedFor);
  }
  return undoLast([], access.subject);
}
