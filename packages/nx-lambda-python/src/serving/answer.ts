/** Answers requests: Lambda's Invoke API, and HTTP as a function URL or an API of API Gateway has it. */

import { randomBytes, randomUUID } from 'node:crypto';
import { renderError } from '../report/error-text';
import { didYouMean } from '../report/nearest';
import { oneLine } from '../report/text';
import { errorOf, renderFigures } from '../running/call-report';
import { LambdaPythonError } from '../errors';
import type { CallResult, FunctionCall } from '../runtime/function-call';
import { AwsError } from '../testing/protocol/aws-error';
import { frontOf, type Served, type ServedHandler } from './front';
import { errorAnswer, httpAnswer, tooLargeAnswer, type HttpAnswer } from './http-answer';
import { httpEvent, type HttpRequest } from './http-event';
import {
  functionNotFound,
  invokeAnswer,
  invokeRefusal,
  isLambdaApi,
  LARGEST_BODY,
  readInvokeRequest,
  serviceFailure,
} from './invoke-api';

/** What a call adds to the function's settings. */
export type CallInput = Pick<FunctionCall, 'payload' | 'clientContext' | 'tenantId' | 'traceId'>;

export interface RunningHandler extends ServedHandler {
  memoryMb: number;
  /** @throws LambdaPythonError if it cannot be run at all */
  invoke(input: CallInput): Promise<CallResult>;
}

export interface Answering {
  served(): Served<RunningHandler>;
  print: Record<'log' | 'error', (text: string) => void>;
  region: string;
  accountId: string;
}

/** Never rejects. */
export async function answer(context: Answering, request: HttpRequest): Promise<HttpAnswer> {
  return isLambdaApi(request.path) ? answerApi(context, request) : answerHttp(context, request);
}

async function answerApi(context: Answering, request: HttpRequest): Promise<HttpAnswer> {
  const { print, region, accountId } = context;
  try {
    const asked = readInvokeRequest(request);
    const { functionName: name, type } = asked;
    const { handlers } = context.served();
    const handler = handlers.find(({ functionName }) => functionName === name);
    if (!handler) {
      const names = handlers.map(({ functionName }) => functionName);
      print.error(`Invoke of \`${name}\`, which is not served${didYouMean(name, names)}`);
      throw functionNotFound(name, region, accountId);
    }
    if (type === 'DryRun') return invokeAnswer(asked, undefined);
    const running = run(context, handler, asked, `Invoke ${type}`);
    if (type === 'RequestResponse') return invokeAnswer(asked, await running);
    // Its failure is printed, and nobody waits for it.
    running.catch(() => undefined);
    return invokeAnswer(asked, undefined);
  } catch (error) {
    return invokeRefusal(error instanceof AwsError ? error : failure(error));
  }
}

async function answerHttp(context: Answering, sent: HttpRequest): Promise<HttpAnswer> {
  const found = frontOf(context.served(), sent);
  if ('status' in found) return found;
  const { handler, front, request } = found;
  const { method, path, body } = sent;
  if (body.length > LARGEST_BODY) return tooLargeAnswer(front.kind);
  const traceId = newTraceId();
  const facts = { requestId: randomUUID(), traceId, now: Date.now(), accountId: context.accountId };
  const payload = Buffer.from(JSON.stringify(httpEvent(request, front, facts)));
  if (payload.length > LARGEST_BODY) return tooLargeAnswer(front.kind);
  try {
    const result = await run(context, handler, { payload, traceId }, `${method} ${path}`);
    if (result.functionError) return errorAnswer(front.kind);
    const answered = httpAnswer(Buffer.from(result.payload), front.kind);
    if ('status' in answered) return answered;
    const status = errorAnswer(front.kind).status;
    context.print.error(`${handler.functionName}: answered ${status}, because ${answered.why}`);
  } catch {
    // It is printed already.
  }
  return errorAnswer(front.kind);
}

/** Runs a handler, and prints what became of the call. */
async function run(
  { print }: Answering,
  handler: RunningHandler,
  { payload, clientContext, tenantId, traceId = newTraceId() }: CallInput,
  what: string,
): Promise<CallResult> {
  try {
    const result = await handler.invoke({ payload, clientContext, tenantId, traceId });
    const { errorType = 'an error', errorMessage = '' } = errorOf(result.payload);
    const outcome = result.functionError ? `failed: ${errorType}: ${errorMessage}` : 'ok';
    const figures = renderFigures(result, handler.memoryMb);
    print.log(`${handler.functionName}: ${what}, ${oneLine(outcome)}, ${figures}`);
    return result;
  } catch (error) {
    print.error(`${handler.functionName}: ${what} failed\n${renderError(error)}`);
    throw error;
  }
}

function failure(error: unknown): AwsError {
  const text =
    error instanceof LambdaPythonError
      ? `${error.code}: ${error.message}`
      : 'see the terminal of nx serve';
  return serviceFailure(text);
}

/** As X-Ray writes it, not sampled. */
function newTraceId(): string {
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  const root = `1-${seconds}-${randomBytes(12).toString('hex')}`;
  return `Root=${root};Parent=${randomBytes(8).toString('hex')};Sampled=0`;
}
