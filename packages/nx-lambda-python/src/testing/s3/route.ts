/** S3's methods, paths and query flags → operations. */

import type { AwsError } from '../protocol/aws-error';
import { notSimulated } from '../protocol/aws-error';
import type { AwsRequest, AwsResponse, Call, CallInput, Context } from '../protocol/call';
import type { S3Request } from './buckets';
import {
  createBucket,
  headBucket,
  listObjectsV2,
  putBucketVersioning,
  readAddress,
} from './buckets';
import { abortUpload, completeUpload, copyPart, createUpload, uploadPart } from './multipart';
import { deleteObject, getObject, headObject, putObject } from './objects';

type Operation = (context: Context, request: S3Request) => AwsResponse;

/** `query` is a parameter that the request must have; the first row that fits decides. */
const BUCKET_ROUTES: readonly [method: string, query: string, operation: string, run: Operation][] =
  [
    ['HEAD', '', 'HeadBucket', headBucket],
    ['PUT', 'versioning', 'PutBucketVersioning', putBucketVersioning],
    ['GET', 'list-type', 'ListObjectsV2', listObjectsV2],
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
  const addressed = readAddress(request);
  const { bucket, key } = addressed;
  const [operation, run] = key === '' ? bucketOperation(addressed) : objectOperation(request);
  return {
    service: 's3',
    operation,
    target: key === '' ? bucket : `${bucket}/${key}`,
    input: summarize(request),
    run: (context) => run(context, addressed),
  };
}

function bucketOperation(request: S3Request): [string, Operation] {
  if (request.bucket === '') throw unknown(request);
  const route = BUCKET_ROUTES.find(
    ([method, flag]) => method === request.method && (flag === '' || request.query.has(flag)),
  );
  if (route !== undefined) return [route[2], route[3]];
  if (request.method === 'PUT' && flagsOf(request).length === 0) {
    return ['CreateBucket', createBucket];
  }
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
  if (isCopy) throw notSimulated('CopyObject of S3');
  return [route[1], route[2]];
}

function unknown(request: AwsRequest): AwsError {
  const flags = flagsOf(request).join('&');
  return notSimulated(`${request.method} ${request.path}${flags === '' ? '' : `?${flags}`} of S3`);
}

function flagsOf({ query }: AwsRequest): string[] {
  return [...query.keys()].filter((name) => name !== 'x-id');
}

const HEADERS = /^(if-.*|range|content-length|content-type|content-md5|x-amz-.*)$/;
const SECRET = /^x-amz-(security-token|.*customer-key.*)$|^x-amz-signature$/i;

/** Headers and query parameters by their names; of an SDK's own, none. */
function summarize({ headers, query }: AwsRequest): CallInput {
  const sent = Object.entries(headers).filter(
    ([name]) => HEADERS.test(name) && !SECRET.test(name) && !PROTOCOL.has(name),
  );
  const asked = [...query].filter(([name]) => !SECRET.test(name) && name !== 'x-id');
  return Object.fromEntries([...asked, ...sent]);
}

/** How the request is signed and sent, not what it asks. */
const PROTOCOL = new Set(['x-amz-content-sha256', 'x-amz-date', 'x-amz-user-agent']);
