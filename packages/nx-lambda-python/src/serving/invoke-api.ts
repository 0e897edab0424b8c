/** Lambda's Invoke API as the SDKs, boto3 and the AWS CLI speak it: what a request asks for, and its answers. */

import { AwsError } from '../testing/protocol/aws-error';
import {
  invalidParameter,
  lambdaErrorResponse,
  readReference,
  unreadable,
} from '../testing/lambda/rest';
import { decode } from '../service/routes';
import type { HttpAnswer } from './http-answer';
import type { HttpRequest } from './http-event';

export interface InvokeRequest {
  functionName: string;
  /** A version or an alias; all run the present sources. */
  qualifier: string | undefined;
  type: 'RequestResponse' | 'Event' | 'DryRun';
  /** The end of the log is asked for. */
  tail: boolean;
  /** JSON. */
  clientContext: string | undefined;
  tenantId: string | undefined;
  traceId: string | undefined;
  payload: Buffer;
}

/** Sources: AWS Lambda developer guide, "Lambda quotas": 6 MB of a synchronous request, 1 MB of an asynchronous one. */
const LIMITS = { RequestResponse: 6_291_556, DryRun: 6_291_556, Event: 1_048_576 } as const;
/** No larger body is kept in memory. */
export const LARGEST_BODY = LIMITS.RequestResponse;
/** Source: Lambda API reference, Invoke, LogResult: the last 4 KB. */
const TAIL = 4096;

const API =
  /^\/\d{4}-\d{2}-\d{2}\/(?:functions|layers|event-source-mappings|account-settings)(?:\/|$)/;
const INVOKE = /^\/2015-03-31\/functions\/([^/]+)\/invocations\/?$/;

/** True for a path of Lambda's API, which a function's own path is not. */
export function isLambdaApi(path: string): boolean {
  return API.test(path);
}

/** @throws AwsError as Lambda words it */
export function readInvokeRequest(request: HttpRequest): InvokeRequest {
  const [, name] = INVOKE.exec(request.path) ?? [];
  if (name === undefined || request.method !== 'POST') {
    throw new AwsError(
      501,
      'NotImplemented',
      `nx serve answers Invoke only, and not ${request.method} ${request.path}`,
    );
  }
  const header = (key: string): string | undefined =>
    request.headers.find(([one]) => one.toLowerCase() === key)?.[1];
  const reference = readReference(decode(name), new URLSearchParams(request.query));
  const type = header('x-amz-invocation-type') ?? 'RequestResponse';
  if (type !== 'RequestResponse' && type !== 'Event' && type !== 'DryRun') {
    throw invalidParameter(`Invocation type ${type} is not RequestResponse, Event or DryRun`);
  }
  const { body } = request;
  if (body.length > LIMITS[type]) {
    throw new AwsError(
      413,
      'RequestTooLargeException',
      `Request must be smaller than ${LIMITS[type]} bytes for the InvokeFunction operation`,
    );
  }
  return {
    functionName: reference.name,
    qualifier: reference.qualifier,
    type,
    tail: header('x-amz-log-type') === 'Tail',
    clientContext: readClientContext(header('x-amz-client-context')),
    tenantId: header('x-amz-tenant-id'),
    traceId: header('x-amzn-trace-id'),
    payload: readPayload(body),
  };
}

function readPayload(body: Buffer): Buffer {
  if (body.length === 0) return Buffer.from('{}');
  if (isJson(body.toString('utf8'))) return body;
  throw unreadable();
}

/** @throws AwsError */
function readClientContext(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const text = Buffer.from(value, 'base64').toString('utf8');
  if (isJson(text)) return text;
  throw invalidParameter('Client context must be a valid Base64-encoded JSON object.');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

export function functionNotFound(name: string, region: string, account: string): AwsError {
  const arn = `arn:aws:lambda:${region}:${account}:function:${name}`;
  return new AwsError(404, 'ResourceNotFoundException', `Function not found: ${arn}`);
}

export interface Outcome {
  payload: Uint8Array;
  functionError?: string;
  /** All that the function wrote. */
  log: string;
  requestId: string;
}

/** @param outcome undefined for what is not waited for, and for a dry run */
export function invokeAnswer(request: InvokeRequest, outcome: Outcome | undefined): HttpAnswer {
  const { type, tail, qualifier } = request;
  if (outcome === undefined) {
    return { status: type === 'Event' ? 202 : 204, headers: {}, body: Buffer.alloc(0) };
  }
  const log = tail ? Buffer.from(outcome.log).subarray(-TAIL).toString('base64') : undefined;
  return {
    status: 200,
    headers: {
      'content-type': 'application/json',
      'x-amzn-requestid': outcome.requestId,
      'x-amz-executed-version': qualifier && /^\d+$/.test(qualifier) ? qualifier : '$LATEST',
      ...(outcome.functionError && { 'x-amz-function-error': outcome.functionError }),
      ...(log !== undefined && { 'x-amz-log-result': log }),
    },
    body: Buffer.from(outcome.payload),
  };
}

/** What Lambda answers for what it refuses, and for a failure of its own. */
export function invokeRefusal(error: AwsError): HttpAnswer {
  return lambdaErrorResponse(error);
}

export function serviceFailure(message: string): AwsError {
  return new AwsError(500, 'ServiceException', message);
}
