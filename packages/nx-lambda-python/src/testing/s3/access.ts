/** Whether the caller may use a bucket, and which one: existence, region, owner. */

import { AwsError } from '../aws-error';
import type { AwsRequest, Context } from '../protocol';
import type { Bucket } from './model';

/** Where a request points. */
export interface S3Address {
  bucket: string;
  /** Decoded; empty for requests on the bucket. */
  key: string;
  /** The bucket was in the host name, not in the path. */
  virtualHost: boolean;
}

/** `http://bucket.localhost:4571/key` or `http://127.0.0.1:4571/bucket/key`. */
export function readAddress(request: AwsRequest): S3Address {
  const host = (request.headers['host'] ?? '').replace(/:\d+$/, '');
  const virtual = /^(.+)\.(?:localhost|127\.0\.0\.1)$/.exec(host)?.[1];
  const path = request.path.slice(1);
  if (virtual !== undefined) return { bucket: virtual, key: decode(path), virtualHost: true };
  const slash = path.indexOf('/');
  if (slash === -1) return { bucket: decode(path), key: '', virtualHost: false };
  return {
    bucket: decode(path.slice(0, slash)),
    key: decode(path.slice(slash + 1)),
    virtualHost: false,
  };
}

/**
 * The bucket, if it exists, is in the region of the request, and belongs to whom it should.
 * @throws AwsError 404 NoSuchBucket, 301 or 400 for another region, 403 AccessDenied
 */
export function requireBucket(context: Context, request: AwsRequest, address: S3Address): Bucket {
  const bucket = context.state.read('buckets', address.bucket);
  if (bucket === undefined) {
    throw new AwsError(404, 'NoSuchBucket', 'The specified bucket does not exist', {
      fields: { BucketName: address.bucket },
    });
  }
  if (bucket.region !== context.region) throw wrongRegion(context, bucket, address);
  requireOwner(bucket, request, context.account.accountId);
  return bucket;
}

/** A bucket of somebody else, or not of the account that the caller expects. */
export function requireOwner(bucket: Bucket, request: AwsRequest, accountId: string): void {
  const expected = request.headers['x-amz-expected-bucket-owner'];
  if (bucket.owner === accountId && (expected === undefined || expected === bucket.owner)) return;
  throw new AwsError(403, 'AccessDenied', 'Access Denied', {
    headers: { 'x-amz-bucket-region': bucket.region },
  });
}

/**
 * A region's own endpoint redirects. The global endpoint, which names the bucket in the host, is
 * led to the bucket's region by DNS, where the signature names the wrong one.
 * Source: Amazon S3 user guide, "Making requests", request redirection; API reference, error codes.
 */
function wrongRegion({ account, region }: Context, bucket: Bucket, address: S3Address): AwsError {
  const headers = { 'x-amz-bucket-region': bucket.region };
  if (address.virtualHost && region === 'us-east-1') {
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

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AwsError(400, 'InvalidURI', "Couldn't parse the specified URI.");
  }
}
