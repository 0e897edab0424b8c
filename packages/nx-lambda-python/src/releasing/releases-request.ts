/** Where a service's releases are: as its deploy target, and that one's upload target, have it. */

import type { ExecutorContext } from '@nx/devkit';
import type { DeployExecutorSchema } from '../schemas/deploy';
import type { UploadExecutorSchema } from '../schemas/upload';
import type { ReleasesExecutorSchema } from '../schemas/releases';
import { normalizeAccount } from '../targets/options';
import { currentProject } from '../targets/project';
import { readDestination, type Destination, readChain } from '../targets/chain';

export interface ReleasesRequest {
  project: string;
  workspaceRoot: string;
  stage: string | null;
  settings: Destination;
  /** The only account that the deploy target may write to. */
  accountId: string | undefined;
  /** Of the deploy target, in this configuration. */
  deploy: Partial<DeployExecutorSchema>;
  /** The same of the upload target. */
  upload: Partial<UploadExecutorSchema>;
}

type Options = Pick<
  ReleasesExecutorSchema,
  'stage' | 'region' | 'profile' | 'endpoint' | 'simulated' | 'deployTarget'
>;

/** @throws OPTION_INVALID, BUCKET_NOT_SET */
export function releasesRequest(options: Options, context: ExecutorContext): ReleasesRequest {
  const { deployTarget, stage } = options;
  const project = currentProject(context);
  const chain = readChain(project, context.configurationName, deployTarget);
  const { deploy, upload, uploadTarget } = chain;
  const settings = readDestination(upload, context, uploadTarget, deploy, options);
  return {
    project: project.name,
    workspaceRoot: context.root,
    stage: stage ?? deploy.stage ?? null,
    settings,
    // The simulated account has an id of its own.
    accountId: settings.simulated ? undefined : normalizeAccount(deploy.accountId),
    deploy,
    upload,
  };
}
