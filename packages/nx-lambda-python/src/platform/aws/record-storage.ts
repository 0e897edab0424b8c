/** Release records in S3, through the AWS SDK. */

import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { RecordStorage } from '../../release/records/record-store';
import { call } from './call';
import { bucketInput, newObjectInput, objectInput } from './object-storage';

/** Records are some 300 bytes for each function; more is none of ours. */
const MAX_BYTES = 64 * 1024 * 1024;

export function s3Records(client: S3Client): RecordStorage {
  return {
    async read(location) {
      const result = await call('GetObject', async () => {
        const dates: string[] = [];
        const command = new GetObjectCommand(objectInput(location));
        // The SDK keeps S3's clock, the header Date, to itself.
        command.middlewareStack.add(
          (next) => async (args) => {
            const output = await next(args);
            const { headers } = output.response as { headers?: Record<string, string> };
            dates.push(headers?.['date'] ?? '');
            return output;
          },
          { step: 'deserialize', priority: 'low', name: 'dateOfAnswer' },
        );
        const { Body, ETag, LastModified, ContentLength = 0 } = await client.send(command);
        const lastModified = LastModified?.getTime() ?? NaN;
        const now = Date.parse(dates.at(-1) ?? '');
        const text = ContentLength > MAX_BYTES ? '' : ((await Body?.transformToString()) ?? '');
        // A storage that sends no Date: the object is as old as it was at once, so never stale.
        return {
          text,
          etag: ETag ?? '',
          lastModified,
          now: Number.isNaN(now) ? lastModified : now,
        };
      });
      const isMissing =
        !result.ok && result.failure.kind === 'not-found' && result.failure.name !== 'NoSuchBucket';
      return isMissing ? { ok: true, value: null } : result;
    },

    write: (location, text, condition) =>
      call('PutObject', async () => {
        const { ETag } = await client.send(
          new PutObjectCommand({
            ...newObjectInput(location),
            Body: text,
            ContentType: 'application/json',
            ...(condition === 'absent' ? { IfNoneMatch: '*' } : { IfMatch: condition.etag }),
          }),
        );
        return { etag: ETag ?? '' };
      }),

    list: (bucket, prefix, startAfter) =>
      call('ListObjectsV2', async () => {
        const keys: string[] = [];
        let token: string | undefined;
        do {
          const page = await client.send(
            new ListObjectsV2Command({
              ...bucketInput(bucket),
              Prefix: prefix,
              ...(startAfter === undefined ? {} : { StartAfter: startAfter }),
              ...(token === undefined ? {} : { ContinuationToken: token }),
            }),
          );
          keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
          token = page.NextContinuationToken;
        } while (token !== undefined);
        return keys;
      }),
  };
}
