/** Versions, numbered, frozen copies of $LATEST; aliases, which point at them; durable executions, which stay on them. */

import { conflict } from '../protocol/aws-error';
import type { AwsResponse, Context } from '../protocol/call';
import type { Alias, FunctionVersion, StoredFunction } from '../state/model';
import { hexToBase64 } from '../state/model';
import { checkCodeStorage } from './code';
import { configuration, listed } from './configuration';
import {
  findVersion,
  functionArn,
  functionNotFound,
  newRevision,
  requireAlias,
  requireFunction,
  requireIdle,
  requireRevision,
  startUpdate,
  storeFunction,
} from './lifecycle';
import type { JsonObject, LambdaInput } from './rest';
import { invalidParameter, json, object, page, required, text, validation } from './rest';

/**
 * Publishes $LATEST, or returns the newest version if nothing was updated since.
 * Source: Lambda API reference, PublishVersion.
 */
export function publishVersion(context: Context, { reference, body }: LambdaInput): AwsResponse {
  const stored = requireFunction(context, reference.name);
  const { latest } = stored;
  requireRevision(text(body, 'RevisionId'), latest.revisionId);
  requireIdle(context, stored);
  const expected = text(body, 'CodeSha256');
  const actual = hexToBase64(latest.code.sha256);
  if (expected !== undefined && expected !== '' && expected !== actual) {
    throw invalidParameter(
      `CodeSHA256 (${expected}) is different from current CodeSHA256 in $LATEST (${actual}). Please try again with the CodeSHA256 in $LATEST.`,
    );
  }
  const version = publish(context, stored, text(body, 'Description'));
  storeFunction(context, stored);
  return json(201, configuration(context, stored, version, version.version));
}

export function listVersionsByFunction(
  context: Context,
  { reference, query }: LambdaInput,
): AwsResponse {
  const { name, latest, versions } = requireFunction(context, reference.name);
  const { items, ...next } = page([latest, ...versions], query);
  return json(200, {
    Versions: items.map((version) => listed(context, name, version, version.version)),
    ...next,
  });
}

/**
 * Adds the version to `stored`, which the caller then writes. A new version is Pending for as long
 * as an update takes; publishing gives $LATEST a new RevisionId.
 */
export function publish(
  context: Context,
  stored: StoredFunction,
  description = stored.latest.settings.description,
): FunctionVersion {
  const newest = stored.versions.at(-1);
  if (stored.unchangedSincePublish && newest !== undefined) return newest;
  const { latest } = stored;
  checkCodeStorage(context, latest.code);
  const busy = latest.update.status === 'InProgress';
  const version: FunctionVersion = {
    ...latest,
    version: String(stored.nextVersion),
    settings: { ...latest.settings, description },
    revisionId: newRevision(),
    state: 'Pending',
    // With `Publish` on an update the version is ready when that update is.
    update: busy ? latest.update : startUpdate(context),
  };
  stored.versions = [...stored.versions, version];
  stored.nextVersion += 1;
  stored.unchangedSincePublish = true;
  stored.latest = { ...latest, revisionId: newRevision() };
  return version;
}

export function createAlias(context: Context, { reference, body }: LambdaInput): AwsResponse {
  const stored = requireFunction(context, reference.name);
  const name = required(text(body, 'Name'), 'name');
  if (!/^(?!\d+$)[A-Za-z0-9_-]{1,128}$/.test(name)) {
    throw validation(`Value '${name}' at 'name' failed to satisfy constraint`);
  }
  if (stored.aliases.some((alias) => alias.name === name)) {
    throw conflict(`Alias already exists: ${functionArn(context, `${stored.name}:${name}`)}`);
  }
  const functionVersion = required(text(body, 'FunctionVersion'), 'functionVersion');
  return store(context, stored, { name, functionVersion, description: '', weights: {} }, body, 201);
}

/** Fields that the request leaves out stay as they are; an empty RoutingConfig ends the split. */
export function updateAlias(
  context: Context,
  { reference, alias: name, body }: LambdaInput,
): AwsResponse {
  const stored = requireFunction(context, reference.name);
  const current = requireAlias(context, stored, name);
  requireRevision(text(body, 'RevisionId'), current.revisionId);
  return store(context, stored, current, body, 200);
}

export function getAlias(context: Context, { reference, alias }: LambdaInput): AwsResponse {
  const stored = requireFunction(context, reference.name);
  return json(200, aliasConfiguration(context, stored, requireAlias(context, stored, alias)));
}

