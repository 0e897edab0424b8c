/** Buckets: the address of a request, access to its bucket, and the operations on buckets. */

import { AwsError, notSimulated } from '../protocol/aws-error';
import type { AwsRequest, AwsResponse, Context } from '../protocol/call';
import { emptyResponse } from '../protocol/call';
import type { Bucket } from '../state/model';
import { xmlDocument } from './responses';

/** A request, and where it points. */
export interface S3Request extends AwsRequest {
  bucket: string;
  /** Decoded; empty for requests on the bucket. */
  key: string;
  /** The bucket was in the host name, not in the path. */
  virtualHost: boolean;
}

/** `http://bucket.localhost:4571/key` or `http://127.0.0.1:4571/bucket/key`. */
export function readAddress(request: AwsRequest): S3Request {
  const host = (request.headers['host'] ?? '').replace(/:\d+$/, '');
  const virtual = /^(.+)\.(?:localhost|127\.0\.0\.1)$/.exec(host)?.[1];
  const path = request.path.slice(1);
  if (virtual !== undefined) {
    return { ...request, bucket: virtual, key: decode(path), virtualHost: true };
  }
  const [bucket = '', ...key] = path.split('/');
  return { ...request, bucket: decode(bucket), key: decode(key.join('/')), virtualHost: false };
}

export function headBucket(context: Context, request: S3Request): AwsResponse {
  const bucket = requireBucket(context, request);
  return emptyResponse(200, { 'x-amz-bucket-region': bucket.region });
}

/** Creating an existing bucket of the same owner succeeds only in us-east-1. Source: S3 API reference, CreateBucket. */
export function createBucket(context: Context, request: S3Request): AwsResponse {
  const name = request.bucket;
  const { state, region, account, now } = context;
  const existing = state.read('buckets', name);
  if (existing !== undefined && existing.owner !== account.accountId) {
    throw new AwsError(409, 'BucketAlreadyExists', 'The requested bucket name is not available.');
  }
  if (existing !== undefined && region !== 'us-east-1') {
    throw new AwsError(
      409,
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
    );
  }
  requireLocation(request, region);
  if (existing === undefined) {
    const bucket = newBucket({ name, region, owner: account.accountId, created: now });
    state.write('buckets', name, bucket);
  }
  return emptyResponse(200, { location: `/${name}` });
}

/** @throws AwsError 400 InvalidBucketName */
export function newBucket(facts: Omit<Bucket, 'versioning'>): Bucket {
  // Source: Amazon S3 user guide, "General purpose bucket naming rules".
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(facts.name) || facts.name.includes('..')) {
    throw new AwsError(400, 'InvalidBucketName', 'The specified bucket is not valid.', {
      fields: { BucketName: facts.name },
    });
  }
  return { ...facts, versioning: 'Disabled' };
}

export function putBucketVersioning(context: Context, request: S3Request): AwsResponse {
  const bucket = requireBucket(context, request);
  const status = /<Status>(\w+)<\/Status>/.exec(request.body.toString('utf8'))?.[1];
  if (status !== 'Enabled' && status !== 'Suspended') {
    throw new AwsError(
      400,
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    );
  }
  context.state.write('buckets', bucket.name, { ...bucket, versioning: status });
  return emptyResponse(200);
}

const PAGE_SIZE = 1000;

