/** The operations that read objects: HEAD, GET with ranges, and listing. */

import { AwsError } from '../aws-error';
import type { AwsRequest, AwsResponse, Context } from '../protocol';
import { emptyResponse } from '../protocol';
import type { S3Address } from './access';
import { requireBucket } from './access';
import type { Bucket, ObjectContent, ObjectVersion } from './model';
import { objectId } from './model';
import { isVersioned, preconditionFailed, sameEtag } from './objects';
import { objectHeaders, versionHeader } from './responses';

type Found = ObjectVersion & { content: ObjectContent };

export function headObject(context: Context, request: AwsRequest, address: S3Address): AwsResponse {
  return readObject(context, request, address, () => Buffer.alloc(0));
}

export function getObject(context: Context, request: AwsRequest, address: S3Address): AwsResponse {
  return readObject(context, request, address, ({ content }) =>
    context.state.readBytes(content.sha256),
  );
}

function readObject(
  context: Context,
  request: AwsRequest,
  address: S3Address,
  readBytes: (found: Found) => Buffer,
): AwsResponse {
  const bucket = requireBucket(context, request, address);
  const found = requireObject(context, request, bucket, address.key);
  const { etag, size } = found.content;
  const ifMatch = request.headers['if-match'];
  if (ifMatch !== undefined && !sameEtag(ifMatch, etag)) throw preconditionFailed('If-Match');
  const ifNoneMatch = request.headers['if-none-match'];
  if (ifNoneMatch !== undefined && sameEtag(ifNoneMatch, etag)) return emptyResponse(304, { etag });
  const range = readRange(request.headers['range'], size);
  const headers = objectHeaders(found, {
    versioned: isVersioned(bucket),
    // The stored checksum is of the whole object; it would not fit a part.
    withChecksum: request.headers['x-amz-checksum-mode'] === 'ENABLED' && range === undefined,
  });
  // The account's own clock, as in Last-Modified: clients compare the two.
  headers['date'] = new Date(context.now).toUTCString();
  if (range === undefined) {
    const body = readBytes(found);
    return { status: 200, headers: { ...headers, 'content-length': String(size) }, body };
  }
  const [first, last] = range;
  return {
    status: 206,
    headers: {
      ...headers,
      'content-length': String(last - first + 1),
      'content-range': `bytes ${first}-${last}/${size}`,
    },
    body: readBytes(found).subarray(first, last + 1),
  };
}

function requireObject(context: Context, request: AwsRequest, bucket: Bucket, key: string): Found {
  const versions = context.state.read('objects', objectId(bucket.name, key))?.versions ?? [];
  const versionId = request.query.get('versionId');
  const version =
    versionId === null
      ? versions.at(-1)
      : versions.find((candidate) => candidate.versionId === versionId);
  if (version?.content !== undefined) return { ...version, content: version.content };
  const marker = version === undefined ? {} : deleteMarkerHeaders(version, bucket);
  if (versionId === null) {
    throw new AwsError(404, 'NoSuchKey', 'The specified key does not exist.', {
      headers: marker,
      fields: { Key: key },
    });
  }
  if (version === undefined) {
    throw new AwsError(404, 'NoSuchVersion', 'The specified version does not exist.', {
      fields: { Key: key, VersionId: versionId },
    });
  }
  throw new AwsError(
    405,
    'MethodNotAllowed',
    'The specified method is not allowed against this resource.',
    {
      headers: marker,
    },
  );
}

function deleteMarkerHeaders({ versionId }: ObjectVersion, bucket: Bucket): Record<string, string> {
  return { 'x-amz-delete-marker': 'true', ...versionHeader(versionId, isVersioned(bucket)) };
}

/** First and last byte. RFC 9110 14.1.2: `bytes=a-b`, `bytes=a-`, `bytes=-n`; others are ignored. */
function readRange(header: string | undefined, size: number): [number, number] | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  const [, start = '', end = ''] = match ?? [];
  if (match === null || (start === '' && end === '')) return undefined;
  const first = start === '' ? Math.max(0, size - Number(end)) : Number(start);
  const last = start === '' || end === '' ? size - 1 : Math.min(Number(end), size - 1);
  if (first > last) {
    throw new AwsError(416, 'InvalidRange', 'The requested range is not satisfiable', {
      headers: { 'content-range': `bytes */${size}` },
    });
  }
  return [first, last];
}
