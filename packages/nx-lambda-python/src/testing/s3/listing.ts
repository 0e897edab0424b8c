/** ListObjectsV2: keys in the order of their bytes, folded at the delimiter, in pages. */

import { AwsError } from '../aws-error';
import type { AwsRequest, AwsResponse, Context } from '../protocol';
import type { S3Address } from './access';
import { requireBucket } from './access';
import type { ObjectContent, ObjectVersion } from './model';
import { compareKeys } from './model';
import type { Xml } from './responses';
import { xmlDocument } from './responses';

const PAGE_SIZE = 1000;

interface Item {
  /** A key, or a common prefix. */
  name: string;
  current: (ObjectVersion & { content: ObjectContent }) | undefined;
}

export function listObjectsV2(
  context: Context,
  request: AwsRequest,
  address: S3Address,
): AwsResponse {
  const bucket = requireBucket(context, request, address);
  const { query } = request;
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const token = query.get('continuation-token');
  const after = token === null ? (query.get('start-after') ?? '') : decodeToken(token);
  const size = Math.min(Number(query.get('max-keys') ?? PAGE_SIZE), PAGE_SIZE);
  const encode = query.get('encoding-type') === 'url' ? encodeURIComponent : (text: string) => text;
  const rest = readItems(context, bucket.name, prefix, delimiter).filter(
    ({ name }) => after === '' || compareKeys(name, after) > 0,
  );
  const items = rest.slice(0, size);
  const isTruncated = rest.length > items.length && items.length > 0;
  return xmlDocument('ListBucketResult', {
    Name: bucket.name,
    Prefix: encode(prefix),
    Delimiter: delimiter === '' ? undefined : encode(delimiter),
    StartAfter: query.get('start-after') ?? undefined,
    EncodingType: query.get('encoding-type') ?? undefined,
    ContinuationToken: token ?? undefined,
    NextContinuationToken: isTruncated ? encodeToken(items.at(-1)?.name ?? '') : undefined,
    MaxKeys: size,
    KeyCount: items.length,
    IsTruncated: isTruncated,
    Contents: items.flatMap(({ name, current }) =>
      current ? [describe(encode(name), current)] : [],
    ),
    CommonPrefixes: items
      .filter(({ current }) => current === undefined)
      .map(({ name }) => ({ Prefix: encode(name) })),
  });
}

function readItems({ state }: Context, bucket: string, prefix: string, delimiter: string): Item[] {
  const items = new Map<string, Item>();
  for (const stored of state.list('objects')) {
    if (stored.bucket !== bucket || !stored.key.startsWith(prefix)) continue;
    const current = stored.versions.at(-1);
    if (current?.content === undefined) continue;
    const cut = delimiter === '' ? -1 : stored.key.indexOf(delimiter, prefix.length);
    if (cut === -1)
      items.set(stored.key, {
        name: stored.key,
        current: { ...current, content: current.content },
      });
    else {
      const name = stored.key.slice(0, cut + delimiter.length);
      items.set(name, { name, current: undefined });
    }
  }
  return [...items.values()].sort((a, b) => compareKeys(a.name, b.name));
}

function describe(
  key: string,
  { modified, content }: ObjectVersion & { content: ObjectContent },
): Xml {
  return {
    Key: key,
    LastModified: new Date(modified).toISOString(),
    ETag: content.etag,
    ChecksumAlgorithm: content.checksum?.[0].toUpperCase(),
    ChecksumType: content.checksum && 'FULL_OBJECT',
    Size: content.size,
    StorageClass: 'STANDARD',
  };
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
