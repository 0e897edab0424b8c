/** What a deploy is asked to do: its own options, over those of the upload target. */

import type { ExecutorContext } from '@nx/devkit';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { BuildOutput } from '../../platform/built-package';
import { DEFAULT_FUNCTION_NAME, type NamingOptions } from '../../release/functions';
import type { PlanRules } from '../../release/plan-error';
import type { OutputFormat } from '../../release/render';
import { MARKER_FILE, parseMarker } from '../../service/marker';
import { buildOutput } from '../upload/build-output';
import type { UploadExecutorSchema } from '../upload/schema';
import { storageSettings, type StorageSettings } from '../upload/settings';
import { currentProject, nxCommand, targetOptions } from '../upload/target-options';
import type { DeployExecutorSchema } from './schema';

export const DEFAULT_WRITES_PER_SECOND = 12;
export const DEFAULT_WAIT_TIMEOUT_SECONDS = 300;

export interface DeployRequest {
  project: string;
  workspaceRoot: string;
  output: BuildOutput;
  settings: StorageSettings;
  naming: NamingOptions;
  only: readonly string[];
  rules: PlanRules;
  /** `nx upload orders` */
  uploadCommand: string;
  writesPerSecond: number;
  waitTimeoutSeconds: number;
  dryRun: boolean;
  requireClean: boolean;
  format: OutputFormat;
}

/** @throws OPTION_INVALID, BUCKET_NOT_SET, MARKER_INVALID */
export function deployRequest(
  options: DeployExecutorSchema,
  context: ExecutorContext,
): DeployRequest {
  const { uploadTarget = 'upload' } = options;
  const upload = targetOptions<UploadExecutorSchema>(context, uploadTarget, 'uploadTarget');
  const own = {
    region: options.region,
    profile: options.profile,
    endpoint: options.endpoint,
    simulated: options.simulated,
  };
  const settings = storageSettings({ ...upload, ...withoutUndefined(own) }, context, uploadTarget);
  return {
    project: currentProject(context).name,
    workspaceRoot: context.root,
    output: buildOutput(context, upload.buildTarget),
    settings,
    naming: namingOptions(options, context),
    only: options.only ?? [],
    rules: {
      missing: options.missing ?? 'error',
      // The simulated account has an id of its own.
      accountId: settings.simulated ? undefined : normalizeAccount(options.accountId),
      mismatchHint: settings.simulated
        ? 'delete the folder `.nx-lambda-python/account`: the simulated account then begins anew'
        : undefined,
    },
    uploadCommand: nxCommand(context, uploadTarget),
    writesPerSecond: options.writesPerSecond ?? DEFAULT_WRITES_PER_SECOND,
    waitTimeoutSeconds: options.waitTimeoutSeconds ?? DEFAULT_WAIT_TIMEOUT_SECONDS,
    dryRun: options.dryRun ?? false,
    requireClean: options.requireClean ?? false,
    format: options.format ?? 'table',
  };
}

function namingOptions(
  { functionName = DEFAULT_FUNCTION_NAME, stage }: DeployExecutorSchema,
  context: ExecutorContext,
): NamingOptions {
  // The manifest does not name the import package; few templates ask for it.
  if (!functionName.includes('{package}')) return { template: functionName, stage };
  const path = posix.join(currentProject(context).root, MARKER_FILE);
  const { importPackage } = parseMarker(readFileSync(join(context.root, path), 'utf8'), path);
  return { template: functionName, stage, importPackage };
}

function withoutUndefined<T extends object>(options: T): Partial<T> {
  const set = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set) as Partial<T>;
}

/** On the command line Nx takes twelve digits for a number, and loses zeros in front. */
function normalizeAccount(accountId: DeployExecutorSchema['accountId']): string | undefined {
  return accountId === undefined ? undefined : String(accountId).padStart(12, '0');
}
