/** Objects: written, read and deleted, under conditions, in ranges and versions. */

import { randomBytes } from 'node:crypto';
import { AwsError, noSuchKey, preconditionFailed } from '../protocol/aws-error';
import type { AwsRequest, AwsResponse, Context } from '../protocol/call';
import { emptyResponse } from '../protocol/call';
import type { Bucket, ObjectContent, ObjectVersion, StoredObject } from '../state/model';
import { objectId } from '../state/model';
import { readPutBody } from './body';
import type { S3Request } from './buckets';
import { requireBucket } from './buckets';
import { checksumHeaders, objectHeaders, versionHeader } from './responses';

/** Returned as sent, like user metadata and encryption. */
const KEPT_HEADERS = [
  'content-type',
  'cache-control',
  'content-disposition',
  'content-language',
  'expires',
];

export function putObject(context: Context, request: S3Request): AwsResponse {
  const bucket = requireBucket(context, request);
  const stored = readStored(context, request);
  requireWriteConditions(request, stored.versions.at(-1));
  const { bytes, sha256, md5, checksum } = readPutBody(request);
  const headers = keptHeaders(request);
  const version: ObjectVersion = {
    versionId: newVersionId(bucket),
    modified: context.now,
    content: {
      sha256,
      size: bytes.length,
      etag: `"${md5}"`,
      headers,
      ...(checksum && { checksum }),
    },
  };
  context.state.writeBytes(sha256, bytes);
  storeVersion(context, stored, version);
  overtakeUploads(context, request);
  return emptyResponse(200, {
    etag: `"${md5}"`,
    ...encryptionHeaders(headers),
    ...versionHeader(version.versionId, isVersioned(bucket)),
    ...checksumHeaders(checksum),
  });
}

/** Without a VersionId, a bucket that keeps versions gets a delete marker and loses nothing. */
export function deleteObject(context: Context, request: S3Request): AwsResponse {
  const bucket = requireBucket(context, request);
  const stored = readStored(context, request);
  overtakeUploads(context, request);
  const versionId = request.query.get('versionId');
  if (versionId !== null) return deleteVersion(context, stored, versionId);
  if (!isVersioned(bucket)) {
    context.state.remove('objects', objectId(request.bucket, request.key));
    return emptyResponse(204);
  }
  const marker: ObjectVersion = { versionId: newVersionId(bucket), modified: context.now };
  storeVersion(context, stored, marker);
  return emptyResponse(204, {
    'x-amz-delete-marker': 'true',
    'x-amz-version-id': marker.versionId,
  });
}

function deleteVersion(context: Context, stored: StoredObject, versionId: string): AwsResponse {
  const deleted = stored.versions.find((version) => version.versionId === versionId);
  const versions = stored.versions.filter((version) => version !== deleted);
  const id = objectId(stored.bucket, stored.key);
  if (versions.length === 0) context.state.remove('objects', id);
  else context.state.write('objects', id, { ...stored, versions });
  const wasMarker = deleted !== undefined && deleted.content === undefined;
  return emptyResponse(204, {
    'x-amz-version-id': versionId,
    ...(wasMarker && { 'x-amz-delete-marker': 'true' }),
  });
}

type StoredVersion = ObjectVersion & { content: ObjectContent };

export function headObject(context: Context, request: S3Request): AwsResponse {
  return readObject(context, request, () => Buffer.alloc(0));
}

export function getObject(context: Context, request: S3Request): AwsResponse {
  return readObject(context, request, ({ content }) => context.state.readBytes(content.sha256));
}

function readObject(
  context: Context,
  request: S3Request,
  readBytes: (version: StoredVersion) => Buffer,
): AwsResponse {
  const bucket = requireBucket(context, request);
  const version = requireObject(context, request, bucket);
  const { etag, size } = version.content;
  const ifMatch = request.headers['if-match'];
  if (ifMatch !== undefined && !sameEtag(ifMatch, etag))
    throw preconditionFailed({ Condition: 'If-Match' });
  const ifNoneMatch = request.headers['if-none-match'];
  if (ifNoneMatch !== undefined && sameEtag(ifNoneMatch, etag)) return emptyResponse(304, { etag });
  const range = readRange(request.headers['range'], size);
  const headers = objectHeaders(version, {
    versioned: isVersioned(bucket),
    // The stored checksum is of the whole object; it would not fit a part.
    withChecksum: request.headers['x-amz-checksum-mode'] === 'ENABLED' && range === undefined,
  });
  // The account's own clock, as in Last-Modified: clients compare the two.
  headers['date'] = new Date(context.now).toUTCString();
  if (range === undefined) {
    const body = readBytes(version);
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
    body: readBytes(version).subarray(first, last + 1),
  };
}

