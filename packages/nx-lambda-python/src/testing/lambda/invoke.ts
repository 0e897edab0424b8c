/** Invoke: runs the code if this machine has a Python, else answers `null`. */

import { randomUUID } from 'node:crypto';
import { lambdaLog, PAYLOAD_LIMIT, type CallResult } from '../../runtime/function-call';
import { AwsError, notInState, notSimulated } from '../protocol/aws-error';
import type {
  AwsRequest,
  AwsResponse,
  CodeFile,
  Context,
  Invocation,
  LaterResponse,
} from '../protocol/call';
import { emptyResponse } from '../protocol/call';
import type { Alias, FunctionVersion, StoredFunction } from '../state/model';
import { functionArn, requireFunction, requireVersion } from './lifecycle';
import type { LambdaInput } from './rest';
import { unreadable } from './rest';

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
  const payload = readEvent(request.body);
  const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (type === 'DryRun') return emptyResponse(204);
  if (type !== 'RequestResponse') throw notSimulated(`the invocation type ${type}`);
  const tail = request.headers['x-amz-log-type'] === 'Tail';
  const answer = (result: Outcome | undefined) => respond(result ?? UNKNOWN, version.version, tail);
  if (context.fault?.kind === 'function-error') {
    return answer(injected(context.fault.reason ?? 'Injected: the function failed'));
  }
  const { qualifier } = reference;
  const invocation = prepare(context, stored, version, { qualifier, payload, request });
  const { call } = invocation;
  return {
    later: async () => {
      const result = await context.invoker.run(invocation);
      return answer(result && { ...result, log: lambdaLog(call, result) });
    },
  };
}

/** Nothing was run: the answer of a handler that returns nothing. */
const UNKNOWN: Outcome = { payload: Buffer.from('null'), log: '' };

type Outcome = Pick<CallResult, 'payload' | 'functionError' | 'log'>;

/** The alias's version, or the one that shares its calls, by its weight. */
function choose({ functionVersion, weights }: Alias): string {
  const [other, weight] = Object.entries(weights)[0] ?? [];
  return other !== undefined && Math.random() < (weight ?? 0) ? other : functionVersion;
}

function readEvent(body: Buffer): Buffer {
  if (body.length > PAYLOAD_LIMIT) {
    throw new AwsError(
      413,
      'RequestTooLargeException',
      `${body.length} byte payload is too large for the RequestResponse invocation type (limit ${PAYLOAD_LIMIT} bytes)`,
    );
  }
  if (body.length === 0) return Buffer.from('{}');
  try {
    JSON.parse(body.toString('utf8'));
    return body;
  } catch {
    throw unreadable();
  }
}

function prepare(
  context: Context,
  { name }: StoredFunction,
  { version, liveSha256, settings }: FunctionVersion,
  asked: { qualifier: string | undefined; payload: Buffer; request: AwsRequest },
): Invocation {
  const { state, region, account } = context;
  const { qualifier, payload, request } = asked;
  const fileOf = (sha256: string): CodeFile => ({ sha256, bytes: state.readBytes(sha256) });
  const arn = functionArn(context, name);
  const clientContext = request.headers['x-amz-client-context'];
  const tenantId = request.headers['x-amz-tenant-id'];
  return {
    code: fileOf(liveSha256),
    layers: (settings.attachedLayers ?? []).map(({ sha256 }) => fileOf(sha256)),
    runtime: settings.runtime,
    region,
    accountId: account.accountId,
    call: {
      handler: settings.handler,
      functionName: name,
      payload,
      timeoutMs: settings.timeout * 1000,
      memoryMb: settings.memorySize,
      environment: { AWS_ENDPOINT_URL: account.endpoint, ...settings.environment },
      requestId: randomUUID(),
      version,
      invokedFunctionArn: qualifier === undefined ? arn : `${arn}:${qualifier}`,
      ...(clientContext !== undefined && {
        clientContext: Buffer.from(clientContext, 'base64').toString('utf8'),
      }),
      ...(tenantId !== undefined && { tenantId }),
    },
  };
}

function injected(errorMessage: string): Outcome {
  const error = { errorMessage, errorType: 'Exception', stackTrace: [] };
  const payload = Buffer.from(JSON.stringify(error));
  return { payload, functionError: 'Unhandled', log: `[ERROR] ${errorMessage}\n` };
}

function respond(
  { payload, functionError, log }: Outcome,
  version: string,
  tail: boolean,
): AwsResponse {
  return {
    status: 200,
    headers: {
      'content-type': 'application/json',
      'x-amz-executed-version': version,
      ...(functionError && { 'x-amz-function-error': functionError }),
      ...(tail && { 'x-amz-log-result': Buffer.from(log).subarray(-TAIL).toString('base64') }),
    },
    body: Buffer.from(payload),
  };
}
