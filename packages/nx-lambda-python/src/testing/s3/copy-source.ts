/** What UploadPartCopy reads: an object, one version of it, or a range of its bytes. */

import { AwsError, notSimulated } from '../aws-error';
import type { AwsRequest, Context } from '../protocol';
import { readAddress } from './access';
import { preconditionFailed, sameEtag } from './objects';
import { getObject } from './reading';

const PREFIX = 'x-amz-copy-source';

export interface CopySource {
  bytes: Buffer;
  /** Which version was read, for the answer; empty where none are kept. */
  versionHeaders: Record<string, string>;
}

/**
 * Source: Amazon S3 API reference, UploadPartCopy.
 * @throws AwsError as GetObject does, 412 where a condition fails, 400 for a range beyond the object
 */
export function readCopySource(context: Context, { headers, ...request }: AwsRequest): CopySource {
  const [path = '', search = ''] = (headers[PREFIX] ?? '').split('?');
  const owner = headers['x-amz-source-expected-bucket-owner'];
  const source: AwsRequest = {
    ...request,
    path: `/${path.replace(/^\//, '')}`,
    query: new URLSearchParams(search),
    headers: { ...(owner !== undefined && { 'x-amz-expected-bucket-owner': owner }) },
  };
  const object = getObject(context, source, readAddress(source));
  requireConditions(headers, object.headers['etag'] ?? '');
  const versionId = object.headers['x-amz-version-id'];
  const [first, last] = readRange(headers[`${PREFIX}-range`], object.body.length);
  return {
    bytes: object.body.subarray(first, last + 1),
    versionHeaders: { ...(versionId !== undefined && { [`${PREFIX}-version-id`]: versionId }) },
  };
}

function requireConditions(headers: AwsRequest['headers'], etag: string): void {
  const byTime = Object.keys(headers).find((name) => /-if-(un)?modified-since$/.test(name));
  if (byTime !== undefined) throw notSimulated(byTime);
  const ifMatch = headers[`${PREFIX}-if-match`];
  if (ifMatch !== undefined && !sameEtag(ifMatch, etag)) {
    throw preconditionFailed(`${PREFIX}-If-Match`);
  }
  const ifNoneMatch = headers[`${PREFIX}-if-none-match`];
  if (ifNoneMatch !== undefined && sameEtag(ifNoneMatch, etag)) {
    throw preconditionFailed(`${PREFIX}-If-None-Match`);
  }
}

/** Unlike a Range of GetObject, this one is neither cut to the object nor ignored. */
function readRange(range: string | undefined, size: number): [first: number, last: number] {
  if (range === undefined) return [0, size - 1];
  const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  const [first, last] = [Number(start), Number(end)];
  if (start === undefined || end === undefined || first > last) {
    throw invalidRange(
      range,
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
    );
  }
  if (first >= size) {
    const message = 'The specified copy range is invalid for the source object size';
    throw new AwsError(400, 'InvalidRequest', message);
  }
  if (last < size) return [first, last];
  throw invalidRange(range, `Range specified is not valid for source object of size: ${size}`);
}

function invalidRange(range: string, message: string): AwsError {
  const fields = { ArgumentName: `${PREFIX}-range`, ArgumentValue: range };
  return new AwsError(400, 'InvalidArgument', message, { fields });
}
