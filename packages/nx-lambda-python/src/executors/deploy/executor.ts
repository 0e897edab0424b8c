/** Points every function of a service at its uploaded package. */

import type { ExecutorContext } from '@nx/devkit';
import { join } from 'node:path';
import { writeTextWhole } from '../../platform/files';
import { applyPlan } from '../../release/apply';
import { secondsSince } from '../../release/clock';
import type { Plan } from '../../release/plan';
import { planError, placeOf } from '../../release/plan-error';
import { planSummary, renderPlan, renderReport } from '../../release/render';
import { deployReport, isSuccess, REPORT_FILE, type DeployReport } from '../../release/report';
import { renderError } from '../../report';
import { openDeployAccess } from './access';
import { appendStepSummary, deployOutput, progressReporter, type DeployOutput } from './output';
import { preparePlan } from './prepare';
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

async function deploy(request: DeployRequest, output: DeployOutput): Promise<boolean> {
  const access = await openDeployAccess(request);
  const start = access.clock.now();
  try {
    const plan = await preparePlan(request, access);
    const error = planError(plan, request.rules);
    if (request.dryRun || error) showPlan(plan, request, output);
    if (error) throw error;
    if (request.dryRun) return true;

    output.note(`${plan.service} to ${placeOf(plan)}: ${planSummary(plan)}`);
    const outcomes = await applyPlan(plan, {
      ...access,
      waitTimeoutSeconds: request.waitTimeoutSeconds,
      onOutcome: progressReporter(plan, output),
    });
    const report = deployReport(plan, outcomes, secondsSince(access.clock, start));
    showReport(report, request, output);
    return isSuccess(report);
  } finally {
    await access.close();
  }
}

function showPlan(plan: Plan, { format }: DeployRequest, output: DeployOutput): void {
  output.document(renderPlan(plan, format));
  appendStepSummary(renderPlan(plan, 'markdown'), output);
}

function showReport(report: DeployReport, request: DeployRequest, output: DeployOutput): void {
  output.document(renderReport(report, request.format));
  appendStepSummary(renderReport(report, 'markdown'), output);
  writeTextWhole(join(request.output.directory, REPORT_FILE), renderReport(report, 'json'));
}
