/** Aliases: names that point at a version, or split calls between two. */

import type { AwsResponse, Context } from '../protocol';
import { emptyResponse } from '../protocol';
import type { JsonObject, LambdaInput } from './input';
import { invalidParameter, object, required, text, validation } from './input';
import {
  conflict,
  findVersion,
  functionNotFound,
  requireAlias,
  requireFunction,
  requireRevision,
  storeFunction,
} from './lookup';
import type { Alias, StoredFunction } from './model';
import { functionArn, newRevision } from './model';
import { aliasConfiguration, json, page } from './responses';

export function createAlias(context: Context, { reference, body }: LambdaInput): AwsResponse {
  const stored = requireFunction(context, reference.name);
  const name = required(text(body, 'Name'), 'name');
  if (!/^(?!\d+$)[A-Za-z0-9_-]{1,128}$/.test(name)) {
    throw validation(`Value '${name}' at 'name' failed to satisfy constraint`);
  }
  if (stored.aliases.some((alias) => alias.name === name)) {
    const { accountId } = context.account;
    const arn = functionArn(accountId, context.region, `${stored.name}:${name}`);
    throw conflict(`Alias already exists: ${arn}`);
  }
  const alias: Alias = {
    name,
    functionVersion: required(text(body, 'FunctionVersion'), 'functionVersion'),
    description: text(body, 'Description') ?? '',
    weights: readWeights(body) ?? {},
    revisionId: newRevision(),
  };
  return store(context, stored, alias, 201);
}

/** Fields that the request leaves out stay as they are; an empty RoutingConfig ends the split. */
export function updateAlias(
  context: Context,
  { reference, alias: name, body }: LambdaInput,
): AwsResponse {
  const stored = requireFunction(context, reference.name);
  const current = requireAlias(context, stored, name);
  requireRevision(text(body, 'RevisionId'), current.revisionId);
  const alias: Alias = {
    name,
    functionVersion: text(body, 'FunctionVersion') ?? current.functionVersion,
    description: text(body, 'Description') ?? current.description,
    weights: readWeights(body) ?? current.weights,
    revisionId: newRevision(),
  };
  return store(context, stored, alias, 200);
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

/** Deleting an alias that does not exist succeeds, as on AWS. */
export function deleteAlias(
  context: Context,
  { reference, alias: name }: LambdaInput,
): AwsResponse {
  const stored = requireFunction(context, reference.name);
  storeFunction(context, {
    ...stored,
    aliases: stored.aliases.filter((alias) => alias.name !== name),
  });
  return emptyResponse(204);
}

function store(
  context: Context,
  stored: StoredFunction,
  alias: Alias,
  status: number,
): AwsResponse {
  checkTarget(context, stored, alias);
  const others = stored.aliases.filter(({ name }) => name !== alias.name);
  const aliases = [...others, alias].sort((a, b) => (a.name < b.name ? -1 : 1));
  const updated = { ...stored, aliases };
  storeFunction(context, updated);
  return json(status, aliasConfiguration(context, updated, alias));
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
    // Split calls need published versions: $LATEST is no key, and no FunctionVersion beside one.
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
