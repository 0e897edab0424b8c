/** Where a service's releases are: as its deploy target, and that one's upload target, have it. */

import type { ExecutorContext } from '@nx/devkit';
import type { DeployExecutorSchema } from '../schemas/deploy';
import { normalizeAccount, withoutUndefined } from './deploy-request';
import type { UploadExecutorSchema } from '../schemas/upload';
import { storageSettings, type StorageSettings } from '../targets/upload-settings';
import { currentProject, targetOptions } from '../targets/target-options';
import type { ReleasesExecutorSchema } from '../schemas/releases';

export interface ReleasesRequest {
  project: string;
  workspaceRoot: string;
  stage: string | null;
  settings: StorageSettings;
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
  const { deployTarget = 'deploy', stage, region, profile, endpoint, simulated } = options;
  const deploy = targetOptions<DeployExecutorSchema>(context, deployTarget, 'deployTarget');
  const { uploadTarget = 'upload' } = deploy;
  const upload = targetOptions<UploadExecutorSchema>(context, uploadTarget, 'uploadTarget');
  const places = (one: Options) =>
    withoutUndefined({
      region: one.region,
      profile: one.profile,
      endpoint: one.endpoint,
      simulated: one.simulated,
    });
  const own = { region, profile, endpoint, simulated };
  const merged = { ...upload, ...places(deploy), ...places(own) };
  return {
    project: currentProject(context).name,
    workspaceRoot: context.root,
    stage: stage ?? deploy.stage ?? null,
    settings: storageSettings(merged, context, uploadTarget),
    // The simulated account has an id of its own.
    accountId: merged.simulated ? undefined : normalizeAccount(deploy.accountId),
    deploy,
    upload,
  };
}
