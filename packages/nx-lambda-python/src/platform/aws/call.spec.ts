import { toFailure } from './call';
import { CredentialsStageError } from './credentials';
import { ProxyRefusal } from './proxy';

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
    [400, 'ThrottledException', 'throttled'],
    [400, 'RequestThrottled', 'throttled'],
    [400, 'RequestThrottledException', 'throttled'],
    [400, 'BandwidthLimitExceeded', 'throttled'],
    [400, 'PriorRequestNotComplete', 'throttled'],
    [502, 'EC2ThrottledException', 'throttled'],
    [400, 'RequestTimeout', 'server'],
    [408, 'RequestTimeoutException', 'server'],
    [400, 'RequestExpired', 'server'],
    [407, 'Unknown', 'blocked'],
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

  it('knows by its words that $LATEST has other code than the one to publish', () => {
    const message =
      'CodeSHA256 (AAAA=) is different from current CodeSHA256 in $LATEST (BBBB=). Please try again with the CodeSHA256 in $LATEST.';
    const error = http(400, 'InvalidParameterValueException', { message });
    expect(toFailure(error, 'PublishVersion').kind).toBe('precondition');
  });

  it.each([
    ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL'],
    ...['ENODATA', 'ESERVFAIL', 'ETIMEOUT', 'ETIMEDOUT', 'EPIPE', 'EHOSTUNREACH', 'EHOSTDOWN'],
    ...['ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'ENOTCONN', 'EPROTO', 'ENOBUFS'],
    ...['UND_ERR_SOCKET', 'UND_ERR_CONNECT_TIMEOUT', 'ERR_SSL_WRONG_VERSION_NUMBER'],
    ...['ERR_SOCKET_CONNECTION_TIMEOUT', 'ERR_STREAM_PREMATURE_CLOSE', 'HPE_INVALID_CONSTANT'],
    ...['CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ...['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'HOSTNAME_MISMATCH', 'INVALID_PURPOSE'],
  ])('knows %s of the network', (code) => {
    const error = Object.assign(new Error('socket'), { code });
    expect(toFailure(error, 'GetFunction')).toMatchObject({ kind: 'unreachable', name: code });
    const wrapped = Object.assign(new TypeError('fetch failed'), { cause: error });
    expect(toFailure(wrapped, 'GetFunction').kind).toBe('unreachable');
    const ofAll = Object.assign(new Error('all addresses'), { errors: [new Error('?'), error] });
    expect(toFailure(ofAll, 'GetFunction').kind).toBe('unreachable');
  });

  it.each([
    ...['socket hang up', 'aborted', 'Proxy connection ended before receiving CONNECT response'],
    'Client network socket disconnected before secure TLS connection was established',
  ])('knows "%s", which has no code', (message) => {
    expect(toFailure(new Error(message), 'GetFunction').kind).toBe('unreachable');
  });

  it('knows a firewall that forbids a connection from a file that may not be read', () => {
    const code = 'EACCES';
    const firewall = Object.assign(new Error('connect EACCES'), { code, syscall: 'connect' });
    expect(toFailure(firewall, 'GetFunction').kind).toBe('unreachable');
    const file = Object.assign(new Error('open'), { code, syscall: 'open', path: 'package.zip' });
    expect(() => toFailure(file, 'PutObject')).toThrow(file);
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
    ['a proxy', new ProxyRefusal('blocked', 'the proxy answered 407'), 'blocked'],
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

  it.each([
    new TypeError('x is not a function'),
    Object.assign(new TypeError('argument'), { code: 'ERR_INVALID_ARG_TYPE' }),
    Object.assign(new Error('headers sent'), { code: 'ERR_HTTP_HEADERS_SENT' }),
    Object.assign(new Error('no module'), { code: 'MODULE_NOT_FOUND' }),
    Object.assign(new Error('no such file'), { code: 'ENOENT', path: 'package.zip' }),
    new Error('wrapped', { cause: new RangeError('index') }),
  ])('lets defects through: %s', (defect) => {
    expect(() => toFailure(defect, 'GetFunction')).toThrow(defect);
  });

  it('takes no refusal for a passing one where the clock is wrong, too', () => {
    const marked = { $metadata: { httpStatusCode: 403, clockSkewCorrected: true } };
    expect(toFailure(http(403, 'AccessDeniedException', marked), 'GetFunction').kind).toBe(
      'denied',
    );
  });
});