export function listAliases(context: Context, { reference, query }: LambdaInput): AwsResponse {
  const stored = requireFunction(context, reference.name);
  const version = query.get('FunctionVersion');
  const matching = stored.aliases.filter(
    ({ functionVersion }) => version === null || functionVersion === version,
  );
  const { items, ...next } = page(matching, query);
  return json(200, {
    Aliases: items.map((alias) => aliasConfiguration(context, stored, alias)),
    ...next,
  });
}

/** Writes the alias with what the request changes. */
function store(
  context: Context,
  stored: StoredFunction,
  current: Omit<Alias, 'revisionId'>,
  body: JsonObject,
  status: number,
): AwsResponse {
  const alias: Alias = {
    name: current.name,
    functionVersion: text(body, 'FunctionVersion') ?? current.functionVersion,
    description: text(body, 'Description') ?? current.description,
    weights: readWeights(body) ?? current.weights,
    revisionId: newRevision(),
  };
  checkTarget(context, stored, alias);
  const others = stored.aliases.filter(({ name }) => name !== alias.name);
  const aliases = [...others, alias].sort((a, b) => (a.name < b.name ? -1 : 1));
  storeFunction(context, { ...stored, aliases });
  return json(status, aliasConfiguration(context, stored, alias));
}

/** Source: AWS Lambda developer guide, "Weighted aliases": two published versions at most. */
function checkTarget(context: Context, stored: StoredFunction, alias: Alias): void {
  const additional = Object.keys(alias.weights);
  if (additional.length > 1) {
    throw invalidParameter('Number of items in AdditionalVersionWeights cannot be greater than 1');
  }
  if (additional.length > 0 && alias.functionVersion === '$LATEST') {
    throw invalidParameter('$LATEST is not supported for an alias pointing to more than 1 version');
  }
  if (additional.includes(alias.functionVersion)) {
    throw invalidParameter(
      `Invalid function version ${alias.functionVersion}. Function version ${alias.functionVersion} is already included in routing configuration.`,
    );
  }
  for (const version of [alias.functionVersion, ...additional]) {
    if (findVersion(stored, version) === undefined) {
      throw functionNotFound(context, `${stored.name}:${version}`);
    }
  }
}

function readWeights(body: JsonObject): Record<string, number> | undefined {
  const routing = object(body, 'RoutingConfig');
  if (routing === undefined) return undefined;
  const weights = object(routing, 'AdditionalVersionWeights') ?? {};
  const entries = Object.entries(weights).map(([version, weight]): [string, number] => {
    // Calls are split between published versions only: $LATEST can be neither of the two.
    if (!/^\d+$/.test(version)) {
      throw validation(
        `Value '{${version}=${String(weight)}}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map keys must be numbers`,
      );
    }
    if (typeof weight === 'number' && weight >= 0 && weight <= 1) return [version, weight];
    throw validation(
      `Value '${String(weight)}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: 0 to 1`,
    );
  });
  return Object.fromEntries(entries);
}

function aliasConfiguration(
  context: Context,
  { name }: StoredFunction,
  alias: Alias,
): Record<string, unknown> {
  return {
    AliasArn: functionArn(context, `${name}:${alias.name}`),
    Name: alias.name,
    FunctionVersion: alias.functionVersion,
    Description: alias.description,
    RevisionId: alias.revisionId,
    ...(Object.keys(alias.weights).length > 0 && {
      RoutingConfig: { AdditionalVersionWeights: alias.weights },
    }),
  };
}

/**
 * Without a qualifier, those of all versions.
 * Source: Lambda API reference, ListDurableExecutionsByFunction.
 */
export function listDurableExecutions(
  context: Context,
  { reference, query }: LambdaInput,
): AwsResponse {
  const { name, executions = [] } = requireFunction(context, reference.name);
  const statuses = query.getAll('Statuses');
  const { items, ...next } = page(
    executions.filter(
      ({ version, status }) =>
        (reference.qualifier ?? version) === version &&
        (statuses.length === 0 || statuses.includes(status)),
    ),
    query,
  );
  return json(200, {
    DurableExecutions: items.map(({ id, version, status, start }) => {
      const arn = functionArn(context, `${name}:${version}`);
      return {
        DurableExecutionArn: `${arn}/durable-execution/${id}/${id}`,
        DurableExecutionName: id,
        FunctionArn: arn,
        Status: status,
        StartTimestamp: start / 1000,
      };
    }),
    ...next,
  });
}
