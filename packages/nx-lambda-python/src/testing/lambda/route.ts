/** Lambda's REST paths → operations. */

import { AwsError, notSimulated } from '../aws-error';
import type { AwsRequest, AwsResponse, Call, Context } from '../protocol';
import { createAlias, deleteAlias, getAlias, listAliases, updateAlias } from './aliases';
import { updateFunctionCode } from './code';
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
import { listVersionsByFunction, publishVersion } from './versions';

type Operation = (context: Context, input: LambdaInput) => AwsResponse;

const FUNCTIONS = '/2015-03-31/functions';

/** Each path segment `{}` is a function, the second one an alias. */
const ROUTES: readonly [method: string, path: string, operation: string, run: Operation][] = [
  ['GET', FUNCTIONS, 'ListFunctions', listFunctions],
  ['POST', FUNCTIONS, 'CreateFunction', createFunction],
  ['GET', `${FUNCTIONS}/{}`, 'GetFunction', getFunction],
  ['DELETE', `${FUNCTIONS}/{}`, 'DeleteFunction', deleteFunction],
  ['GET', `${FUNCTIONS}/{}/configuration`, 'GetFunctionConfiguration', getFunctionConfiguration],
  [
    'PUT',
    `${FUNCTIONS}/{}/configuration`,
    'UpdateFunctionConfiguration',
    updateFunctionConfiguration,
  ],
  ['PUT', `${FUNCTIONS}/{}/code`, 'UpdateFunctionCode', updateFunctionCode],
  ['GET', `${FUNCTIONS}/{}/versions`, 'ListVersionsByFunction', listVersionsByFunction],
  ['POST', `${FUNCTIONS}/{}/versions`, 'PublishVersion', publishVersion],
  ['GET', `${FUNCTIONS}/{}/aliases`, 'ListAliases', listAliases],
  ['POST', `${FUNCTIONS}/{}/aliases`, 'CreateAlias', createAlias],
  ['GET', `${FUNCTIONS}/{}/aliases/{}`, 'GetAlias', getAlias],
  ['PUT', `${FUNCTIONS}/{}/aliases/{}`, 'UpdateAlias', updateAlias],
  ['DELETE', `${FUNCTIONS}/{}/aliases/{}`, 'DeleteAlias', deleteAlias],
  ['GET', '/2016-08-19/account-settings', 'GetAccountSettings', getAccountSettings],
];

/**
 * A whole request: 50 MB of zip in base64, and 256 KB. Sources: AWS Lambda developer guide,
 * "Lambda quotas" (50 MB for direct upload); the number is the one in Lambda's own message.
 */
const REQUEST_LIMIT = 70_167_211;

/** @throws AwsError 501 for what the account does not implement, 400 and 413 for what cannot be read */
export function routeLambda(request: AwsRequest): Call {
  const path = request.path.replace(/\/+$/, '');
  for (const [method, pattern, operation, run] of ROUTES) {
    if (method !== request.method) continue;
    const parts = matchPath(pattern, path);
    if (parts === undefined) continue;
    const input = readInput(request, operation, parts);
    const target = input.reference.name || (text(input.body, 'FunctionName') ?? '');
    return { service: 'lambda', operation, target, run: (context) => run(context, input) };
  }
  throw notSimulated(`${request.method} ${request.path} of Lambda`);
}

function readInput(request: AwsRequest, operation: string, [name, alias]: string[]): LambdaInput {
  if (request.body.length > REQUEST_LIMIT) {
    throw new AwsError(
      413,
      'RequestEntityTooLargeException',
      `Request must be smaller than ${REQUEST_LIMIT} bytes for the ${operation} operation`,
    );
  }
  return {
    reference:
      name === undefined ? { name: '', qualifier: undefined } : readReference(name, request.query),
    alias: alias ?? '',
    query: request.query,
    body: readBody(request),
  };
}

function matchPath(pattern: string, path: string): string[] | undefined {
  const expected = pattern.split('/');
  const actual = path.split('/');
  if (expected.length !== actual.length) return undefined;
  const parts: string[] = [];
  for (const [index, segment] of expected.entries()) {
    const given = actual[index] ?? '';
    if (segment === '{}') parts.push(decode(given));
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
