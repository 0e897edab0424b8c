/** Where packages go and as whom: set on the upload target, read by every target that follows it. */

import type { ExecutorContext } from '@nx/devkit';
import { LambdaPythonError } from '../errors';
import type { AwsSettings } from '../platform/aws/settings';
import type { Bucket } from '../release/upload/object-storage';
import { DEFAULT_PREFIX } from '../release/upload/package-object';
import type { UploadExecutorSchema } from '../schemas/upload';
import { currentProject, nxCommand } from './target-options';

export const SIMULATED_BUCKET = 'local-packages';

export interface StorageSettings {
  bucket: Bucket;
  prefix: string;
  aws: AwsSettings;
  /** In the workspace's simulated account instead of AWS. */
  simulated: boolean;
}

export type StorageOptions = Pick<
  UploadExecutorSchema,
  | 'bucket'
  | 'prefix'
  | 'region'
  | 'profile'
  | 'endpoint'
  | 'expectedBucketOwner'
  | 'kmsKeyId'
  | 'simulated'
>;

/** @throws BUCKET_NOT_SET, OPTION_INVALID */
export function storageSettings(
  options: StorageOptions,
  context: ExecutorContext,
  uploadTarget: string,
): StorageSettings {
  const { prefix = DEFAULT_PREFIX, region, profile, endpoint } = options;
  const simulated = options.simulated ?? false;
  const name = options.bucket || (simulated ? SIMULATED_BUCKET : undefined);
  if (name === undefined) throw bucketNotSet(context, uploadTarget);
  refuseNoAccount(options.expectedBucketOwner);
  return {
    // The simulated account has an owner of its own, and no keys.
    bucket: simulated
      ? { name }
      : {
          name,
          expectedOwner: options.expectedBucketOwner,
          kmsKeyId: options.kmsKeyId || undefined,
        },
    prefix,
    // Empty takes away one that a weaker place has set, as CI wants it.
    aws: { region, profile: profile || undefined, endpoint },
    simulated,
  };
}

/** Nx checks no pattern of an option that may be a number. */
function refuseNoAccount(owner: string | undefined): void {
  if (owner === undefined || /^\d{12}$/.test(owner)) return;
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`expectedBucketOwner\` is \`${owner}\`, expected the twelve digits of an account`,
    hint: 'correct it, or leave it out; `aws sts get-caller-identity --query Account` prints your own',
  });
}

function bucketNotSet(context: ExecutorContext, uploadTarget: string): LambdaPythonError {
  const { name, root } = currentProject(context);
  const target = context.targetName ?? uploadTarget;
  return new LambdaPythonError('BUCKET_NOT_SET', {
    message: `the ${uploadTarget} target of \`${name}\` has no \`bucket\` for deployment packages`,
    hint: `set \`"bucket"\` under targetDefaults["nx-lambda-python:upload"].options in nx.json, or under targets.${uploadTarget}.options in ${root}/project.json; without an AWS account, run \`${nxCommand({ ...context, configurationName: 'local' }, target)}\``,
  });
}
