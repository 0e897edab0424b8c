import { CredentialsStageError } from './credentials-failure';
import { toFailure } from './failure';
import { redact } from './redact';

function http(status: number, name: string, more: object = {}): Error {
  return Object.assign(new Error('said so'), {
    name,
    $metadata: { httpStatusCode: status },
    ...more,
  });
}

describe('toFailure', () => {
  it.each([
    [403, 'AccessDeniedException', 'denied'],
    [403, '403', 'denied'],
    [403, 'ExpiredTokenException', 'expired'],
    [400, 'ExpiredToken', 'expired'],
    [403, 'UnrecognizedClientException', 'bad-credentials'],
    [403, 'SignatureDoesNotMatch', 'bad-credentials'],
    [403, 'RequestTimeTooSkewed', 'server'],
    [404, 'ResourceNotFoundException', 'not-found'],
    [404, 'NoSuchBucket', 'not-found'],
    [409, 'ResourceConflictException', 'conflict'],
    [409, 'ConditionalRequestConflict', 'conflict'],
    [412, 'PreconditionFailed', 'precondition'],
    [429, 'WhateverAStandInCallsIt', 'throttled'],
    [400, 'ThrottlingException', 'throttled'],
    [503, 'SlowDown', 'throttled'],
    [503, 'ServiceUnavailable', 'server'],
    [500, 'ServiceException', 'server'],
    [501, 'NotImplemented', 'invalid'],
    [301, 'PermanentRedirect', 'wrong-region'],
    [400, 'AuthorizationHeaderMalformed', 'wrong-region'],
    [400, 'InvalidParameterValueException', 'invalid'],
    [400, 'CodeStorageExceededException', 'quota'],
    [502, 'KMSAccessDeniedException', 'package-unreadable'],
    [200, 'SyntaxError', 'unreachable'],
  ] as const)('classes %i %s as %s', (status, name, kind) => {
    expect(toFailure(http(status, name), 'UpdateFunctionCode')).toMatchObject({
      kind,
      operation: 'UpdateFunctionCode',
    });
  });

  it('tells a package that Lambda may not read from a caller that may do nothing', () => {
    const message =
      'Your access has been denied by S3, please make sure … S3 Error Code: AccessDenied.';
    const error = http(403, 'AccessDeniedException', { message });
    expect(toFailure(error, 'UpdateFunctionCode').kind).toBe('package-unreadable');
  });

  it.each(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'CERT_HAS_EXPIRED'])('knows %s', (code) => {
    const error = Object.assign(new Error('socket'), { code });
    expect(toFailure(error, 'GetFunction')).toMatchObject({ kind: 'unreachable', name: code });
  });

  it.each([
    ['Could not load credentials from any providers', 'no-credentials'],
    ['The SSO session associated with this profile has expired. To refresh …', 'expired'],
    ['Token is expired. To refresh this SSO session run …', 'expired'],
  ])('reads "%s"', (message, kind) => {
    const error = Object.assign(new Error(message), { name: 'CredentialsProviderError' });
    expect(toFailure(error, 'GetFunction').kind).toBe(kind);
  });

  it.each([
    ['no connection', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 'unreachable'],
    ['no file', Object.assign(new Error('no such file'), { code: 'ENOENT' }), 'no-credentials'],
    ['a refusal', http(403, 'AccessDenied'), 'denied'],
    ['an outage', http(503, 'ServiceUnavailable'), 'server'],
    ["the provider's outage", http(400, 'IDPCommunicationError'), 'server'],
    ['a malformed role', http(400, 'ValidationError'), 'bad-credentials'],
    ['an SSO session that ended', new Error('UnauthorizedException: Session token …'), 'expired'],
    ['an SSO role not assigned', new Error('ForbiddenException: No access'), 'denied'],
  ] as const)('tells where no credentials were handed out: %s', (_, cause, kind) => {
    const failure = toFailure(new CredentialsStageError(cause), 'UpdateFunctionCode');
    expect(failure).toMatchObject({ kind, stage: 'credentials' });
  });

  it('keeps what AWS says besides', () => {
    const headers = { 'x-amz-bucket-region': 'us-east-2', 'retry-after': '3' };
    expect(toFailure(http(301, '301', { $response: { headers } }), 'HeadBucket')).toMatchObject({
      name: 'HTTP 301',
      bucketRegion: 'us-east-2',
      retryAfterSeconds: 3,
    });
    const throttled = http(429, 'TooManyRequestsException', { retryAfterSeconds: '7' });
    expect(toFailure(throttled, 'GetFunction').retryAfterSeconds).toBe(7);
  });

  it('lets defects through', () => {
    const defect = new TypeError('x is not a function');
    expect(() => toFailure(defect, 'GetFunction')).toThrow(defect);
  });
});

describe('redact', () => {
  it('takes credentials out of whatever holds them', () => {
    const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
    const text = `AKIAIOSFODNN7EXAMPLE ${secret} http://user:pass@host/x?X-Amz-Signature=abc&a=b`;
    const clean = redact(text, { AWS_SECRET_ACCESS_KEY: secret });
    expect(clean).toBe(
      '[redacted] [redacted] http://[redacted]@host/x?X-Amz-Signature=[redacted]&a=b',
    );
  });

  it('leaves words alone', () => {
    expect(redact('a test of access', { AWS_SECRET_ACCESS_KEY: 'test' })).toBe('a test of access');
  });
});
