/** The operations on whole functions: read, create, update, configure, delete. */

import { AwsError } from '../protocol/aws-error';
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
  conflict,
  isReadable,
  lambdaDate,
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
  return json(200, {
    Configuration: configuration(context, stored, version, reference.qualifier),
    Code: codeLocation(context, version),
    Tags: {},
  });
}

/** `Error` says why Lambda cannot read the package any more; AWS documents the fields, not the codes. */
function codeLocation(context: Context, { code }: FunctionVersion): Record<string, unknown> {
  return {
    RepositoryType: 'S3',
    ...codeSource(context, code),
    ...(!isReadable(context, code) && {
      Error: {
        ErrorCode: 'NoSuchVersion',
        Message: 'The specified version does not exist.',
      },
    }),
  };
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
  const { state, region, now } = context;
  if (state.read('functions', regionalId(region, name)) !== undefined) {
    throw conflict(`Function already exist: ${name}`);
  }
  const settings = initialSettings(context, body);
  const code = takeCode(context, required(object(body, 'Code'), 'code'));
  checkTotalSize(context, code, settings.attachedLayers);
  checkCodeStorage(context, code);
  const stored: StoredFunction = {
    name,
    region,
    latest: {
      version: '$LATEST',
      settings,
      code,
      liveSha256: code.sha256,
      revisionId: newRevision(),
      lastModified: lambdaDate(now),
      state: 'Pending',
      update: startUpdate(context),
    },
    versions: [],
    nextVersion: 1,
    unchangedSincePublish: false,
    aliases: [],
  };
  const version = flag(body, 'Publish') ? publish(context, stored, {}) : stored.latest;
  storeFunction(context, stored);
  return json(201, configuration(context, stored, version));
}

/**
 * Takes the new code even if it equals the old: Lambda does not compare, so a RevisionId changes
 * and `Publish` makes a new version. Source: getmoto/moto#8379, verified there against AWS.
 */
export function updateFunctionCode(
  context: Context,
  { reference, body }: LambdaInput,
): AwsResponse {
  const stored = requireFunction(context, reference.name);
  requireRevision(text(body, 'RevisionId'), stored.latest.revisionId);
  requireIdle(context, stored);
  requireTakesZip(stored);
  const code = takeCode(context, body);
  checkTotalSize(context, code, stored.latest.settings.attachedLayers);
  const updated: StoredFunction = {
    ...stored,
    unchangedSincePublish: false,
    latest: {
      ...stored.latest,
      settings: { ...stored.latest.settings, architectures: readArchitectures(body) },
      code,
      revisionId: newRevision(),
      lastModified: lambdaDate(context.now),
      update: startUpdate(context),
    },
  };
  if (flag(body, 'DryRun')) {
    // It "will do all necessary computation and validation", returns the CodeSha256 and stores nothing.
    const latest = { ...stored.latest, code };
    return json(200, configuration(context, stored, latest));
  }
  checkCodeStorage(context, code, stored.latest.code);
  const version = flag(body, 'Publish') ? publish(context, updated, {}) : updated.latest;
  storeFunction(context, updated);
  return json(200, configuration(context, updated, version));
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

export function updateFunctionConfiguration(
  context: Context,
  { reference, body }: LambdaInput,
): AwsResponse {
  const stored = requireFunction(context, reference.name);
  requireRevision(text(body, 'RevisionId'), stored.latest.revisionId);
  requireIdle(context, stored);
  const settings = changedSettings(context, stored.latest.settings, body);
  checkTotalSize(context, stored.latest.code, settings.attachedLayers);
  const updated: StoredFunction = {
    ...stored,
    unchangedSincePublish: false,
    latest: {
      ...stored.latest,
      settings,
      revisionId: newRevision(),
      lastModified: lambdaDate(context.now),
      update: startUpdate(context),
    },
  };
  storeFunction(context, updated);
  return json(200, configuration(context, updated, updated.latest));
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
