/** The operations on whole functions: read, list, create, configure, delete. */

import { AwsError } from '../aws-error';
import type { AwsResponse, Context } from '../protocol';
import { emptyResponse } from '../protocol';
import type { State } from '../state/state';
import { checkTotalSize } from './attached-layers';
import { takeCode } from './code';
import { checkCodeStorage, codeStorageLimit, usedCodeStorage } from './code-storage';
import type { LambdaInput } from './input';
import { flag, invalidParameter, required, text, object } from './input';
import {
  conflict,
  isReadable,
  requireFunction,
  requireIdle,
  requireRevision,
  requireVersion,
  storeFunction,
} from './lookup';
import type { FunctionVersion, StoredFunction } from './model';
import { functionId, lambdaDate, newRevision, startUpdate } from './model';
import { codeSource, configuration, json, listed, page } from './responses';
import { changedSettings, initialSettings } from './settings';
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

export function getFunctionConfiguration(
  context: Context,
  { reference }: LambdaInput,
): AwsResponse {
  const stored = requireFunction(context, reference.name, true);
  const version = requireVersion(context, stored, reference);
  return json(200, configuration(context, stored, version, reference.qualifier));
}

export function listFunctions(context: Context, { query }: LambdaInput): AwsResponse {
  const all = query.get('FunctionVersion') === 'ALL';
  const versions = functionsOf(context).flatMap(({ name, latest, versions: published }) =>
    all
      ? [latest, ...published].map((version) => listed(context, name, version, version.version))
      : [listed(context, name, latest)],
  );
  const { items, ...next } = page(versions, query);
  return json(200, { Functions: items, ...next });
}

export function createFunction(context: Context, { body }: LambdaInput): AwsResponse {
  const name = required(text(body, 'FunctionName'), 'functionName');
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) throw invalidParameter(`Invalid function name: ${name}`);
  const { state, region, now } = context;
  if (state.read('functions', functionId(region, name)) !== undefined) {
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
    context.state.remove('functions', functionId(context.region, reference.name));
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
  // Without its newest version there is nothing that the next publication could return again.
  const newestGone = stored.versions.at(-1) !== versions.at(-1);
  const unchangedSincePublish = stored.unchangedSincePublish && !newestGone;
  storeFunction(context, { ...stored, versions, unchangedSincePublish });
  return emptyResponse(204);
}

/** Source: AWS Lambda developer guide, "Lambda quotas": 300 GB of code, 250 MB and 50 MB a package. */
export function getAccountSettings(context: Context): AwsResponse {
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
      FunctionCount: functionsOf(context).length,
    },
  });
}

/** GET on the `Location` that GetFunction gives; AWS presigns it, so it needs no signature here. */
export function getCode(state: State, sha256: string): AwsResponse {
  const known = state.read('archives', sha256);
  if (known === undefined)
    throw new AwsError(404, 'NoSuchKey', 'The specified key does not exist.');
  return {
    status: 200,
    headers: { 'content-type': 'application/zip' },
    body: state.readBytes(sha256),
  };
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

function functionsOf({ state, region }: Context): StoredFunction[] {
  return state
    .list('functions')
    .filter((stored) => stored.region === region)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
