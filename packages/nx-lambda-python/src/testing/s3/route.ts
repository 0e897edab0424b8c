/** S3's methods, paths and query flags → operations. */

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
const ROUTES: readonly [
  method: string,
  on: 'bucket' | 'object' | 'copy of an object',
  query: string,
  operation: string,
  run: Operation,
][] = [
  ['HEAD', 'bucket', '', 'HeadBucket', headBucket],
  ['PUT', 'bucket', '', 'CreateBucket', createBucket],
  ['PUT', 'bucket', 'versioning', 'PutBucketVersioning', putBucketVersioning],
  ['GET', 'bucket', 'list-type', 'ListObjectsV2', listObjectsV2],
  ['POST', 'object', 'uploads', 'CreateMultipartUpload', createUpload],
  ['PUT', 'copy of an object', 'uploadId', 'UploadPartCopy', copyPart],
  ['PUT', 'object', 'uploadId', 'UploadPart', uploadPart],
  ['POST', 'object', 'uploadId', 'CompleteMultipartUpload', completeUpload],
  ['DELETE', 'object', 'uploadId', 'AbortMultipartUpload', abortUpload],
  ['HEAD', 'object', '', 'HeadObject', headObject],
  ['GET', 'object', '', 'GetObject', getObject],
  ['PUT', 'object', '', 'PutObject', putObject],
  ['DELETE', 'object', '', 'DeleteObject', deleteObject],
];

/** Every operation that is simulated. */
export const S3_OPERATIONS: readonly string[] = ROUTES.map(([, , , operation]) => operation);

/** Query parameters that choose another operation on an object, or a multipart upload. */
const OTHERS_OF_OBJECTS = [
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
  const isCopy = request.headers['x-amz-copy-source'] !== undefined;
  const place = key === '' ? 'bucket' : isCopy ? 'copy of an object' : 'object';
  const flags = [...request.query.keys()].filter((name) => name !== 'x-id');
  const others = key === '' ? flags : flags.filter((name) => OTHERS_OF_OBJECTS.includes(name));
  const route = ROUTES.find(
    ([method, on, query]) =>
      method === request.method &&
      on === place &&
      (query === '' ? others.length === 0 : flags.includes(query)),
  );
  if (route === undefined || bucket === '') {
    if (isCopy && others.length === 0) throw notSimulated('CopyObject of S3');
    const asked = flags.length === 0 ? '' : `?${flags.join('&')}`;
    throw notSimulated(`${request.method} ${request.path}${asked} of S3`);
  }
  const [, , , operation, run] = route;
  return {
    service: 's3',
    operation,
    target: key === '' ? bucket : `${bucket}/${key}`,
    input: summarize(request),
    run: (context) => run(context, addressed),
  };
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
