/** S3's methods, paths and query flags → operations. */

import type { AwsError } from '../aws-error';
import { notSimulated } from '../aws-error';
import type { AwsRequest, AwsResponse, Call, Context } from '../protocol';
import type { S3Address } from './access';
import { readAddress } from './access';
import {
  createBucket,
  getBucketLocation,
  getBucketVersioning,
  headBucket,
  putBucketVersioning,
} from './buckets';
import { listObjectsV2 } from './listing';
import { abortUpload, copyPart, createUpload, uploadPart } from './multipart';
import { deleteObject, putObject } from './objects';
import { getObject, headObject } from './reading';
import { summarize } from './summary';
import { completeUpload } from './upload-completion';
import { listParts, listUploads } from './upload-listing';

type Operation = (context: Context, request: AwsRequest, address: S3Address) => AwsResponse;

/** `query` is a parameter that must be there; the first row that fits decides. */
const BUCKET_ROUTES: readonly [method: string, query: string, operation: string, run: Operation][] =
  [
    ['HEAD', '', 'HeadBucket', headBucket],
    ['GET', 'location', 'GetBucketLocation', getBucketLocation],
    ['GET', 'versioning', 'GetBucketVersioning', getBucketVersioning],
    ['PUT', 'versioning', 'PutBucketVersioning', putBucketVersioning],
    ['GET', 'list-type', 'ListObjectsV2', listObjectsV2],
    ['GET', 'uploads', 'ListMultipartUploads', listUploads],
  ];

const OBJECT_ROUTES: readonly [method: string, operation: string, run: Operation][] = [
  ['HEAD', 'HeadObject', headObject],
  ['GET', 'GetObject', getObject],
  ['PUT', 'PutObject', putObject],
  ['DELETE', 'DeleteObject', deleteObject],
];

const MULTIPART_ROUTES: readonly [
  method: string,
  query: string,
  copies: boolean,
  operation: string,
  run: Operation,
][] = [
  ['POST', 'uploads', false, 'CreateMultipartUpload', createUpload],
  ['PUT', 'uploadId', true, 'UploadPartCopy', copyPart],
  ['PUT', 'uploadId', false, 'UploadPart', uploadPart],
  ['POST', 'uploadId', false, 'CompleteMultipartUpload', completeUpload],
  ['DELETE', 'uploadId', false, 'AbortMultipartUpload', abortUpload],
  ['GET', 'uploadId', false, 'ListParts', listParts],
];

/** Every operation that is simulated. */
export const S3_OPERATIONS: readonly string[] = [
  ...BUCKET_ROUTES.map(([, , operation]) => operation),
  'CreateBucket',
  ...OBJECT_ROUTES.map(([, operation]) => operation),
  ...MULTIPART_ROUTES.map(([, , , operation]) => operation),
];

/** Query parameters that choose another operation on an object, or a part of a multipart upload. */
const OTHER_OBJECT_OPERATIONS = [
  'tagging',
  'acl',
  'attributes',
  'uploads',
  'uploadId',
  'retention',
  'legal-hold',
  'torrent',
  'restore',
  'select',
  'renameObject',
];

/** @throws AwsError 501 for what the account does not implement */
export function routeS3(request: AwsRequest): Call {
  const address = readAddress(request);
  const [operation, run] =
    address.key === '' ? bucketOperation(request, address) : objectOperation(request);
  const target = address.key === '' ? address.bucket : `${address.bucket}/${address.key}`;
  return {
    service: 's3',
    operation,
    target,
    input: summarize(request),
    run: (context) => run(context, request, address),
  };
}

function bucketOperation(request: AwsRequest, { bucket }: S3Address): [string, Operation] {
  const route = BUCKET_ROUTES.find(
    ([method, flag]) => method === request.method && (flag === '' || request.query.has(flag)),
  );
  if (bucket !== '' && route !== undefined) return [route[2], route[3]];
  const flags = [...request.query.keys()].filter((name) => name !== 'x-id');
  if (bucket !== '' && request.method === 'PUT' && flags.length === 0)
    return ['CreateBucket', createBucket];
  throw unknown(request);
}

function objectOperation(request: AwsRequest): [string, Operation] {
  const isCopy = request.headers['x-amz-copy-source'] !== undefined;
  const ofParts = MULTIPART_ROUTES.find(
    ([method, flag, copies]) =>
      method === request.method && request.query.has(flag) && copies === isCopy,
  );
  if (ofParts !== undefined) return [ofParts[3], ofParts[4]];
  const route = OBJECT_ROUTES.find(([method]) => method === request.method);
  const isOther = OTHER_OBJECT_OPERATIONS.some((name) => request.query.has(name));
  if (route === undefined || isOther) throw unknown(request);
  if (request.headers['x-amz-copy-source'] !== undefined) throw notSimulated('CopyObject of S3');
  return [route[1], route[2]];
}

function unknown(request: AwsRequest): AwsError {
  const flags = [...request.query.keys()].filter((name) => name !== 'x-id').join('&');
  return notSimulated(`${request.method} ${request.path}${flags === '' ? '' : `?${flags}`} of S3`);
}
