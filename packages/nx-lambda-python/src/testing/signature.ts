/**
 * Checks a request's AWS Signature Version 4 in its Authorization header.
 * Source: AWS IAM user guide, "Create a signed AWS API request".
 */

import { createHmac, timingSafeEqual } from 'node:crypto';
import { AwsError } from './aws-error';
import type { AwsRequest, ServiceName } from './protocol';
import { sha256Hex } from './state/state';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/** `<access key>/<date>/<region>/<service>/aws4_request`, and what was signed. */
export interface Authorization {
  accessKeyId: string;
  date: string;
  region: string;
  service: string;
  signedHeaders: string[];
  signature: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/** Undefined where the request is not signed this way. */
export function readAuthorization(request: AwsRequest): Authorization | undefined {
  const match = AUTHORIZATION.exec(request.headers['authorization'] ?? '');
  if (match === null) return undefined;
  const [, accessKeyId = '', date = '', region = '', service = '', headers = '', signature = ''] =
    match;
  return { accessKeyId, date, region, service, signedHeaders: headers.split(';'), signature };
}

/**
 * The region that the request is signed for.
 * @throws AwsError 403 as the service words it: unsigned, unknown access key, wrong signature
 */
export function authenticate(
  request: AwsRequest,
  service: ServiceName,
  credentials: Credentials,
): string {
  const authorization = readAuthorization(request);
  if (authorization === undefined) throw UNSIGNED[service]();
  if (authorization.accessKeyId !== credentials.accessKeyId) throw UNKNOWN_KEY[service]();
  const expected = sign(request, authorization, service, credentials.secretAccessKey);
  const isRight = timingSafeEqual(Buffer.from(authorization.signature), Buffer.from(expected));
  if (!isRight) throw WRONG_SIGNATURE[service]();
  return authorization.region;
}

function sign(
  request: AwsRequest,
  { date, region, service, signedHeaders }: Authorization,
  kind: ServiceName,
  secret: string,
): string {
  // Only S3 lets a client sign without reading its body first; PutObject checks what it declares.
  const declared = kind === 's3' ? request.headers['x-amz-content-sha256'] : undefined;
  const payload = declared ?? request.bodySha256;
  const canonicalRequest = [
    request.method,
    kind === 's3' ? request.path : encodeAgain(request.path),
    canonicalQuery(request.query),
    ...signedHeaders.map((name) => `${name}:${collapse(request.headers[name] ?? '')}`),
    '',
    signedHeaders.join(';'),
    payload,
  ].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const time = request.headers['x-amz-date'] ?? '';
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256Hex(canonicalRequest)].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<Buffer | string>(
    hmac,
    `AWS4${secret}`,
  );
  return hmac(key, text).toString('hex');
}

/** Every service but S3 signs the path encoded twice. */
function encodeAgain(path: string): string {
  return path.split('/').map(encode).join('/');
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .map(([name, value]): [string, string] => [encode(name), encode(value)])
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** RFC 3986: encodeURIComponent leaves five characters that the signature does not. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function collapse(value: string): string {
  return value.trim().replace(/ +/g, ' ');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function forbidden(code: string, message: string): () => AwsError {
  return () => new AwsError(403, code, message);
}

const UNSIGNED: Record<ServiceName, () => AwsError> = {
  s3: forbidden('AccessDenied', 'Access Denied'),
  lambda: forbidden('MissingAuthenticationTokenException', 'Missing Authentication Token'),
  sts: forbidden('MissingAuthenticationToken', 'Request is missing Authentication Token'),
};

const UNKNOWN_KEY: Record<ServiceName, () => AwsError> = {
  s3: forbidden(
    'InvalidAccessKeyId',
    'The AWS Access Key Id you provided does not exist in our records.',
  ),
  lambda: forbidden(
    'UnrecognizedClientException',
    'The security token included in the request is invalid.',
  ),
  sts: forbidden('InvalidClientTokenId', 'The security token included in the request is invalid.'),
};

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.';
const WRONG_SIGNATURE: Record<ServiceName, () => AwsError> = {
  s3: forbidden('SignatureDoesNotMatch', MISMATCH),
  lambda: forbidden('InvalidSignatureException', MISMATCH),
  sts: forbidden('SignatureDoesNotMatch', MISMATCH),
};
