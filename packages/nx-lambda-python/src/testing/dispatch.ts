/** One request from routing to answer: signature, fault, quota, operation. Knows no sockets. */

import { randomUUID } from 'node:crypto';
import type { ServiceName } from './protocol/aws-error';
import { AwsError } from './protocol/aws-error';
import type { CallSubject, Fault, FaultPlan } from './protocol/faults';
import { faultError } from './protocol/faults';
import { getCode } from './lambda/code';
import { lambdaErrorResponse } from './lambda/rest';
import { routeLambda } from './lambda/route';
import type {
  AccountFacts,
  AwsRequest,
  AwsResponse,
  Call,
  CallInput,
  Invoker,
  Reply,
} from './protocol/call';
import type { Quota } from './lambda/quota';
import { takeToken } from './lambda/quota';
import { s3ErrorResponse } from './s3/responses';
import { routeS3 } from './s3/route';
import type { Credentials } from './signature';
import { authenticate, readAuthorization } from './signature';
import type { StateStore } from './state/model';
import { hexToBase64, sha256Hex } from './state/model';
import { routeSts, stsErrorResponse } from './sts';

/**
 * One request that the account was sent, in the order of the answers: for assertions. The operation is empty for what
 * the account does not implement.
 */
export interface RecordedRequest extends CallSubject {
  /** HTTP status; undefined if the client got no answer. */
  status: number | undefined;
  /** When it came, in milliseconds since the epoch. */
  at: number;
  /**
   * What was sent. Lambda: the fields, without code and without environment variables' values;
   * S3: headers and query, without the signature.
   */
  input?: CallInput;
}

export interface Dispatcher {
  store: StateStore;
  account: AccountFacts;
  credentials: Credentials;
  quota: Quota;
  faults: FaultPlan;
  invoker: Invoker;
  now: () => number;
}

export async function dispatch(
  dispatcher: Dispatcher,
  request: AwsRequest,
): Promise<{ record: RecordedRequest; reply: Reply }> {
  const service = serviceOf(request);
  const at = dispatcher.now();
  const call = attempt(() => routeCall(service, request));
  if (call instanceof AwsError) {
    const record = { service, operation: '', target: request.path, status: call.status, at };
    return { record, reply: { kind: 'answer', response: errorResponse(service, call) } };
  }
  const { operation, target, input } = call;
  const record = { service, operation, target, at, status: undefined, ...(input && { input }) };
  const fault = dispatcher.faults.next(call);
  if (fault?.kind === 'timeout') return { record, reply: { kind: 'silence' } };
  if (fault?.kind === 'reset') return { record, reply: { kind: 'reset' } };
  const response = await answer(dispatcher, request, call, fault);
  if (fault?.kind === 'lost-response') return { record, reply: { kind: 'reset' } };
  return { record: { ...record, status: response.status }, reply: { kind: 'answer', response } };
}

async function answer(
  { store, account, credentials, quota, invoker, now }: Dispatcher,
  request: AwsRequest,
  call: Call,
  fault: Fault | undefined,
): Promise<AwsResponse> {
  const region = await authenticate(request, call.service, credentials).catch(asRefusal);
  const result = await store.run((state) =>
    attempt(() => {
      if (region instanceof AwsError) throw region;
      const refusal = fault && faultError(fault, call, account.accountId);
      if (refusal !== undefined) throw refusal;
      const time = now();
      if (call.service === 'lambda') {
        takeToken(state, { region, operation: call.operation, now: time }, quota);
      }
      return call.run({ state, account, region, now: time, invoker, fault });
    }),
  );
  const done = !(result instanceof AwsError) && 'later' in result ? await result.later() : result;
  const response = done instanceof AwsError ? errorResponse(call.service, done) : done;
  return fault?.kind === 'wrong-checksum' ? withWrongChecksum(response) : response;
}

/** As the signature says, or else the path. */
function serviceOf(request: AwsRequest): ServiceName {
  const signed = readAuthorization(request.headers)?.service;
  if (signed === 's3' || signed === 'lambda' || signed === 'sts') return signed;
  if (/^\/\d{4}-\d\d-\d\d\//.test(request.path)) return 'lambda';
  return request.path === '/' && request.method === 'POST' ? 'sts' : 's3';
}

function routeCall(service: ServiceName, request: AwsRequest): Call {
  if (service === 'lambda') return routeLambda(request);
  return service === 's3' ? routeS3(request) : routeSts(request);
}

/** GET on a function's `Location`: a presigned URL on AWS, not a call of an operation. */
export async function download(
  { store, account }: Dispatcher,
  request: AwsRequest,
): Promise<AwsResponse | undefined> {
  const [, token, sha256] = /^\/_code\/([0-9a-f]{64})\/([0-9a-f]{64})$/.exec(request.path) ?? [];
  if (sha256 === undefined || request.method !== 'GET') return undefined;
  if (token !== account.downloadToken)
    return errorResponse('s3', new AwsError(403, 'AccessDenied', 'Access Denied'));
  const result = await store.run((state) => attempt(() => getCode(state, sha256)));
  return result instanceof AwsError ? errorResponse('s3', result) : result;
}

/** Refusals are values here: the lock of the state must be released in any case. */
function attempt<T>(work: () => T): T | AwsError {
  try {
    return work();
  } catch (error) {
    return asRefusal(error);
  }
}

function asRefusal(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  throw error;
}

function errorResponse(service: ServiceName, error: AwsError): AwsResponse {
  if (service === 'lambda') return lambdaErrorResponse(error);
  return service === 's3'
    ? s3ErrorResponse(error, randomUUID())
    : stsErrorResponse(error, randomUUID());
}

/** For the fault `wrong-checksum`: another SHA-256 than that of the bytes. */
const WRONG = hexToBase64(sha256Hex('not these bytes'));

/** S3 answers in a header, Lambda in the field CodeSha256 of its JSON. */
function withWrongChecksum(response: AwsResponse): AwsResponse {
  const headers = Object.entries(response.headers).map(([name, value]) => [
    name,
    name === 'x-amz-checksum-sha256' ? WRONG : value,
  ]);
  const isJson = response.headers['content-type'] === 'application/json';
  const text = response.body.toString('utf8');
  const replaced = (key: string, value: unknown) => (key === 'CodeSha256' ? WRONG : value);
  return {
    ...response,
    headers: Object.fromEntries(headers),
    body: isJson ? Buffer.from(JSON.stringify(JSON.parse(text, replaced))) : response.body,
  };
}