function requireObject(context: Context, request: S3Request, bucket: Bucket): StoredVersion {
  const { key, versions } = readStored(context, request);
  const versionId = request.query.get('versionId');
  const version =
    versionId === null
      ? versions.at(-1)
      : versions.find((candidate) => candidate.versionId === versionId);
  if (version?.content !== undefined) return { ...version, content: version.content };
  const marker = version === undefined ? {} : deleteMarkerHeaders(version, bucket);
  if (versionId === null) {
    throw noSuchKey({ headers: marker, fields: { Key: key } });
  }
  if (version === undefined) {
    throw new AwsError(404, 'NoSuchVersion', 'The specified version does not exist.', {
      fields: { Key: key, VersionId: versionId },
    });
  }
  const message = 'The specified method is not allowed against this resource.';
  throw new AwsError(405, 'MethodNotAllowed', message, { headers: marker });
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

/** A delete marker counts as no object. Source: Amazon S3 user guide, "Conditional requests". */
export function requireWriteConditions(
  request: AwsRequest,
  current: ObjectVersion | undefined,
): void {
  const ifNoneMatch = request.headers['if-none-match'];
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
    throw new AwsError(
      501,
      'NotImplemented',
      'A header you provided implies functionality that is not implemented',
    );
  }
  if (ifNoneMatch === '*' && current?.content !== undefined)
    throw preconditionFailed({ Condition: 'If-None-Match' });
  const ifMatch = request.headers['if-match'];
  if (ifMatch === undefined) return;
  if (current?.content === undefined) throw noSuchKey();
  if (!sameEtag(ifMatch, current.content.etag)) throw preconditionFailed({ Condition: 'If-Match' });
}

function sameEtag(given: string, etag: string): boolean {
  return given.replaceAll('"', '') === etag.replaceAll('"', '');
}

export function readStored({ state }: Context, { bucket, key }: S3Request): StoredObject {
  return state.read('objects', objectId(bucket, key)) ?? { bucket, key, versions: [] };
}

/** If the bucket does not keep versions, or no longer does, the version named `null` is replaced. */
export function storeVersion(
  { state }: Context,
  stored: StoredObject,
  version: ObjectVersion,
): void {
  const others = stored.versions.filter(({ versionId }) => versionId !== version.versionId);
  state.write('objects', objectId(stored.bucket, stored.key), {
    ...stored,
    versions: [...others, version],
  });
}

/** For every write and every deletion of a key; uploads of it that are under way remember it. */
export function overtakeUploads({ state }: Context, { bucket, key }: S3Request): void {
  for (const upload of state.list('uploads')) {
    if (upload.bucket !== bucket || upload.key !== key || upload.isOvertaken) continue;
    state.write('uploads', upload.id, { ...upload, isOvertaken: true });
  }
}

export function isVersioned({ versioning }: Bucket): boolean {
  return versioning !== 'Disabled';
}

export function newVersionId({ versioning }: Bucket): string {
  return versioning === 'Enabled' ? randomBytes(24).toString('base64url') : 'null';
}

export function keptHeaders({ headers }: AwsRequest): Record<string, string> {
  const returned = Object.entries(headers).filter(
    ([name]) =>
      KEPT_HEADERS.includes(name) ||
      name.startsWith('x-amz-meta-') ||
      name.startsWith('x-amz-server-side-encryption'),
  );
  const encoding = (headers['content-encoding'] ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && part !== 'aws-chunked');
  return {
    'content-type': 'binary/octet-stream',
    // S3 encrypts everything with its own keys unless told otherwise, since 2023.
    'x-amz-server-side-encryption': 'AES256',
    ...Object.fromEntries(returned),
    ...(encoding.length > 0 && { 'content-encoding': encoding.join(',') }),
  };
}

export function encryptionHeaders(headers: Record<string, string>): Record<string, string> {
  const names = Object.keys(headers).filter((name) =>
    name.startsWith('x-amz-server-side-encryption'),
  );
  return Object.fromEntries(names.map((name) => [name, headers[name] ?? '']));
}
