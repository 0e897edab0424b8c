import { errorAnswer, httpAnswer } from './http-answer';

const answerOf = (result: unknown, kind: 'url' | 'api' = 'api') =>
  httpAnswer(Buffer.from(JSON.stringify(result)), kind);

describe('httpAnswer', () => {
  // Of the tables in AWS's guide of function URLs.
  it.each([
    ['Hello, world!', '"Hello, world!"'],
    [{ message: 'Hello, world!' }, '{"message":"Hello, world!"}'],
    [null, 'null'],
    [[1, 2], '[1,2]'],
    [{ body: 'x', headers: { a: 'b' } }, '{"body":"x","headers":{"a":"b"}}'],
  ])('takes %j for a body', (result, body) => {
    expect(answerOf(result)).toEqual({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(body),
    });
  });

  it.each([
    [{ statusCode: 204 }, 204, { 'content-type': 'text/plain; charset=utf-8' }, ''],
    [{ statusCode: 200, body: null, headers: null, cookies: null }, 200, {}, ''],
    [
      { statusCode: 201, body: 'é', headers: { 'Content-Type': 'text/html' } },
      201,
      { 'content-type': 'text/html' },
      'é',
    ],
    [{ statusCode: 200, body: 'aGk=', isBase64Encoded: true }, 200, {}, 'hi'],
    [
      { statusCode: 302, headers: { Location: '/a', 'X-Count': 3, Connection: 'close' } },
      302,
      { location: '/a', 'x-count': '3' },
      '',
    ],
    [
      { statusCode: 200, cookies: ['a=1; Path=/', 'b=2'] },
      200,
      { 'set-cookie': ['a=1; Path=/', 'b=2'] },
      '',
    ],
  ])('reads the response %j', (result, status, headers, body) => {
    const answer = answerOf(result);
    expect(answer).toMatchObject({ status, headers, body: Buffer.from(body) });
    expect(answer).not.toHaveProperty('headers.connection');
  });

  it('has the default type of each front', () => {
    expect(answerOf({ statusCode: 200 }, 'url')).toMatchObject({
      headers: { 'content-type': 'application/json' },
    });
  });

  it.each([
    [{ statusCode: '200' }, '`statusCode` is "200"'],
    [{ statusCode: 99 }, '`statusCode` is 99'],
    [{ statusCode: 200, body: { a: 1 } }, '`body` is not text'],
    [{ statusCode: 200, headers: ['a'] }, '`headers` is not a dictionary'],
    [{ statusCode: 200, headers: { a: ['b', 'c'] } }, 'the header `a` is not text'],
    [{ statusCode: 200, headers: { a: 'b\r\nc: d' } }, 'the header `a` has characters'],
    [{ statusCode: 200, headers: { 'a b': 'c' } }, 'the header `a b` has characters'],
    [{ statusCode: 200, cookies: 'a=1' }, '`cookies` is not a list'],
    [{ statusCode: 200, cookies: ['a=1\n'] }, 'a cookie has characters'],
    [{ statusCode: 200, body: '%', isBase64Encoded: true }, '`body` is not Base64'],
  ])('refuses %j', (result, why) => {
    expect(answerOf(result)).toEqual({ why: expect.stringContaining(why) });
  });

  it.each([
    ['url', 502, 'Internal Server Error'],
    ['api', 500, '{"message":"Internal Server Error"}'],
  ] as const)('answers for a handler that failed behind a %s', (kind, status, body) => {
    expect(errorAnswer(kind)).toMatchObject({ status, body: Buffer.from(body) });
  });
});
