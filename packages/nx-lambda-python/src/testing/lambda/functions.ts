/** The operations on whole functions: read, create, update, configure, delete. */

import { AwsError, conflict } from '../protocol/aws-error';
import type { AwsResponse, Context } from '../protocol/call';
import { emptyResponse } from '../protocol/call';
import type { FunctionVersion, StoredFunction } from '../state/model';
import { regionalId } from '../state/model';
import {
  checkCodeStorage,
  checkTotalSize,
  codeSource,
  codeStorageLimit,
  takeCode,
  usedCodeStorage,
} from './code';
import {
  changedSettings,
  configuration,
  initialSettings,
  readArchitectures,
} from './configuration';
import {
  isReadable,
  lambdaDate,
  newFunction,
  newRevision,
  requireFunction,
  requireIdle,
  requireRevision,
  requireVersion,
  startUpdate,
  storeFunction,
} from './lifecycle';
import type { LambdaInput } from './rest';
import { flag, invalidParameter, json, object, required, text } from './rest';
import { publish } from './versions';

export function getFunction(context: Context, { reference }: LambdaInput): AwsResponse {
  const stored = requireFunction(context, reference.name, true);
  const version = requireVersion(context, stored, reference);
  // Why Lambda cannot read the package any more; AWS documents the fields, not the codes.
  const lost = { ErrorCode: 'NoSuchVersion', Message: 'The specified version does not exist.' };
  return json(200, {
    Configuration: configuration(context, stored, version, reference.qualifier),
    Code: {
      RepositoryType: 'S3',
      ...codeSource(context, version.code),
      ...(!isReadable(context, version.code) && { Error: lost }),
    },
    Tags: {},
  });
}

export function getFunctionConfiguration(
  context: Context,
  { reference }: LambdaInput,
): AwsResponse {
  const stored = requireFunction(context, reference.name, true);
  const version = requireVersion(context, stored, reference);
  return json(200, configuration(context, stored, version, reference.qualifier));
}

export function createFunction(context: Context, { body }: LambdaInput): AwsResponse {
  const name = required(text(body, 'FunctionName'), 'functionName');
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) throw invalidParameter(`Invalid function name: ${name}`);
  if (context.state.read('functions', regionalId(context.region, name)) !== undefined) {
    throw conflict(`Function already exist: ${name}`);
  }
  const settings = initialSettings(context, body);
  const code = takeCode(context, required(object(body, 'Code'), 'code'));
  checkTotalSize(context, code, settings.attachedLayers);
  checkCodeStorage(context, code);
  const update = startUpdate(context);
  const stored = newFunction(context, name, { settings, code, state: 'Pending', update });
  return store(context, stored, 201, flag(body, 'Publish'));
}

/** Writes the function, and first publishes $LATEST if asked to. */
function store(
  context: Context,
  stored: StoredFunction,
  status: number,
  publishes: boolean,
): AwsResponse {
  const version = publishes ? publish(context, stored) : stored.latest;
  storeFunction(context, stored);
  return json(status, configuration(context, stored, version));
}

/** The function whose $LATEST is about to change. */
function requireUpdatable(context: Context, { reference, body }: LambdaInput): StoredFunction {
  const stored = requireFunction(context, reference.name);
  requireRevision(text(body, 'RevisionId'), stored.latest.revisionId);
  requireIdle(context, stored);
  return stored;
}

/** $LATEST with its changes, from now on in an update. */
function updated(
  context: Context,
  stored: StoredFunction,
  changes: Partial<FunctionVersion>,
): StoredFunction {
  const update = { revisionId: newRevision(), lastModified: lambdaDate(context.now) };
  const latest = { ...stored.latest, ...changes, ...update, update: startUpdate(context) };
  return { ...stored, unchangedSincePublish: false, latest };
}

/**
 * Takes the new code even if it equals the old: Lambda does not compare, so a RevisionId changes
 * and `Publish` makes a new version. Source: getmoto/moto#8379, verified there against AWS.
 */
export function updateFunctionCode(context: Context, input: LambdaInput): AwsResponse {
  const { body } = input;
  const stored = requireUpdatable(context, input);
  requireTakesZip(stored);
  const code = takeCode(context, body);
  checkTotalSize(context, code, stored.latest.settings.attachedLayers);
  const settings = { ...stored.latest.settings, architectures: readArchitectures(body) };
  if (flag(body, 'DryRun')) {
    // It "will do all necessary computation and validation", returns the CodeSha256 and stores nothing.
    return json(200, configuration(context, stored, { ...stored.latest, code }));
  }
  checkCodeStorage(context, code, stored.latest.code);
  return store(context, updated(context, stored, { settings, code }), 200, flag(body, 'Publish'));
}

/** Sources: Lambda API reference, UpdateFunctionCode, InvalidParameterValueException and CodeVerificationFailedException. */
function requireTakesZip({ name, latest: { settings } }: StoredFunction): void {
  if (settings.image) {
    throw invalidParameter(
      `Please don't provide S3Bucket, S3Key or ZipFile when updating the function ${name} with packageType Image.`,
    );
  }
  if (!settings.codeSigning) return;
  throw new AwsError(
    400,
    'CodeVerificationFailedException',
    'Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not configured to accept.',
  );
}

export function updateFunctionConfiguration(context: Context, input: LambdaInput): AwsResponse {
  const stored = requireUpdatable(context, input);
  const settings = changedSettings(context, stored.latest.settings, input.body);
  checkTotalSize(context, stored.latest.code, settings.attachedLayers);
  return store(context, updated(context, stored, { settings }), 200, false);
}

export function deleteFunction(context: Context, { reference }: LambdaInput): AwsResponse {
  const stored = requireFunction(context, reference.name);
  const { qualifier } = reference;
  if (qualifier === undefined) {
    context.state.remove('functions', regionalId(context.region, reference.name));
    return emptyResponse(204);
  }
  if (qualifier === '$LATEST') {
    throw invalidParameter('$LATEST version cannot be deleted without deleting the function.');
  }
  if (stored.aliases.some(({ name }) => name === qualifier)) {
    throw invalidParameter('Deletion of aliases is not currently supported.');
  }
  const aliases = stored.aliases.filter(
    ({ functionVersion, weights }) => functionVersion === qualifier || qualifier in weights,
  );
  if (aliases.length > 0) {
    const names = aliases.map(({ name }) => name).join(', ');
    throw conflict(
      `Unable to delete version because the following aliases reference it: [${names}]`,
    );
  }
  const versions = stored.versions.filter(({ version }) => version !== qualifier);
  // Once its newest version is deleted, the next publication has nothing to return again.
  const newestGone = stored.versions.at(-1) !== versions.at(-1);
  const unchangedSincePublish = stored.unchangedSincePublish && !newestGone;
  storeFunction(context, { ...stored, versions, unchangedSincePublish });
  return emptyResponse(204);
}

/** Source: AWS Lambda developer guide, "Lambda quotas": 300 GB of code, 250 MB and 50 MB a package. */
export function getAccountSettings(context: Context): AwsResponse {
  const { state, region } = context;
  const functions = state.list('functions').filter((stored) => stored.region === region);
  return json(200, {
    AccountLimit: {
      TotalCodeSize: codeStorageLimit(context),
      CodeSizeUnzipped: 262_144_000,
      CodeSizeZipped: 52_428_800,
      ConcurrentExecutions: 1000,
      UnreservedConcurrentExecutions: 1000,
    },
    AccountUsage: {
      TotalCodeSize: usedCodeStorage(context),
      FunctionCount: functions.length,
    },
  });
}
