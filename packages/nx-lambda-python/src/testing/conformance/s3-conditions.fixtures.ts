/** What a lock in a bucket rests on: writes under an ETag, and S3's own clock. */

import { DeleteObjectCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import type { Check } from './check.fixtures';
import { failure, newBucket } from './check.fixtures';
import { KEY, put, readText } from './s3.fixtures';

export const S3_CONDITION_CHECKS: readonly Check[] = [
  {
    name: 'If-Match on a key that does not exist is 404 NoSuchKey',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const IfMatch = `"${'0'.repeat(32)}"`;
      const missing = await failure(put(bench, Bucket, { IfMatch }));
      expect(missing).toEqual({ name: 'NoSuchKey', status: 404 });
    },
  },
  {
    name: 'If-Match after a delete marker is 404 NoSuchKey',
    async run(bench) {
      const Bucket = await newBucket(bench, { versioning: true });
      const { ETag } = await put(bench, Bucket);
      await bench.s3.send(new DeleteObjectCommand({ Bucket, Key: KEY }));
      const deleted = await failure(put(bench, Bucket, { IfMatch: ETag }));
      expect(deleted).toEqual({ name: 'NoSuchKey', status: 404 });
    },
  },
  {
    name: 'A PUT whose If-Match fails leaves the object alone',
    async run(bench) {
      const Bucket = await newBucket(bench);
      await put(bench, Bucket, { Body: 'first' });
      const IfMatch = `"${'0'.repeat(32)}"`;
      const refused = await failure(put(bench, Bucket, { IfMatch, Body: 'second' }));
      expect(refused).toEqual({ name: 'PreconditionFailed', status: 412 });
      expect(await readText(bench, Bucket)).toBe('first');
    },
  },
  {
    name: 'Of writers that race with If-Match one wins',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const { ETag } = await put(bench, Bucket);
      const writers = Array.from({ length: 6 }, (_, index) =>
        failure(put(bench, Bucket, { IfMatch: ETag, Body: `writer ${index}` })),
      );
      const statuses = (await Promise.all(writers)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    },
  },
  {
    name: 'GetObject has the ETag of the PUT, Last-Modified, and the Date by the same clock',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const sent = await put(bench, Bucket);
      const command = new GetObjectCommand({ Bucket, Key: KEY });
      const dates: number[] = [];
      command.middlewareStack.add(
        (next) => async (args) => {
          const output = await next(args);
          const { headers } = output.response as { headers: Record<string, string> };
          dates.push(Date.parse(headers['date'] ?? ''));
          return output;
        },
        { step: 'deserialize', priority: 'low' },
      );
      const { ETag, LastModified } = await bench.s3.send(command);
      expect(ETag).toBe(sent.ETag);
      const [date = NaN] = dates;
      const age = date - (LastModified?.getTime() ?? NaN);
      expect(age).toBeGreaterThanOrEqual(-1000);
      expect(age).toBeLessThan(60_000);
    },
  },
];
