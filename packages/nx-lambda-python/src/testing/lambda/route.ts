/** Lambda's REST paths → operations. */

import { AwsError, notSimulated } from '../aws-error';
import type { AwsRequest, AwsResponse, Call, Context, LaterResponse } from '../protocol';
import { createAlias, deleteAlias, getAlias, listAliases, updateAlias } from './aliases';
import { updateFunctionCode } from './code';
import { listDurableExecutions } from './durable';
import {
  createFunction,
  deleteFunction,
  getAccountSettings,
  getFunction,
  getFunctionConfiguration,
  listFunctions,
  updateFunctionConfiguration,
} from './functions';
import type { LambdaInput } from './input';
import { readBody, readReference, text, validation } from './input';
import { invoke } from './invoke';
import {
  deleteLayerVersion,
  getLayerVersion,
  getLayerVersionByArn,
  listLayers,
  listLayerVersions,
  publishLayerVersion,
} from './layers';
import { summarize } from './summary';
import { listVersionsByFunction, publishVersion } from './versions';

type Operation = (context: Context, input: LambdaInput) => AwsResponse | LaterResponse;

const FUNCTIONS = '/2015-03-31/functions';
const FUNCTION = `${FUNCTIONS}/{function}`;
const ALIASES = `${FUNCTION}/aliases`;
const LAYERS = '/2018-10-31/layers';
const LAYER = `${LAYERS}/{layer}/versions`;
const INVOKE = 'Invoke';

const ROUTES: readonly [method: string, path: string, operation: string, run: Operation][] = [
  ['GET', FUNCTIONS, 'ListFunctions', listFunctions],
  ['POST', FUNCTIONS, 'CreateFunction', createFunction],
  ['GET', FUNCTION, 'GetFunction', getFunction],
  ['DELETE', FUNCTION, 'DeleteFunction', deleteFunction],
  ['GET', `${FUNCTION}/configuration`, 'GetFunctionConfiguration', getFunctionConfiguration],
  ['PUT', `${FUNCTION}/configuration`, 'UpdateFunctionConfiguration', updateFunctionConfiguration],
  ['PUT', `${FUNCTION}/code`, 'UpdateFunctionCode', updateFunctionCode],
  ['POST', `${FUNCTION}/invocations`, INVOKE, invoke],
  ['GET', `${FUNCTION}/versions`, 'ListVersionsByFunction', listVersionsByFunction],
  ['POST', `${FUNCTION}/versions`, 'PublishVersion', publishVersion],
  ['GET', ALIASES, 'ListAliases', listAliases],
  ['POST', ALIASES, 'CreateAlias', createAlias],
  ['GET', `${ALIASES}/{alias}`, 'GetAlias', getAlias],
  ['PUT', `${ALIASES}/{alias}`, 'UpdateAlias', updateAlias],
  ['DELETE', `${ALIASES}/{alias}`, 'DeleteAlias', deleteAlias],
  [
    'GET',
    '/2025-12-01/functions/{function}/durable-executions',
    'ListDurableExecutionsByFunction',
    listDurableExecutions,
  ],
  // Before ListLayers, which has the same path without this query.
  ['GET', `${LAYERS}?find=LayerVersion`, 'GetLayerVersionByArn', getLayerVersionByArn],
  ['GET', LAYERS, 'ListLayers', listLayers],
  ['GET', LAYER, 'ListLayerVersions', listLayerVersions],
  ['POST', LAYER, 'PublishLayerVersion', publishLayerVersion],
  ['GET', `${LAYER}/{version}`, 'GetLayerVersion', getLayerVersion],
  ['DELETE', `${LAYER}/{version}`, 'DeleteLayerVersion', deleteLayerVersion],
  ['GET', '/2016-08-19/account-settings', 'GetAccountSettings', getAccountSettings],
];

/** Every operation that is simulated. */
export const LAMBDA_OPERATIONS: readonly string[] = ROUTES.map(([, , operation]) => operation);

/**
 * A whole request: 50 MB of zip in base64, and 256 KB. Sources: AWS Lambda developer guide,
 * "Lambda quotas" (50 MB for direct upload); the number is the one in Lambda's own message.
 */
const REQUEST_LIMIT = 70_167_211;

/** @throws AwsError 501 for what the account does not implement, 400 and 413 for what cannot be read */
export function routeLambda(request: AwsRequest): Call {
  const path = request.path.replace(/\/+$/, '');
  for (const [method, route, operation, run] of ROUTES) {
    if (method !== request.method) continue;
    const [pattern = '', query] = route.split('?');
    const parts = matchPath(pattern, path);
    if (parts === undefined || (query !== undefined && !hasQuery(request, query))) continue;
    const input = readInput(request, operation, parts);
    return {
      service: 'lambda',
      operation,
      target: targetOf(input),
      input: summarize(input),
      run: (context) => run(context, input),
    };
  }
  throw notSimulated(`${request.method} ${request.path} of Lambda`);
}

/** The function or the layer that the call is about. */
function targetOf({ reference, layer, query, body }: LambdaInput): string {
  return reference.name || layer || (text(body, 'FunctionName') ?? query.get('Arn') ?? '');
}

function hasQuery(request: AwsRequest, query: string): boolean {
  const [name = '', value] = query.split('=');
  return request.query.get(name) === value;
}

function readInput(
  request: AwsRequest,
  operation: string,
  parts: Record<string, string>,
): LambdaInput {
  if (request.body.length > REQUEST_LIMIT) {
    throw new AwsError(
      413,
      'RequestEntityTooLargeException',
      `Request must be smaller than ${REQUEST_LIMIT} bytes for the ${operation} operation`,
    );
  }
  const name = parts['function'];
  return {
    reference:
      name === undefined ? { name: '', qualifier: undefined } : readReference(name, request.query),
    alias: parts['alias'] ?? '',
    layer: parts['layer'] ?? '',
    version: parts['version'] ?? '',
    query: request.query,
    // An event may be any JSON, and is the function's business.
    body: operation === INVOKE ? {} : readBody(request),
    request,
  };
}

/** What stands where the pattern has names in braces; undefined if the path does not fit. */
function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const expected = pattern.split('/');
  const actual = path.split('/');
  if (expected.length !== actual.length) return undefined;
  const parts: Record<string, string> = {};
  for (const [index, segment] of expected.entries()) {
    const given = actual[index] ?? '';
    const name = /^\{(\w+)\}$/.exec(segment)?.[1];
    if (name !== undefined) parts[name] = decode(given);
    else if (segment !== given) return undefined;
  }
  return parts;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw validation(`Value '${segment}' in the path failed to satisfy constraint`);
  }
}
