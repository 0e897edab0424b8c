/** `nx prune-versions <service>`: old versions of its functions that nothing points to. */

import type { ExecutorContext } from '@nx/devkit';
import { randomUUID } from 'node:crypto';
import { isAbandoned } from '../platform/process/owner';
import { desiredFunctions, selectFunctions } from '../release/plan/functions';
import { destinationLine } from '../release/documents/plan-document';
import { renderVersions } from '../release/documents/version-document';
import { deleteVersions } from '../release/versions/version-deletion';
import {
  planVersions,
  versionPlanError,
  versionsToDelete,
  type VersionPlan,
} from '../release/versions/version-prune';
import { readVersionFacts, withoutRunning } from '../release/versions/version-reading';
import { renderError } from '../report/error-text';
import { openDeployAccess, type DeployAccess } from '../releasing/access';
import { appendStepSummary, deployOutput, type DeployOutput } from '../releasing/output';
import {
  pruneVersionsRequest,
  type PruneVersionsRequest,
} from '../releasing/prune-versions-request';
import { DEFAULT_DEPLOY_TARGET } from '../targets/chain';
import { inConfiguration } from '../targets/configuration';
import type { PruneVersionsExecutorSchema } from '../schemas/prune-versions';
import { commandsOf } from '../targets/project';
import { asTyped } from '../targets/options';

export default async function pruneVersionsExecutor(
  options: PruneVersionsExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  try {
    const request = pruneVersionsRequest(
      asTyped(options),
      inConfiguration(context, options.deployTarget ?? DEFAULT_DEPLOY_TARGET),
    );
    return { success: await pruneVersions(request, deployOutput(request.format)) };
  } catch (error) {
    console.error(renderError(error, commandsOf(context)));
    return { success: false };
  }
}

async function pruneVersions(
  request: PruneVersionsRequest,
  output: DeployOutput,
): Promise<boolean> {
  const access = await openDeployAccess(request.deploy);
  const { project, naming, settings } = request.deploy;
  try {
    output.note(
      destinationLine(request.dryRun ? 'lists versions in' : 'deletes versions in', {
        service: project,
        stage: naming.stage ?? null,
        account: access.account.id,
        region: access.place.region,
        bucket: settings.bucket.name,
      }),
    );
    const plan = await makePlan(request, access);
    const error = versionPlanError(plan, request.deploy.rules.accountId);
    if (error) throw error;
    const deletions = request.dryRun ? null : await deleteAll(plan, access, output);
    const report = { plan, deletions, command: request.command };
    output.document(renderVersions(report, request.format));
    appendStepSummary(renderVersions(report, 'markdown'), output);
    return (deletions ?? []).every(({ status }) => status === 'deleted' || status === 'kept');
  } finally {
    output.end();
    await access.close();
  }
}

async function makePlan(
  { deploy, keep, dryRun, forceUnlock }: PruneVersionsRequest,
  access: DeployAccess,
): Promise<VersionPlan> {
  const { project, naming, only, settings } = deploy;
  const { bucket, prefix } = settings;
  const { manifest } = await deploy.usePackage();
  const functions = selectFunctions(desiredFunctions(manifest, naming), only);
  // As upload does: a bucket of the simulated account is there when it is needed.
  await access.simulated?.createBucket(bucket.name, { versioning: true });
  const facts = await readVersionFacts(
    functions.map(({ name }) => name),
    keep,
    access,
    // A list alone gets in nobody's way.
    {
      ...access,
      account: access.account.id,
      bucket,
      prefix,
      project,
      token: randomUUID,
      isGone: isAbandoned,
      force: forceUnlock || dryRun,
    },
  );
  const plan = planVersions({ service: project, region: access.place.region, keep, ...facts });
  return withoutRunning(plan, access);
}

async function deleteAll(plan: VersionPlan, access: DeployAccess, output: DeployOutput) {
  const count = plan.functions.flatMap(versionsToDelete).length;
  if (count > 0) output.note(`${plan.service}: deleting ${count} versions`);
  return deleteVersions(plan, {
    ...access,
    onDeletion: ({ name, version, status, reason }) => {
      if (status === 'failed') output.alarm(`failed: ${name}:${version}: ${reason}`);
    },
  });
}
