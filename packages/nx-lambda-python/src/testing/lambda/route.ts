/** Lambda's REST paths → operations. */

import { AwsError, notSimulated } from '../protocol/aws-error';
import type { AwsRequest, AwsResponse, Call, Context, LaterResponse } from '../protocol/call';
import {
  createFunction,
  deleteFunction,
  getAccountSettings,
  getFunction,
  getFunctionConfiguration,
  updateFunctionCode,
  updateFunctionConfiguration,
} from './functions';
import { invoke } from './invoke';
import { getLayerVersion, listLayerVersions, publishLayerVersion } from './layers';
import type { JsonObject, LambdaInput } from './rest';
import { isObject, readBody, readReference, text, validation } from './rest';
import {
  createAlias,
  getAlias,
  listAliases,
  listDurableExecutions,
  listVersionsByFunction,
  publishVersion,
  updateAlias,
} from './versions';

type Operation = (context: Context, input: LambdaInput) => AwsResponse | LaterResponse;

const FUNCTIONS = '/2015-03-31/functions';
const FUNCTION = `${FUNCTIONS}/{function}`;
const ALIASES = `${FUNCTION}/aliases`;
const LAYER = '/2018-10-31/layers/{layer}/versions';
const INVOKE = 'Invoke';

const ROUTES: readonly [method: string, path: string, operation: string, run: Operation][] = [
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
  [
    'GET',
    '/2025-12-01/functions/{function}/durable-executions',
    'ListDurableExecutionsByFunction',
    listDurableExecutions,
  ],
  ['GET', LAYER, 'ListLayerVersions', listLayerVersions],
  ['POST', LAYER, 'PublishLayerVersion', publishLayerVersion],
  ['GET', `${LAYER}/{version}`, 'GetLayerVersion', getLayerVersion],
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
    const match = new RegExp(`^${route.replace(/\{(\w+)\}/g, '(?<$1>[^/]*)')}$`).exec(path);
    if (match === null) continue;
    const input = readInput(request, operation, match.groups ?? {});
    return {
      service: 'lambda',
      operation,
      // The function or the layer that the call is about.
      target: input.reference.name || input.layer || (text(input.body, 'FunctionName') ?? ''),
      // Fields of the body and of the query, named as AWS names them.
      input: { ...Object.fromEntries(input.query), ...fieldsWithoutSecrets(input.body) },
      run: (context) => run(context, input),
    };
  }
  throw notSimulated(`${request.method} ${request.path} of Lambda`);
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
  const part = (name: string): string | undefined => parts[name] && decode(parts[name]);
  const name = part('function');
  return {
    reference:
      name === undefined ? { name: '', qualifier: undefined } : readReference(name, request.query),
    alias: part('alias') ?? '',
    layer: part('layer') ?? '',
    version: part('version') ?? '',
    query: request.query,
    // An event may be any JSON: the function reads it.
    body: operation === INVOKE ? {} : readBody(request),
    request,
  };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw validation(`Value '${segment}' in the path failed to satisfy constraint`);
  }
}

function withoutSecrets(name: string, value: unknown): unknown {
  if (name === 'ZipFile' && typeof value === 'string') {
    return `${Buffer.byteLength(value, 'base64')} bytes`;
  }
  if (name === 'Variables' && isObject(value)) return Object.keys(value);
  if (!isObject(value)) return value;
  return fieldsWithoutSecrets(value);
}

function fieldsWithoutSecrets(fields: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, withoutSecrets(name, value)]),
  );
}
