/** The operations on buckets. */

import { AwsError } from '../aws-error';
import type { AwsRequest, AwsResponse, Context } from '../protocol';
import { emptyResponse } from '../protocol';
import type { S3Address } from './access';
import { requireBucket, requireOwner } from './access';
import type { Bucket } from './model';
import { xmlDocument } from './responses';

export function headBucket(context: Context, request: AwsRequest, address: S3Address): AwsResponse {
  const bucket = requireBucket(context, request, address);
  return emptyResponse(200, { 'x-amz-bucket-region': bucket.region });
}

/** Creating one's own bucket again succeeds in us-east-1 only. Source: S3 API reference, CreateBucket. */
export function createBucket(
  context: Context,
  request: AwsRequest,
  { bucket: name }: S3Address,
): AwsResponse {
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
    state.write(
      'buckets',
      name,
      newBucket({ name, region, owner: account.accountId, created: now }),
    );
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

/** The one read that works from any region: it is how one learns where a bucket is. */
export function getBucketLocation(
  context: Context,
  request: AwsRequest,
  address: S3Address,
): AwsResponse {
  const known = context.state.read('buckets', address.bucket);
  if (known !== undefined) requireOwner(known, request, context.account.accountId);
  const bucket = known ?? requireBucket(context, request, address);
  // us-east-1 has no constraint, by S3's history.
  return xmlDocument('LocationConstraint', bucket.region === 'us-east-1' ? '' : bucket.region);
}

export function getBucketVersioning(
  context: Context,
  request: AwsRequest,
  address: S3Address,
): AwsResponse {
  const { versioning } = requireBucket(context, request, address);
  return xmlDocument(
    'VersioningConfiguration',
    versioning === 'Disabled' ? '' : { Status: versioning },
  );
}

export function putBucketVersioning(
  context: Context,
  request: AwsRequest,
  address: S3Address,
): AwsResponse {
  const bucket = requireBucket(context, request, address);
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