/** Keys in the order of their bytes, in pages. */
export function listObjectsV2(context: Context, request: S3Request): AwsResponse {
  const { name } = requireBucket(context, request);
  const { query } = request;
  for (const parameter of ['delimiter', 'encoding-type']) {
    if (query.has(parameter)) throw notSimulated(`${parameter} in ListObjectsV2`);
  }
  const prefix = query.get('prefix') ?? '';
  const token = query.get('continuation-token');
  const after = token === null ? (query.get('start-after') ?? '') : decodeToken(token);
  const size = Math.min(Number(query.get('max-keys') ?? PAGE_SIZE), PAGE_SIZE);
  const rest = context.state
    .list('objects')
    .filter(({ bucket, key }) => bucket === name && key.startsWith(prefix))
    .filter(({ key }) => after === '' || compareKeys(key, after) > 0)
    .flatMap(({ key, versions }) => {
      const { content, modified = 0 } = versions.at(-1) ?? {};
      return content === undefined ? [] : { key, modified, content };
    })
    .sort((a, b) => compareKeys(a.key, b.key));
  const listed = rest.slice(0, size);
  const isTruncated = rest.length > listed.length && listed.length > 0;
  return xmlDocument('ListBucketResult', {
    Name: name,
    Prefix: prefix,
    StartAfter: query.get('start-after') ?? undefined,
    ContinuationToken: token ?? undefined,
    NextContinuationToken: isTruncated ? encodeToken(listed.at(-1)?.key ?? '') : undefined,
    MaxKeys: size,
    KeyCount: listed.length,
    IsTruncated: isTruncated,
    Contents: listed.map(({ key, modified, content }) => ({
      Key: key,
      LastModified: new Date(modified).toISOString(),
      ETag: content.etag,
      ChecksumAlgorithm: content.checksum?.[0].toUpperCase(),
      ChecksumType: content.checksum && 'FULL_OBJECT',
      Size: content.size,
      StorageClass: 'STANDARD',
    })),
  });
}

/**
 * The bucket, if it exists, is in the region of the request, and has the expected owner.
 * @throws AwsError 404 NoSuchBucket, 301 or 400 for another region, 403 AccessDenied
 */
export function requireBucket(context: Context, request: S3Request): Bucket {
  const bucket = context.state.read('buckets', request.bucket);
  if (bucket === undefined) {
    throw new AwsError(404, 'NoSuchBucket', 'The specified bucket does not exist', {
      fields: { BucketName: request.bucket },
    });
  }
  if (bucket.region !== context.region) throw wrongRegion(context, bucket, request);
  const expected = request.headers['x-amz-expected-bucket-owner'] ?? bucket.owner;
  if (bucket.owner === context.account.accountId && expected === bucket.owner) return bucket;
  throw new AwsError(403, 'AccessDenied', 'Access Denied', {
    headers: { 'x-amz-bucket-region': bucket.region },
  });
}

/**
 * A region's own endpoint redirects. The global endpoint, which names the bucket in the host, is
 * led to the bucket's region by DNS, where the signature names the wrong one.
 * Source: Amazon S3 user guide, "Making requests", request redirection; API reference, error codes.
 */
function wrongRegion({ account, region }: Context, bucket: Bucket, request: S3Request): AwsError {
  const headers = { 'x-amz-bucket-region': bucket.region };
  if (request.virtualHost && region === 'us-east-1') {
    return new AwsError(
      400,
      'AuthorizationHeaderMalformed',
      `The authorization header is malformed; the region '${region}' is wrong; expecting '${bucket.region}'`,
      { headers, fields: { Region: bucket.region } },
    );
  }
  return new AwsError(
    301,
    'PermanentRedirect',
    'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
    { headers, fields: { Endpoint: new URL(account.endpoint).host, Bucket: bucket.name } },
  );
}

function requireLocation(request: AwsRequest, region: string): void {
  const constraint = /<LocationConstraint>([^<]*)<\/LocationConstraint>/.exec(
    request.body.toString('utf8'),
  )?.[1];
  if ((constraint ?? 'us-east-1') === region) return;
  throw new AwsError(
    400,
    'IllegalLocationConstraintException',
    `The ${constraint ?? 'unspecified'} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  );
}

/** S3 sorts by the bytes of UTF-8, which is not JavaScript's order. */
function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function encodeToken(name: string): string {
  return Buffer.from(name).toString('base64url');
}

function decodeToken(token: string): string {
  const name = Buffer.from(token, 'base64url').toString('utf8');
  if (name !== '' && encodeToken(name) === token) return name;
  throw new AwsError(400, 'InvalidArgument', 'The continuation token provided is incorrect', {
    fields: { ArgumentName: 'continuation-token' },
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AwsError(400, 'InvalidURI', "Couldn't parse the specified URI.");
  }
}
