/** Invoke: runs the code if this machine has a Python, else answers `null`. */

import { randomUUID } from 'node:crypto';
import { AwsError, notInState, notSimulated } from '../protocol/aws-error';
import type { AwsResponse, Context, InvocationResult, LaterResponse } from '../protocol/call';
import { emptyResponse } from '../protocol/call';
import type { Alias, FunctionVersion, StoredFunction } from '../state/model';
import { functionArn, requireFunction, requireVersion } from './lifecycle';
import type { LambdaInput } from './rest';
import { unreadable } from './rest';

/** Source: AWS Lambda developer guide, "Lambda quotas": 6 MB of a synchronous request. */
const EVENT_LIMIT = 6_291_556;
/** Source: Lambda API reference, Invoke, LogResult: the last 4 KB. */
const TAIL = 4096;

export function invoke(
  context: Context,
  { reference, request }: LambdaInput,
): AwsResponse | LaterResponse {
  const stored = requireFunction(context, reference.name);
  const alias = stored.aliases.find(({ name }) => name === reference.qualifier);
  const version = requireVersion(context, stored, {
    name: reference.name,
    qualifier: alias ? choose(alias) : reference.qualifier,
  });
  if (version.settings.capacityProvider && reference.qualifier === undefined) {
    throw notSimulated('an invocation of $LATEST.PUBLISHED, on managed instances');
  }
  // Source: AWS Lambda developer guide, "Troubleshooting SnapStart errors": both states, until it is Active.
  if (version.settings.snapStart && version.version !== '$LATEST' && version.state !== 'Active') {
    throw new AwsError(
      409,
      'SnapStartNotReadyException',
      'Lambda is initializing your function. It will be ready to invoke once your function state becomes ACTIVE.',
    );
  }
  if (version.state === 'Pending' || version.state === 'Inactive') {
    throw notInState(version.state);
  }
  const event = readEvent(request.body);
  const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (type === 'DryRun') return emptyResponse(204);
  if (type !== 'RequestResponse') throw notSimulated(`the invocation type ${type}`);
  const tail = request.headers['x-amz-log-type'] === 'Tail';
  const answer = (result: InvocationResult | undefined) =>
    respond(result ?? UNKNOWN, version.version, tail);
  if (context.fault?.kind === 'function-error') {
    return answer(injected(context.fault.reason ?? 'Injected: the function failed'));
  }
  const invocation = prepare(context, stored, version, reference.qualifier, event);
  return { later: async () => answer(await context.invoker.run(invocation)) };
}

/** Nothing was run: the answer of a handler that returns nothing. */
const UNKNOWN: InvocationResult = { payload: 'null', failed: false, log: '' };

/** The alias's version, or the one that shares its calls, by its weight. */
function choose({ functionVersion, weights }: Alias): string {
  const [other, weight] = Object.entries(weights)[0] ?? [];
  return other !== undefined && Math.random() < (weight ?? 0) ? other : functionVersion;
}

function readEvent(body: Buffer): unknown {
  if (body.length > EVENT_LIMIT) {
    throw new AwsError(
      413,
      'RequestTooLargeException',
      `${body.length} byte payload is too large for the RequestResponse invocation type (limit ${EVENT_LIMIT} bytes)`,
    );
  }
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw unreadable();
  }
}

function prepare(
  context: Context,
  { name }: StoredFunction,
  version: FunctionVersion,
  qualifier: string | undefined,
  event: unknown,
) {
  const { state, region, account } = context;
  const { settings } = version;
  const requestId = randomUUID();
  const arn = functionArn(context, name);
  return {
    requestId,
    code: state.readBytes(version.liveSha256),
    layers: (settings.attachedLayers ?? []).map(({ sha256 }) => state.readBytes(sha256)),
    runtime: settings.runtime,
    handler: settings.handler,
    event,
    timeoutSeconds: settings.timeout,
    environment: {
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: version.version,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.memorySize),
      AWS_ENDPOINT_URL: account.endpoint,
      _HANDLER: settings.handler,
      ...settings.environment,
    },
    context: {
      aws_request_id: requestId,
      function_name: name,
      function_version: version.version,
      invoked_function_arn: qualifier === undefined ? arn : `${arn}:${qualifier}`,
      memory_limit_in_mb: String(settings.memorySize),
    },
  };
}

function injected(errorMessage: string): InvocationResult {
  const error = { errorMessage, errorType: 'Exception', stackTrace: [] };
  return { payload: JSON.stringify(error), failed: true, log: `[ERROR] ${errorMessage}\n` };
}

function respond(
  { payload, failed, log }: InvocationResult,
  version: string,
  tail: boolean,
): AwsResponse {
  return {
    status: 200,
    headers: {
      'content-type': 'application/json',
      'x-amz-executed-version': version,
      ...(failed && { 'x-amz-function-error': 'Unhandled' }),
      ...(tail && { 'x-amz-log-result': Buffer.from(log).subarray(-TAIL).toString('base64') }),
    },
    body: Buffer.from(payload),
  };
}
