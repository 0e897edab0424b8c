/**
 * Checks a request's AWS Signature Version 4: signs it again, as the SDK does, and compares.
 * Source: AWS IAM user guide, "Create a signed AWS API request".
 */

import { timingSafeEqual } from 'node:crypto';
import { Hash } from '@smithy/core/serde';
import { SignatureV4 } from '@smithy/signature-v4';
import type { ServiceName } from './protocol/aws-error';
import { AwsError } from './protocol/aws-error';
import type { AwsRequest } from './protocol/call';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/** Undefined if the request has no signature in its Authorization header. */
export function readAuthorization(headers: AwsRequest['headers']) {
  const match = AUTHORIZATION.exec(headers['authorization'] ?? '');
  if (match === null) return undefined;
  const [, accessKeyId = '', region = '', service = '', names = '', signature = ''] = match;
  return { accessKeyId, region, service, signedHeaders: names.split(';'), signature };
}

/**
 * The region that the request is signed for.
 * @throws AwsError 403 as the service words it: unsigned, unknown access key, wrong signature
 */
export async function authenticate(
  request: AwsRequest,
  service: ServiceName,
  credentials: Credentials,
): Promise<string> {
  const authorization = readAuthorization(request.headers);
  if (authorization === undefined) throw refusal(service, 'unsigned');
  if (authorization.accessKeyId !== credentials.accessKeyId) throw refusal(service, 'unknownKey');
  const expected = await sign(request, authorization, credentials);
  const given = Buffer.from(authorization.signature);
  if (expected === undefined || !timingSafeEqual(given, Buffer.from(expected))) {
    throw refusal(service, 'mismatch');
  }
  return authorization.region;
}

/** Undefined if no signature fits: without a date, or if the body is not what was signed. */
async function sign(
  { method, path, query, headers, body, bodySha256 }: AwsRequest,
  { region, service, signedHeaders }: NonNullable<ReturnType<typeof readAuthorization>>,
  credentials: Credentials,
): Promise<string | undefined> {
  const date = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(headers['x-amz-date'] ?? '');
  if (date === null) return undefined;
  const [, year, month, day, hours, minutes, seconds] = date;
  const declared = headers['x-amz-content-sha256'];
  // Only S3 lets a client sign without reading its body first; PutObject checks what it declares.
  if (service !== 's3' && declared !== undefined && declared !== bodySha256) return undefined;
  const signer = new SignatureV4({
    credentials,
    region,
    service,
    sha256: Hash.bind(null, 'sha256'),
    applyChecksum: false,
    // Every service but S3 signs the path encoded twice.
    uriEscapePath: service !== 's3',
  });
  const signed = await signer.sign(
    {
      method,
      protocol: 'http:',
      hostname: '127.0.0.1',
      path,
      query: Object.fromEntries([...query.keys()].map((name) => [name, query.getAll(name)])),
      headers: Object.fromEntries(signedHeaders.map((name) => [name, headers[name] ?? ''])),
      body,
    },
    {
      signingDate: `${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`,
      signableHeaders: new Set(signedHeaders),
    },
  );
  return readAuthorization(signed.headers)?.signature;
}

const UNKNOWN_TOKEN = 'The security token included in the request is invalid.';
const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.';

/** Each service has names of its own for the same refusals. */
const REFUSALS = {
  s3: {
    unsigned: ['AccessDenied', 'Access Denied'],
    unknownKey: [
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist in our records.',
    ],
    mismatch: ['SignatureDoesNotMatch', MISMATCH],
  },
  lambda: {
    unsigned: ['MissingAuthenticationTokenException', 'Missing Authentication Token'],
    unknownKey: ['UnrecognizedClientException', UNKNOWN_TOKEN],
    mismatch: ['InvalidSignatureException', MISMATCH],
  },
  sts: {
    unsigned: ['MissingAuthenticationToken', 'Request is missing Authentication Token'],
    unknownKey: ['InvalidClientTokenId', UNKNOWN_TOKEN],
    mismatch: ['SignatureDoesNotMatch', MISMATCH],
  },
} as const;

function refusal(service: ServiceName, reason: 'unsigned' | 'unknownKey' | 'mismatch'): AwsError {
  const [code, message] = REFUSALS[service][reason];
  return new AwsError(403, code, message);
}
