/** Points every function of a service at its uploaded package. */

import type { ExecutorContext } from '@nx/devkit';
import { LambdaPythonError } from '../../errors';
import { secondsSince } from '../../release/clock';
import { checkCodeStorage } from '../../release/code-storage';
import type { Plan } from '../../release/plan';
import { planError, placeOf } from '../../release/plan-error';
import { hasChanges } from '../../release/release-draft';
import { planSummary } from '../../release/render';
import { deployReport, isSuccess } from '../../release/report';
import { renderError } from '../../report';
import { openDeployAccess, type DeployAccess } from './access';
import { applyRecorded } from './apply-recorded';
import { openJournal, type Journal } from './journal';
import { deployOutput, showPlan, showReport, type DeployOutput } from './output';
import { prepareDeploy } from './prepare';
import { deployRequest, type DeployRequest } from './request';
import type { DeployExecutorSchema } from './schema';

export default async function deployExecutor(
  options: DeployExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  try {
    const request = deployRequest(options, context);
    return { success: await deploy(request, deployOutput(request.format)) };
  } catch (error) {
    console.error(renderError(error));
    return { success: false };
  }
}

/** Times that another release may end between the look at its lock and ours. */
const MAX_PLANS = 5;

async function deploy(request: DeployRequest, output: DeployOutput): Promise<boolean> {
  const access = await openDeployAccess(request);
  const start = access.clock.now();
  try {
    const journal =
      request.records && !request.dryRun ? await deployJournal(request, access) : null;
    for (let plans = 1; ; plans += 1) {
      const view = journal === null ? null : await journal.look();
      const prepared = await prepareDeploy(request, access);
      const { plan } = prepared;
      const error = planError(plan, request.rules);
      if (request.dryRun || error) showPlan(plan, request.format, output);
      if (error) throw error;
      if (request.dryRun) return isAsWanted(plan, request);
      await checkCodeStorage(plan, prepared.unpackedSize, access);

      output.note(`${plan.service} to ${placeOf(plan)}: ${planSummary(plan)}`);
      const outcomes = await applyRecorded(prepared, { journal, view, request, access, output });
      if (outcomes === null) {
        if (plans === MAX_PLANS) throw tooManyReleases(request);
        output.note('another release was made meanwhile: planning again');
        continue;
      }
      const report = deployReport(plan, outcomes, secondsSince(access.clock, start), {
        deploy: request.command,
      });
      showReport(report, request, output);
      return isSuccess(report);
    }
  } finally {
    output.end();
    await access.close();
  }
}

/** @throws CHANGES_FOUND */
function isAsWanted(plan: Plan, { failOnChanges, command }: DeployRequest): boolean {
  if (!failOnChanges || !hasChanges(plan)) return true;
  throw new LambdaPythonError('CHANGES_FOUND', {
    message: `\`failOnChanges\` is set, and the deploy would change functions: ${planSummary(plan)}; nothing was changed`,
    hint: `run \`${command}\` without \`--dryRun\` to change them`,
  });
}

function deployJournal(request: DeployRequest, access: DeployAccess): Promise<Journal> {
  return openJournal({ ...request, stage: request.naming.stage ?? null }, access);
}

function tooManyReleases({ project }: DeployRequest): LambdaPythonError {
  return new LambdaPythonError('RELEASE_LOCKED', {
    message: `\`${project}\` was released ${MAX_PLANS} times by others while this deploy was planned; nothing was changed`,
    hint: 'run the same command again, and let CI queue the deploys of one service',
  });
}
