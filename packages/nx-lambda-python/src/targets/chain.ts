/** The chain build → upload → deploy of a project: each target names the one before it, whose options it reads. */

import type { ExecutorContext } from '@nx/devkit';
import { join } from 'node:path';
import { LambdaPythonError } from '../errors';
import { outputDirectory } from '../packaging/inputs/option-paths';
import type { AwsSettings } from '../platform/aws/settings';
import type { BuildOutput } from '../platform/files/built-package';
import type { Bucket } from '../release/upload/object-storage';
import { DEFAULT_PREFIX } from '../release/upload/package-object';
import { codeList } from '../report/nearest';
import type { BuildExecutorSchema } from '../schemas/build';
import type { DeployExecutorSchema } from '../schemas/deploy';
import type { UploadExecutorSchema } from '../schemas/upload';
import { asTyped, EXECUTORS, optionsIn, withoutUndefined } from './options';
import { currentProject, nxCommand, type Project } from './project';

export const DEFAULT_BUILD_TARGET = 'build';
export const DEFAULT_DEPLOY_TARGET = 'deploy';
const SIMULATED_BUCKET = 'local-packages';

/** Options that name a target of the chain, and which one. */
const NAMED = { buildTarget: 'build', uploadTarget: 'upload', deployTarget: 'deploy' } as const;
type TargetOption = keyof typeof NAMED;

/** The options of the targets that lead to a release, in one configuration. */
export interface Chain {
  deploy: Partial<DeployExecutorSchema>;
  upload: Partial<UploadExecutorSchema>;
  uploadTarget: string;
  buildTarget: string;
  /** @throws as `targetOptions` */
  build(): Partial<BuildExecutorSchema>;
}

/**
 * @param deploy the name of the deploy target, or its options if it is the one that runs
 * @throws as `targetOptions`
 */
export function readChain(
  project: Project,
  configuration: string | undefined,
  deploy: string | Partial<DeployExecutorSchema> = DEFAULT_DEPLOY_TARGET,
): Chain {
  const read = <T extends object>(target: string, option: TargetOption) =>
    optionsOf<T>(project, configuration, target, option);
  const ofDeploy =
    typeof deploy === 'string' ? read<DeployExecutorSchema>(deploy, 'deployTarget') : deploy;
  const { uploadTarget = 'upload' } = ofDeploy;
  const upload = read<UploadExecutorSchema>(uploadTarget, 'uploadTarget');
  const { buildTarget = DEFAULT_BUILD_TARGET } = upload;
  const build = () => read<BuildExecutorSchema>(buildTarget, 'buildTarget');
  return { deploy: ofDeploy, upload, uploadTarget, buildTarget, build };
}

/** The options of another target of the same project, in the configuration that runs. @throws as `optionsOf` */
export function targetOptions<T extends object>(
  context: ExecutorContext,
  target: string,
  option: TargetOption,
): Partial<T> {
  return optionsOf(currentProject(context), context.configurationName, target, option);
}

/**
 * The options of a target, with those of the configuration on top. As in Nx's own dependencies, a target that
 * has no configuration of this name runs in its default one.
 * @throws OPTION_INVALID if the project has no such target; `option` names it
 * @throws TARGET_TAKEN if an upload or deploy target has another executor: its options mean something else
 */
function optionsOf<T extends object>(
  project: Project,
  configuration: string | undefined,
  target: string,
  option: TargetOption,
): Partial<T> {
  const { name, targets } = project;
  const configured = targets[target];
  if (configured === undefined) {
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `\`${option}\` names the target \`${target}\`, which project \`${name}\` does not have; it has ${codeList(Object.keys(targets)) || 'none'}`,
      hint: `set \`"${option}"\` to one of them`,
    });
  }
  const taken = option === 'buildTarget' ? undefined : takenTarget(project, target, option);
  if (taken) throw taken;
  return asTyped(optionsIn<T>(configured, configuration));
}

/** Undefined if the target has the executor that the option expects. */
function takenTarget(
  { name, root, targets }: Project,
  target: string,
  option: TargetOption,
): LambdaPythonError | undefined {
  const { executor } = targets[target] ?? {};
  const key = NAMED[option];
  const expected = EXECUTORS[key];
  if (executor === undefined || executor === expected) return undefined;
  return new LambdaPythonError('TARGET_TAKEN', {
    message: `the target \`${target}\` of \`${name}\` runs ${executor}, expected ${expected}`,
    hint: `rename one of the two: this plugin's in nx.json (\`{ "plugin": "nx-lambda-python", "options": { "${key}": { "targetName": "lambda-${key}" } } }\`), the other where it is declared (${root}/project.json, ${root}/package.json, or its own plugin)`,
  });
}

/** Where the build target leaves its package. @throws as `targetOptions` */
export function buildOutput(
  context: ExecutorContext,
  buildTarget = DEFAULT_BUILD_TARGET,
): BuildOutput {
  const project = currentProject(context);
  const { outputPath } = targetOptions<BuildExecutorSchema>(context, buildTarget, 'buildTarget');
  const places = { projectRoot: project.root, workspaceRoot: context.root };
  const displayed = outputDirectory(outputPath, places);
  return {
    directory: join(context.root, displayed),
    displayed,
    command: nxCommand(context, buildTarget),
    // Another executor's output: to run it again would end here again.
    unbuildable: takenTarget(project, buildTarget, 'buildTarget'),
  };
}

/** Where packages go, and with whose credentials: set on the upload target, read by every target after it. */
export interface Destination {
  bucket: Bucket;
  prefix: string;
  aws: AwsSettings;
  /** In the workspace's simulated account instead of AWS. */
  simulated: boolean;
}

/** The options that a target after upload may have of its own. */
type PlaceOptions = Pick<UploadExecutorSchema, 'region' | 'profile' | 'endpoint' | 'simulated'>;

type DestinationOptions = PlaceOptions &
  Pick<UploadExecutorSchema, 'bucket' | 'prefix' | 'expectedBucketOwner' | 'kmsKeyId'>;

/**
 * @param places options of the targets after upload, the strongest last
 * @throws BUCKET_NOT_SET, OPTION_INVALID
 */
export function readDestination(
  upload: DestinationOptions,
  context: ExecutorContext,
  uploadTarget: string,
  ...places: readonly PlaceOptions[]
): Destination {
  const own = places.map(({ region, profile, endpoint, simulated }) =>
    withoutUndefined({ region, profile, endpoint, simulated }),
  );
  const options: DestinationOptions = Object.assign({}, upload, ...own);
  const { prefix = DEFAULT_PREFIX, region, profile, endpoint, simulated = false } = options;
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
    // An empty profile removes one that a weaker place has set, as CI needs it.
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
