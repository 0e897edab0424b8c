import { httpEvent, type Front, type HttpRequest } from './http-event';

const FACTS = {
  requestId: 'id',
  traceId: 'Root=1-a',
  now: 1_583_348_638_390,
  accountId: '123456789012',
};
const URL: Front = { kind: 'url' };
const API: Front = { kind: 'api', routeKey: 'GET /orders/{id}', parameters: { id: 'a b' } };

function request(changes: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: 'GET',
    path: '/my/path',
    query: '',
    headers: [['Host', '127.0.0.1:4010']],
    body: Buffer.alloc(0),
    protocol: 'HTTP/1.1',
    sourceIp: '127.0.0.1',
    ...changes,
  };
}

const eventOf = (changes: Partial<HttpRequest>, front: Front = URL) =>
  httpEvent(request(changes), front, FACTS);

describe('httpEvent', () => {
  // Of aws-lambda-go's recorded event of a function URL, without what TLS and IAM add.
  it('is that of a function URL', () => {
    const sent = {
      method: 'POST',
      path: '/hello',
      query: 'hello=world&foo=bar',
      headers: [
        ['Host', 'localhost:4010'],
        ['User-Agent', 'python-requests/2.28.2'],
        ['Cookie', 'foo=bar; hello=hello'],
        ['Header2', 'h1'],
        ['header2', 'h2'],
        ['Content-Type', 'application/json'],
      ],
      body: Buffer.from('{"hello": "world"}'),
    } as const;
    expect(eventOf(sent)).toEqual({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/hello',
      rawQueryString: 'hello=world&foo=bar',
      cookies: ['foo=bar', 'hello=hello'],
      headers: {
        host: 'localhost:4010',
        'user-agent': 'python-requests/2.28.2',
        cookie: 'foo=bar; hello=hello',
        header2: 'h1,h2',
        'content-type': 'application/json',
        'x-amzn-trace-id': 'Root=1-a',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-port': '4010',
        'x-forwarded-proto': 'http',
      },
      queryStringParameters: { hello: 'world', foo: 'bar' },
      requestContext: {
        accountId: 'anonymous',
        apiId: 'local',
        domainName: 'localhost',
        domainPrefix: 'localhost',
        http: {
          method: 'POST',
          path: '/hello',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'python-requests/2.28.2',
        },
        requestId: 'id',
        routeKey: '$default',
        stage: '$default',
        time: '04/Mar/2020:19:03:58 +0000',
        timeEpoch: 1_583_348_638_390,
      },
      body: '{"hello": "world"}',
      isBase64Encoded: false,
    });
  });

  it('is that of an API: decoded path, path parameters, cookies out of the headers', () => {
    const event = eventOf(
      {
        path: '/orders/a%20b',
        headers: [
          ['cookie', 'a=1'],
          ['Cookie', 'b=2'],
        ],
      },
      API,
    );
    expect(event).toMatchObject({
      routeKey: 'GET /orders/{id}',
      rawPath: '/orders/a b',
      pathParameters: { id: 'a b' },
      cookies: ['a=1', 'b=2'],
      requestContext: {
        accountId: '123456789012',
        routeKey: 'GET /orders/{id}',
        http: { path: '/orders/a b' },
      },
    });
    expect(event).toHaveProperty(
      'headers',
      expect.not.objectContaining({ cookie: expect.anything() }),
    );
  });

  it('leaves the path of a function URL as it was sent', () => {
    expect(eventOf({ path: '/a%20b' })).toMatchObject({ rawPath: '/a%20b' });
    for (const absent of ['body', 'cookies', 'pathParameters', 'queryStringParameters']) {
      expect(eventOf({})).not.toHaveProperty(absent);
    }
  });

  it.each([
    ['a=1&b=2&a=3', { a: '1,3', b: '2' }],
    ['a=x+y&b=%C3%A9', { a: 'x y', b: 'é' }],
    ['a', { a: '' }],
    ['__proto__=1', { ['__proto__']: '1' }],
  ])('reads the query %s', (query, expected) => {
    const { queryStringParameters } = eventOf({ query }) as Record<string, unknown>;
    expect(JSON.stringify(queryStringParameters)).toBe(JSON.stringify(expected));
  });

  it.each([
    ['text/plain', Buffer.from('é'), 'é', false],
    ['application/json; charset=utf-8', Buffer.from('{}'), '{}', false],
    ['application/vnd.api+json', Buffer.from('{}'), '{}', false],
    [undefined, Buffer.from('a'), 'a', false],
    // As AWS does, which surprises many.
    ['application/x-www-form-urlencoded', Buffer.from('a=1'), 'YT0x', true],
    ['image/png', Buffer.from([0x89, 0x50]), 'iVA=', true],
    ['text/plain', Buffer.from([0xff, 0xfe]), '//4=', true],
  ])('carries a body of %s', (type, body, text, isBase64Encoded) => {
    const headers = type === undefined ? [] : [['Content-Type', type] as const];
    expect(eventOf({ body, headers })).toMatchObject({ body: text, isBase64Encoded });
  });
});
