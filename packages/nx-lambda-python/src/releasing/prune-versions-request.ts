/** Which versions are asked about: its own options, over those of the deploy target. */

import type { ExecutorContext } from '@nx/devkit';
import type { OutputFormat } from '../report/render';
import { deployRequest, type DeployRequest } from './deploy-request';
import type { DeployExecutorSchema } from '../schemas/deploy';
import type { PruneVersionsExecutorSchema } from '../schemas/prune-versions';
import { nxCommand } from '../targets/project';
import { targetOptions } from '../targets/chain';
import { withoutUndefined } from '../targets/options';

const DEFAULT_KEEP = 5;

export interface PruneVersionsRequest {
  /** As a deploy in this configuration would be asked: it knows the functions' names and the account. */
  deploy: DeployRequest;
  keep: number;
  dryRun: boolean;
  forceUnlock: boolean;
  format: OutputFormat;
  /** `nx prune-versions orders -c production` */
  command: string;
}

/** @throws OPTION_INVALID, BUCKET_NOT_SET, MARKER_INVALID */
export function pruneVersionsRequest(
  options: PruneVersionsExecutorSchema,
  context: ExecutorContext,
): PruneVersionsRequest {
  const { deployTarget = 'deploy', stage, region, profile, endpoint, simulated } = options;
  const own = withoutUndefined({
    ...{ stage, region, profile, endpoint, simulated },
    accountId: options.accountId,
    writesPerSecond: options.writesPerSecond,
  });
  const deploy = targetOptions<DeployExecutorSchema>(context, deployTarget, 'deployTarget');
  return {
    deploy: deployRequest({ ...deploy, ...own, only: options.only ?? [] }, context),
    keep: options.keep ?? DEFAULT_KEEP,
    dryRun: options.dryRun ?? true,
    forceUnlock: options.forceUnlock ?? false,
    format: options.format ?? 'table',
    command: nxCommand(context, context.targetName ?? 'prune-versions'),
  };
}
