import type { AwsError } from '../testing/protocol/aws-error';
import type { HttpRequest } from './http-event';
import { invokeAnswer, invokeRefusal, isLambdaApi, readInvokeRequest } from './invoke-api';

const NAME = 'orders-refund';

function request(
  name: string,
  headers: Record<string, string> = {},
  changes: Partial<HttpRequest> = {},
): HttpRequest {
  return {
    method: 'POST',
    path: `/2015-03-31/functions/${name}/invocations`,
    query: '',
    headers: Object.entries(headers),
    body: Buffer.from('{}'),
    protocol: 'HTTP/1.1',
    sourceIp: '127.0.0.1',
    ...changes,
  };
}

function refusalOf(sent: HttpRequest): { status: number; type: unknown; text: string } {
  try {
    readInvokeRequest(sent);
  } catch (error) {
    const { status, headers, body } = invokeRefusal(error as AwsError);
    return { status, type: headers['x-amzn-errortype'], text: body.toString() };
  }
  throw new Error('nothing was refused');
}

describe('readInvokeRequest', () => {
  it.each([
    [NAME, '', undefined],
    [`${NAME}:live`, '', 'live'],
    [`${NAME}:$LATEST`, '', '$LATEST'],
    [encodeURIComponent(`123456789012:function:${NAME}`), '', undefined],
    [encodeURIComponent(`arn:aws:lambda:eu-west-1:123456789012:function:${NAME}:7`), '', '7'],
    [NAME, 'Qualifier=live', 'live'],
  ])('reads the name %s with the query %s', (name, query, qualifier) => {
    expect(readInvokeRequest(request(name, {}, { query }))).toMatchObject({
      functionName: NAME,
      qualifier,
      type: 'RequestResponse',
      tail: false,
    });
  });

  it('reads what the headers ask for', () => {
    const headers = {
      'X-Amz-Invocation-Type': 'Event',
      'X-Amz-Log-Type': 'Tail',
      'X-Amz-Client-Context': Buffer.from('{"custom":{"a":"é"}}').toString('base64'),
      'X-Amz-Tenant-Id': 'blue',
    };
    expect(readInvokeRequest(request(NAME, headers))).toMatchObject({
      type: 'Event',
      tail: true,
      clientContext: '{"custom":{"a":"é"}}',
      tenantId: 'blue',
    });
  });

  it('takes a request without a body for an empty event', () => {
    const { payload } = readInvokeRequest(request(NAME, {}, { body: Buffer.alloc(0) }));
    expect(payload.toString()).toBe('{}');
  });

  const EVENT = { 'X-Amz-Invocation-Type': 'Event' };
  it.each<[string, HttpRequest, number, string, string]>([
    [
      'no JSON',
      request(NAME, {}, { body: Buffer.from('{a') }),
      400,
      'InvalidRequestContentException',
      'Could not parse request body into json',
    ],
    [
      '6 MB',
      request(NAME, {}, { body: Buffer.alloc(6_291_557, '1') }),
      413,
      'RequestTooLargeException',
      '6291556 bytes',
    ],
    [
      '1 MB later',
      request(NAME, EVENT, { body: Buffer.alloc(1_048_577, '1') }),
      413,
      'RequestTooLargeException',
      '1048576 bytes',
    ],
    ['a bad name', request('a.b'), 400, 'ValidationException', "Value 'a.b' at 'functionName'"],
    [
      'another type',
      request(NAME, { 'X-Amz-Invocation-Type': 'Now' }),
      400,
      'InvalidParameterValueException',
      'Now',
    ],
    [
      'a bad context',
      request(NAME, { 'X-Amz-Client-Context': 'e' }),
      400,
      'InvalidParameterValueException',
      'Client context',
    ],
    [
      'two qualifiers',
      request(`${NAME}:1`, {}, { query: 'Qualifier=2' }),
      400,
      'InvalidParameterValueException',
      'qualifier',
    ],
    [
      'another call',
      request(NAME, {}, { method: 'GET', path: `/2015-03-31/functions/${NAME}` }),
      501,
      'NotImplemented',
      'answers Invoke only',
    ],
  ])('refuses %s', (_, sent, status, type, text) => {
    const refusal = refusalOf(sent);
    expect(refusal).toMatchObject({ status, type });
    expect(JSON.parse(refusal.text)).toMatchObject({ Message: expect.stringContaining(text) });
  });

  it('takes exactly 6 MB', () => {
    const body = Buffer.alloc(6_291_556, '1');
    expect(readInvokeRequest(request(NAME, {}, { body })).payload.length).toBe(6_291_556);
  });

  it.each([
    ['/2015-03-31/functions/a/invocations', true],
    ['/2021-11-15/functions/a/response-streaming-invocations', true],
    ['/2015-03-31/reports/', false],
    ['/orders/2015-03-31/functions/a', false],
  ])('tells the API from other paths: %s', (path, expected) => {
    expect(isLambdaApi(path)).toBe(expected);
  });
});

describe('invokeAnswer', () => {
  const log = `${'x'.repeat(5000)}é`;
  const outcome = { payload: Buffer.from('{"a":1}'), log, requestId: 'id' };

  it.each([
    ['Event', 202],
    ['DryRun', 204],
  ] as const)('is empty for %s', (type, status) => {
    const sent = readInvokeRequest(request(NAME, { 'x-amz-invocation-type': type }));
    expect(invokeAnswer(sent, undefined)).toMatchObject({ status, body: Buffer.alloc(0) });
  });

  it('has the version, the error and the end of the log', () => {
    const asked = readInvokeRequest(request(`${NAME}:7`, { 'x-amz-log-type': 'Tail' }));
    const { status, headers, body } = invokeAnswer(asked, {
      ...outcome,
      functionError: 'Unhandled',
    });
    expect([status, body.toString()]).toEqual([200, '{"a":1}']);
    expect(headers).toMatchObject({
      'x-amz-executed-version': '7',
      'x-amz-function-error': 'Unhandled',
    });
    const end = Buffer.from(String(headers['x-amz-log-result']), 'base64').toString();
    expect(Buffer.byteLength(end)).toBe(4096);
    expect(end.endsWith('xé')).toBe(true);
  });

  it('has neither log nor error without one', () => {
    const { headers } = invokeAnswer(readInvokeRequest(request(`${NAME}:live`)), outcome);
    expect(headers).toEqual({
      'content-type': 'application/json',
      'x-amzn-requestid': 'id',
      'x-amz-executed-version': '$LATEST',
    });
  });
});
