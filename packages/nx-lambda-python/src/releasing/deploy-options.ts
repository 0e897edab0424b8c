/** What a deploy is asked for, in groups by what the options decide: its own, over those of the upload target. */

import type { ExecutorContext } from '@nx/devkit';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { usePackage, type UsedPackage } from '../assembly/present';
import { LambdaPythonError } from '../errors';
import type { Canary } from '../release/apply/apply';
import type { StorageMode } from '../release/model/function-state';
import { layerName, type NamingOptions } from '../release/plan/functions';
import { namesOfFile } from '../release/plan/given-names';
import type { DeployExecutorSchema } from '../schemas/deploy';
import type { RollbackExecutorSchema } from '../schemas/rollback';
import { DEFAULT_FUNCTION_NAME } from '../service/function-name';
import { MARKER_FILE, parseMarker } from '../service/marker';
import { buildOutput, DEFAULT_DEPLOY_TARGET, readChain, readDestination } from '../targets/chain';
import { optionsIn } from '../targets/options';
import { currentProject, nxCommand } from '../targets/project';
import { ACCOUNT_DIRECTORY, soleAccount } from './account';
import type { RunOptions } from './run';

export const DEFAULT_WRITES_PER_SECOND = 12;
export const DEFAULT_WAIT_TIMEOUT_SECONDS = 300;

export interface DeployRequest {
  run: RunOptions;
  selection: Selection;
  source: PackageSource;
  change: Change;
  canary: Canary;
  rollbackOnFailure: boolean;
  failOnChanges: boolean;
  commands: {
    /** `nx deploy orders` */
    own: string;
    /** `nx upload orders` */
    upload: string;
    /** `nx rollback orders`; null if the project has no target that undoes what this one deploys. */
    rollback: string | null;
  };
}

/** Which functions. */
export interface Selection {
  naming: NamingOptions;
  only: readonly string[];
  /** Of the service's marker, relative to the workspace. */
  markerPath: string;
}

/** Which package they get. */
export interface PackageSource {
  /** Reads the package and its manifest, see `usePackage`; nothing is built before `confirmed`. */
  use: (confirmed?: Promise<unknown>) => Promise<UsedPackage>;
  requireClean: boolean;
}

/** What of each function changes, and how. */
export interface Change {
  alias: string | null;
  aliasWeight: number | null;
  /** Settings of $LATEST that callers of the alias do not get are published. */
  publish: boolean;
  storageMode: StorageMode;
  layerName: string;
  /** `reached`: functions keep a package that has the same code for them. */
  updates: 'all' | 'reached';
}

/** @throws OPTION_INVALID, BUCKET_NOT_SET, MARKER_INVALID */
export function deployRequest(
  options: DeployExecutorSchema,
  context: ExecutorContext,
): DeployRequest {
  const project = currentProject(context);
  const { upload, uploadTarget } = readChain(project, context.configurationName, options);
  const destination = readDestination(upload, context, uploadTarget, options);
  const { simulated } = destination;
  const { sources = upload.sources, records = true, rollbackOnFailure = false } = options;
  refuseUnrecorded(records, rollbackOnFailure);
  const accountId = soleAccount(destination, options.accountId);
  const markerPath = posix.join(project.root, MARKER_FILE);
  const own = context.targetName ?? DEFAULT_DEPLOY_TARGET;
  const command = nxCommand(context, own);
  return {
    run: {
      scope: { service: project.name, stage: options.stage ?? null },
      account: { destination, workspaceRoot: context.root, accountId },
      rules: {
        missing: options.missing ?? 'error',
        accountId,
        mismatchHint: simulated
          ? `delete the folder \`${ACCOUNT_DIRECTORY}\`: the simulated account then starts empty`
          : undefined,
      },
      pacing: {
        writesPerSecond: options.writesPerSecond ?? DEFAULT_WRITES_PER_SECOND,
        waitTimeoutSeconds: options.waitTimeoutSeconds ?? DEFAULT_WAIT_TIMEOUT_SECONDS,
      },
      lock: { records, force: options.forceUnlock ?? false, command },
      output: {
        dryRun: options.dryRun ?? false,
        format: options.format ?? 'table',
        reportDirectory: buildOutput(context, upload.buildTarget).directory,
      },
    },
    selection: {
      naming: namingOptions(options, context.root, markerPath),
      only: options.only ?? [],
      markerPath,
    },
    source: {
      use: (confirmed) => usePackage(context, upload.buildTarget, sources, confirmed),
      requireClean: options.requireClean ?? false,
    },
    change: {
      ...aliasOptions(options),
      storageMode: options.storageMode ?? 'COPY',
      layerName: layerName(options.layerName, project.name),
      updates: options.updates ?? 'all',
    },
    canary: readCanary(options, context),
    rollbackOnFailure,
    failOnChanges: options.failOnChanges ?? false,
    commands: {
      own: command,
      upload: nxCommand(context, uploadTarget),
      rollback: rollbackCommand(options.stage, own, context),
    },
  };
}

/** @throws OPTION_INVALID */
function aliasOptions({
  alias = '',
  aliasWeight,
  publish = false,
}: DeployExecutorSchema): Pick<Change, 'alias' | 'aliasWeight' | 'publish'> {
  if (alias === '' && publish) {
    throw new LambdaPythonError('OPTION_INVALID', {
      message: '`publish` makes versions for an alias, and `alias` is not set',
      hint: 'set `--alias`, or leave out `--publish`: without an alias the settings of $LATEST are live',
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
function refuseUnrecorded(records: boolean, rollbackOnFailure: boolean): void {
  if (records || !rollbackOnFailure) return;
  throw new LambdaPythonError('OPTION_INVALID', {
    message: '`rollbackOnFailure` needs the release record, which `"records": false` leaves out',
    hint: 'leave out one of the two',
  });
}

/** The command of the target that undoes what this one deploys. */
function rollbackCommand(
  stage: string | undefined,
  own: string,
  context: ExecutorContext,
): string | null {
  const { targets } = currentProject(context);
  const { configurationName } = context;
  const match = Object.entries(targets).find(([, one]) => {
    if (one.executor !== 'nx-lambda-python:rollback') return false;
    const { deployTarget } = optionsIn<RollbackExecutorSchema>(one, configurationName);
    return (deployTarget ?? DEFAULT_DEPLOY_TARGET) === own;
  });
  if (match === undefined) return null;
  const configured = optionsIn<DeployExecutorSchema>(targets[own] ?? {}, configurationName).stage;
  // In another stage it would undo another release.
  const more = stage === configured ? '' : ` --stage=${stage}`;
  return `${nxCommand(context, match[0])}${more}`;
}

/** @throws OPTION_INVALID, and MARKER_INVALID and its kin if the template needs the marker */
export function namingOptions(
  options: Pick<
    DeployExecutorSchema,
    'functionName' | 'functionNames' | 'functionNamesPath' | 'stage'
  >,
  workspaceRoot: string,
  markerPath: string,
): NamingOptions {
  const { functionName = DEFAULT_FUNCTION_NAME, stage } = options;
  const given = namesOfFile(options, (file) => readFileSync(join(workspaceRoot, file), 'utf8'));
  try {
    // The manifest does not name it; names of the functions table may ask for it as well as the template.
    const { importPackage } = parseMarker(
      readFileSync(join(workspaceRoot, markerPath), 'utf8'),
      markerPath,
    );
    return { template: functionName, stage, importPackage, given };
  } catch (error) {
    // A package that was built elsewhere needs no marker, unless a name does.
    if (functionName.includes('{package}')) throw error;
    return { template: functionName, stage, importPackage: undefined, given };
  }
}
