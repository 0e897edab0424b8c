/** Points every function of a service at its uploaded package. */

import type { ExecutorContext } from '@nx/devkit';
import { LambdaPythonError } from '../errors';
import { secondsSince } from '../release/model/clock';
import { checkCodeStorage } from '../release/plan/code-storage';
import { deployReport, isSuccess } from '../release/documents/deploy-report';
import { destinationLine, planSummary } from '../release/documents/plan-document';
import { placeOf, type Plan } from '../release/model/plan';
import { planError } from '../release/plan/plan';
import { hasChanges } from '../release/records/record';
import { renderError } from '../report/error-text';
import { openDeployAccess, type DeployAccess } from '../releasing/access';
import { applyRecorded, type Run } from '../releasing/apply-recorded';
import { openJournal, type Journal } from '../releasing/journal';
import { deployOutput, showPlan, showReport, type DeployOutput } from '../releasing/output';
import { prepareDeploy } from '../releasing/deploy-plan';
import { untilFirst } from '../releasing/replan';
import { deployRequest, type DeployRequest } from '../releasing/deploy-request';
import { inConfiguration } from '../targets/configuration';
import type { DeployExecutorSchema } from '../schemas/deploy';
import { commandsOf } from '../targets/project';
import { asTyped } from '../targets/options';

export default async function deployExecutor(
  options: DeployExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  try {
    const request = deployRequest(asTyped(options), inConfiguration(context));
    return { success: await deploy(request, deployOutput(request.format)) };
  } catch (error) {
    console.error(renderError(error, commandsOf(context)));
    return { success: false };
  }
}

async function deploy(request: DeployRequest, output: DeployOutput): Promise<boolean> {
  const access = await openDeployAccess(request);
  const start = access.clock.now();
  try {
    output.note(deployDestination(request, access));
    const journal =
      request.records && !request.dryRun ? await deployJournal(request, access) : null;
    const attempt = () => planAndApply({ request, journal, access, output, start });
    return await untilFirst(attempt, `\`${request.project}\``, output);
  } finally {
    output.end();
    await access.close();
  }
}

interface Deploy extends Omit<Run, 'view'> {
  /** Of the clock, before the first plan. */
  start: number;
}

/** Null where another release was faster. */
async function planAndApply({ start, ...run }: Deploy): Promise<boolean | null> {
  const { request, journal, access, output } = run;
  const view = journal === null ? null : await journal.look();
  const prepared = await prepareDeploy(request, access);
  const { plan } = prepared;
  const error = planError(plan, request.rules);
  if (request.dryRun || error) showPlan(plan, request.format, output);
  if (error) throw error;
  if (request.dryRun) return isAsWanted(plan, request);
  await checkCodeStorage(plan, prepared.zips, access);

  output.note(`${plan.service} to ${placeOf(plan)}: ${planSummary(plan)}`);
  const applied = await applyRecorded(prepared, { ...run, view });
  if (applied === null) return null;
  const report = deployReport(plan, applied.outcomes, secondsSince(access.clock, start), {
    again: request.command,
    rollback: applied.isUndoable ? request.rollbackCommand : null,
  });
  showReport(report, request, output);
  return isSuccess(report);
}

/** @throws CHANGES_FOUND */
function isAsWanted(plan: Plan, { failOnChanges, command }: DeployRequest): boolean {
  if (!failOnChanges || !hasChanges(plan)) return true;
  throw new LambdaPythonError('CHANGES_FOUND', {
    message: `\`failOnChanges\` is set, and the deploy would change functions: ${planSummary(plan)}; nothing was changed`,
    hint: `run \`${command}\` without \`--dryRun\` to change them`,
  });
}

function deployDestination(
  { project, naming, settings, dryRun }: DeployRequest,
  { account, place }: DeployAccess,
): string {
  return destinationLine(dryRun ? 'would deploy to' : 'deploys to', {
    service: project,
    stage: naming.stage ?? null,
    account: account.id,
    region: place.region,
    bucket: settings.bucket.name,
  });
}

function deployJournal(request: DeployRequest, access: DeployAccess): Promise<Journal> {
  return openJournal({ ...request, stage: request.naming.stage ?? null }, access);
}
