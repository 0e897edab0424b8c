/** Deletes old versions of a service's functions that nothing points to. */

import type { ExecutorContext } from '@nx/devkit';
import { randomUUID } from 'node:crypto';
import { isAbandoned } from '../platform/process/owner';
import { renderVersions } from '../release/documents/version-document';
import { desiredFunctions, refuseOtherPlaces, selectFunctions } from '../release/plan/functions';
import {
  planVersions,
  versionPlanError,
  versionsToDelete,
  type VersionPlan,
} from '../release/versions/version-prune';
import {
  deleteVersions,
  readVersionFacts,
  withoutRunning,
  type VersionPorts,
} from '../release/versions/version-calls';
import type { OutputFormat } from '../report/render';
import type { DeployExecutorSchema } from '../schemas/deploy';
import type { PruneVersionsExecutorSchema } from '../schemas/prune-versions';
import { DEFAULT_DEPLOY_TARGET, targetOptions } from '../targets/chain';
import { withoutUndefined } from '../targets/options';
import { nxCommand } from '../targets/project';
import { openAccess, type AccountAccess, type AccountNumber } from './account';
import { deployRequest, type DeployRequest } from './deploy-options';
import { appendStepSummary, releaseOutput, type ReleaseOutput } from './output';

const DEFAULT_KEEP = 5;

export interface PruneVersionsRequest {
  /** As a deploy in this configuration would be asked: it knows the functions' names and the account. */
  deploy: Pick<DeployRequest, 'run' | 'selection' | 'source'>;
  keep: number;
  dryRun: boolean;
  forceUnlock: boolean;
  format: OutputFormat;
  /** `nx prune-versions orders -c production` */
  command: string;
}

/** The command's own options, over those of the deploy target. @throws OPTION_INVALID, BUCKET_NOT_SET, MARKER_INVALID */
export function pruneVersionsRequest(
  options: PruneVersionsExecutorSchema,
  context: ExecutorContext,
): PruneVersionsRequest {
  const { deployTarget = DEFAULT_DEPLOY_TARGET, stage, region, profile, endpoint } = options;
  const { simulated, accountId, writesPerSecond, only = [] } = options;
  const place = { stage, region, profile, endpoint, simulated, accountId };
  const own = withoutUndefined({ ...place, writesPerSecond });
  const deploy = targetOptions<DeployExecutorSchema>(context, deployTarget, 'deployTarget');
  return {
    deploy: deployRequest({ ...deploy, ...own, only }, context),
    keep: options.keep ?? DEFAULT_KEEP,
    dryRun: options.dryRun ?? true,
    forceUnlock: options.forceUnlock ?? false,
    format: options.format ?? 'table',
    command: nxCommand(context, context.targetName ?? 'prune-versions'),
  };
}

/** Whether everything that was to be deleted is gone. @throws what forbids it, before any deletion */
export async function pruneVersions(request: PruneVersionsRequest): Promise<boolean> {
  const { deploy, dryRun, format, command } = request;
  const { scope, account, rules, pacing } = deploy.run;
  const output = releaseOutput(format);
  const access = await openAccess(account, pacing.writesPerSecond);
  try {
    const number = await access.account;
    const action = dryRun ? 'lists versions in' : 'deletes versions in';
    output.note(access.line(action, scope, number.id));
    const plan = await makePlan(request, access, number);
    const error = versionPlanError(plan, rules.accountId);
    if (error) throw error;
    const deletions = dryRun ? null : await deleteAll(plan, access.versions, output);
    const report = { plan, deletions, command };
    output.document(renderVersions(report, format));
    appendStepSummary(renderVersions(report, 'markdown'), output);
    return (deletions ?? []).every(({ status }) => status === 'deleted' || status === 'kept');
  } finally {
    output.end();
    await access.close();
  }
}

async function makePlan(
  { deploy, keep, dryRun, forceUnlock }: PruneVersionsRequest,
  access: AccountAccess,
  account: AccountNumber,
): Promise<VersionPlan> {
  const { naming, only } = deploy.selection;
  const { service } = deploy.run.scope;
  const { bucket, prefix } = deploy.run.account.destination;
  const { manifest } = await deploy.source.use();
  const functions = selectFunctions(desiredFunctions(manifest, naming), only);
  refuseOtherPlaces(functions, account.isKnown ? account.id : null, access.place.region);
  await access.ensure();
  const facts = await readVersionFacts(
    functions.map(({ name }) => name),
    keep,
    access.versions,
    {
      ...access.policy,
      records: access.records,
      place: access.place,
      account: account.id,
      bucket,
      prefix,
      project: service,
      token: randomUUID,
      isGone: isAbandoned,
      // A list alone is in nobody's way.
      force: forceUnlock || dryRun,
    },
  );
  const plan = planVersions({ service, region: access.place.region, keep, ...facts });
  return withoutRunning(plan, access.versions);
}

async function deleteAll(plan: VersionPlan, ports: VersionPorts, output: ReleaseOutput) {
  const count = plan.functions.flatMap(versionsToDelete).length;
  if (count > 0) output.note(`${plan.service}: deleting ${count} versions`);
  return deleteVersions(plan, {
    ...ports,
    onDeletion: ({ name, version, status, reason }) => {
      if (status === 'failed') output.alarm(`failed: ${name}:${version}: ${reason}`);
    },
  });
}
