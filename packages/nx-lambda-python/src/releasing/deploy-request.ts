/** What a deploy is asked to do: its own options, over those of the upload target. */

import type { ExecutorContext } from '@nx/devkit';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { LambdaPythonError } from '../errors';
import type { Canary } from '../release/apply/apply';
import { DEFAULT_FUNCTION_NAME, layerName, type NamingOptions } from '../release/plan/functions';
import type { PlanRules } from '../release/plan/plan';
import type { StorageMode } from '../release/model/function-state';
import type { OutputFormat } from '../report/render';
import { MARKER_FILE, parseMarker } from '../service/marker';
import { usePackage, type UsedPackage } from '../assembly/present';
import type { RollbackExecutorSchema } from '../schemas/rollback';
import type { DeployExecutorSchema } from '../schemas/deploy';
import { currentProject, nxCommand } from '../targets/project';
import {
  buildOutput,
  DEFAULT_DEPLOY_TARGET,
  readChain,
  readDestination,
  type Destination,
} from '../targets/chain';
import { normalizeAccount, optionsIn } from '../targets/options';

export const DEFAULT_WRITES_PER_SECOND = 12;
export const DEFAULT_WAIT_TIMEOUT_SECONDS = 300;

export interface DeployRequest {
  project: string;
  workspaceRoot: string;
  settings: Destination;
  naming: NamingOptions;
  only: readonly string[];
  rules: PlanRules;
  /** `nx upload orders` */
  uploadCommand: string;
  writesPerSecond: number;
  waitTimeoutSeconds: number;
  dryRun: boolean;
  failOnChanges: boolean;
  requireClean: boolean;
  /** Reads the package and its manifest, see `usePackage`. */
  usePackage: () => Promise<UsedPackage>;
  alias: string | null;
  aliasWeight: number | null;
  /** Whether settings of $LATEST that callers of the alias do not get are published. */
  publish: boolean;
  canary: Canary;
  storageMode: StorageMode;
  layerName: string;
  /** Of the service's marker, relative to the workspace. */
  markerPath: string;
  /** Whether a lock keeps deploys apart and a record makes them reversible. */
  records: boolean;
  forceUnlock: boolean;
  rollbackOnFailure: boolean;
  /** `nx deploy orders` */
  command: string;
  /** `nx rollback orders`; null where the project has no target that undoes what this one deploys. */
  rollbackCommand: string | null;
  format: OutputFormat;
  /** That of the package. */
  reportDirectory: string;
}

/** @throws OPTION_INVALID, BUCKET_NOT_SET, MARKER_INVALID */
export function deployRequest(
  options: DeployExecutorSchema,
  context: ExecutorContext,
): DeployRequest {
  const project = currentProject(context);
  const { upload, uploadTarget } = readChain(project, context.configurationName, options);
  const settings = readDestination(upload, context, uploadTarget, options);
  return {
    project: currentProject(context).name,
    workspaceRoot: context.root,
    usePackage: () => usePackage(context, upload.buildTarget, options.sources ?? upload.sources),
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
    failOnChanges: options.failOnChanges ?? false,
    requireClean: options.requireClean ?? false,
    ...aliasOptions(options),
    canary: readCanary(options, context),
    storageMode: options.storageMode ?? 'COPY',
    layerName: layerName(options.layerName, currentProject(context).name),
    markerPath: posix.join(currentProject(context).root, MARKER_FILE),
    ...recordOptions(options),
    command: nxCommand(context, targetOf(context)),
    rollbackCommand: rollbackCommand(options, context),
    format: options.format ?? 'table',
    reportDirectory: buildOutput(context, upload.buildTarget).directory,
  };
}

/** @throws OPTION_INVALID */
function aliasOptions({
  alias = '',
  aliasWeight,
  publish = false,
}: DeployExecutorSchema): Pick<DeployRequest, 'alias' | 'aliasWeight' | 'publish'> {
  if (alias === '' && publish) {
    throw new LambdaPythonError('OPTION_INVALID', {
      message: '`publish` makes versions that an alias points to, and `alias` is not set',
      hint: 'set `--alias`, or leave out `--publish`: without an alias what $LATEST has set is live',
    });
  }
  if (alias === '' && aliasWeight !== undefined) {
    throw new LambdaPythonError('OPTION_INVALID', {
      message: '`aliasWeight` shifts the calls of an alias, and `alias` is not set',
      hint: 'set `"alias"` on the deploy target too, or leave out `aliasWeight`',
    });
  }
  return { alias: alias === '' ? null : alias, aliasWeight: aliasWeight ?? null, publish };
}

/** @throws OPTION_INVALID */
function readCanary(
  { canary = '', canaryEvent = '' }: DeployExecutorSchema,
  { root }: ExecutorContext,
): Canary {
  const name = canary === '' ? null : canary;
  if (canaryEvent === '') return { name, event: null };
  try {
    const event = readFileSync(join(root, canaryEvent), 'utf8');
    JSON.parse(event);
    return { name, event };
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `\`canaryEvent\` names \`${canaryEvent}\`, which ${reason}`,
      hint: 'set it to a JSON file, relative to the workspace',
      cause,
    });
  }
}

/** @throws OPTION_INVALID */
function recordOptions({
  records = true,
  forceUnlock = false,
  rollbackOnFailure = false,
}: DeployExecutorSchema): Pick<DeployRequest, 'records' | 'forceUnlock' | 'rollbackOnFailure'> {
  if (records || !rollbackOnFailure) return { records, forceUnlock, rollbackOnFailure };
  throw new LambdaPythonError('OPTION_INVALID', {
    message: '`rollbackOnFailure` needs the release record, which `"records": false` leaves out',
    hint: 'leave out one of the two',
  });
}

function targetOf({ targetName = DEFAULT_DEPLOY_TARGET }: ExecutorContext): string {
  return targetName;
}

function rollbackCommand({ stage }: DeployExecutorSchema, context: ExecutorContext): string | null {
  const { targets } = currentProject(context);
  const { configurationName } = context;
  const own = targetOf(context);
  const found = Object.entries(targets).find(
    ([, one]) =>
      one.executor === 'nx-lambda-python:rollback' &&
      (optionsIn<RollbackExecutorSchema>(one, configurationName).deployTarget ??
        DEFAULT_DEPLOY_TARGET) === own,
  );
  if (found === undefined) return null;
  const configured = optionsIn<DeployExecutorSchema>(targets[own] ?? {}, configurationName).stage;
  // Of another stage, another release would be undone.
  const more = stage === configured ? '' : ` --stage=${stage}`;
  return `${nxCommand(context, found[0])}${more}`;
}

function namingOptions(
  { functionName = DEFAULT_FUNCTION_NAME, stage }: DeployExecutorSchema,
  context: ExecutorContext,
): NamingOptions {
  return { template: functionName, stage, importPackage: importPackageOf(context, functionName) };
}

/** The manifest does not name it; names of the functions table may ask for it as well as the template. */
function importPackageOf(context: ExecutorContext, template: string): string | undefined {
  const path = posix.join(currentProject(context).root, MARKER_FILE);
  try {
    return parseMarker(readFileSync(join(context.root, path), 'utf8'), path).importPackage;
  } catch (error) {
    // A package that was built elsewhere needs no marker, unless a name does.
    if (template.includes('{package}')) throw error;
    return undefined;
  }
}
