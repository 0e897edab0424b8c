/** S3's objects, checksums, conditions and versions as AWS documents them. */

import { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import type { Bench, Check } from './check.fixtures';
import { check, failure, newBucket, refusal, sha256Base64 } from './check.fixtures';

export const BODY = Buffer.from('the bytes of an object');
export const KEY = 'services/orders/package.zip';
const ABSENT_ETAG = `"${'0'.repeat(32)}"`;

export function put(
  { s3 }: Pick<Bench, 's3'>,
  Bucket: string,
  input: Partial<PutObjectCommandInput> = {},
) {
  return s3.putObject({ Bucket, Key: KEY, Body: BODY, ...input });
}

export async function readText({ s3 }: Pick<Bench, 's3'>, Bucket: string, VersionId?: string) {
  const { Body } = await s3.getObject({ Bucket, Key: KEY, VersionId });
  return Body?.transformToString();
}

export const S3_OBJECT_CHECKS: readonly Check[] = [
  check('A wrong SHA-256 is refused with 400 BadDigest and stores nothing', async (bench) => {
    const Bucket = await newBucket(bench);
    const ChecksumSHA256 = sha256Base64(Buffer.from('other bytes'));
    expect(await failure(put(bench, Bucket, { ChecksumSHA256 }))).toBe('400 BadDigest');
    expect(await failure(readText(bench, Bucket))).toBe('404 NoSuchKey');
  }),
  check('HeadObject gives the SHA-256 of a single PUT as FULL_OBJECT', async (bench) => {
    const Bucket = await newBucket(bench);
    const ChecksumSHA256 = sha256Base64(BODY);
    await put(bench, Bucket, { ChecksumSHA256 });
    const head = await bench.s3.headObject({ Bucket, Key: KEY, ChecksumMode: 'ENABLED' });
    const whole = { ChecksumType: 'FULL_OBJECT', ContentLength: BODY.length };
    expect(head).toMatchObject({ ChecksumSHA256, ...whole });
  }),
  check('PutObject answers with the SHA-256 that it was sent', async (bench) => {
    const Bucket = await newBucket(bench);
    const { ChecksumSHA256 } = await put(bench, Bucket, { ChecksumSHA256: sha256Base64(BODY) });
    expect(ChecksumSHA256).toBe(sha256Base64(BODY));
  }),
  check('HeadObject gives no checksum unless asked', async (bench) => {
    const Bucket = await newBucket(bench);
    await put(bench, Bucket, { ChecksumSHA256: sha256Base64(BODY) });
    const { ChecksumSHA256 } = await bench.s3.headObject({ Bucket, Key: KEY });
    expect(ChecksumSHA256).toBeUndefined();
  }),
  check('A stream arrives whole, with the SDK’s own checksum in its trailer', async (bench) => {
    const Bucket = await newBucket(bench);
    const bytes = Buffer.alloc(300_000, 'chunk ');
    const Body = Readable.from([bytes.subarray(0, 100_000), bytes.subarray(100_000)]);
    await put(bench, Bucket, { Body, ContentLength: bytes.length });
    const object = await bench.s3.getObject({ Bucket, Key: KEY, ChecksumMode: 'ENABLED' });
    expect(await object.Body?.transformToByteArray()).toEqual(new Uint8Array(bytes));
    expect(object.ChecksumCRC32).toBeDefined();
    expect(object.ContentEncoding).toBeUndefined();
  }),
  check('If-None-Match: * is 412 if the key exists, and leaves the object alone', async (bench) => {
    const Bucket = await newBucket(bench);
    await put(bench, Bucket, { IfNoneMatch: '*' });
    const second = put(bench, Bucket, { IfNoneMatch: '*', Body: 'second writer' });
    expect(await failure(second)).toBe('412 PreconditionFailed');
    expect(await readText(bench, Bucket)).toBe(BODY.toString());
  }),
  check('If-Match with a stale ETag is 412, and leaves the object alone', async (bench) => {
    const Bucket = await newBucket(bench);
    const { ETag } = await put(bench, Bucket);
    const { ETag: newer } = await put(bench, Bucket, { IfMatch: ETag, Body: 'second' });
    const stale = put(bench, Bucket, { IfMatch: ETag, Body: 'third' });
    expect(await failure(stale)).toBe('412 PreconditionFailed');
    expect(await readText(bench, Bucket)).toBe('second');
    expect(await failure(put(bench, Bucket, { IfMatch: newer }))).toBe('none');
  }),
  check('A bucket with versions keeps each one under its VersionId', async (bench) => {
    const Bucket = await newBucket(bench, { versioning: true });
    const first = await put(bench, Bucket, { Body: Buffer.from('first') });
    const second = await put(bench, Bucket, { Body: Buffer.from('second') });
    expect(first.VersionId).toEqual(expect.any(String));
    expect(first.VersionId).not.toBe(second.VersionId);
    expect(await readText(bench, Bucket, first.VersionId)).toBe('first');
    expect(await readText(bench, Bucket)).toBe('second');
    const head = await bench.s3.headObject({ Bucket, Key: KEY });
    expect(head.VersionId).toBe(second.VersionId);
  }),
  check(
    'After a delete marker the key is 404, old versions stay, If-None-Match succeeds',
    async (bench) => {
      const Bucket = await newBucket(bench, { versioning: true });
      const { VersionId } = await put(bench, Bucket);
      const deleted = await bench.s3.deleteObject({ Bucket, Key: KEY });
      expect(deleted.DeleteMarker).toBe(true);
      expect(await failure(readText(bench, Bucket))).toBe('404 NoSuchKey');
      expect(await readText(bench, Bucket, VersionId)).toBe(BODY.toString());
      expect(await failure(put(bench, Bucket, { IfNoneMatch: '*' }))).toBe('none');
    },
  ),
  check('Deleting the delete marker brings the object back', async (bench) => {
    const Bucket = await newBucket(bench, { versioning: true });
    await put(bench, Bucket);
    const { VersionId } = await bench.s3.deleteObject({ Bucket, Key: KEY });
    await bench.s3.deleteObject({ Bucket, Key: KEY, VersionId });
    expect(await readText(bench, Bucket)).toBe(BODY.toString());
  }),
  check('A VersionId that does not exist is 404 NoSuchVersion', async (bench) => {
    const Bucket = await newBucket(bench, { versioning: true });
    const { VersionId = '' } = await put(bench, Bucket);
    await bench.s3.deleteObject({ Bucket, Key: KEY, VersionId });
    await put(bench, Bucket);
    expect(await failure(readText(bench, Bucket, VersionId))).toBe('404 NoSuchVersion');
  }),
  check('A missing key is 404', async (bench) => {
    const Bucket = await newBucket(bench);
    expect(await failure(readText(bench, Bucket))).toBe('404 NoSuchKey');
    expect(await failure(bench.s3.headObject({ Bucket, Key: KEY }))).toBe('404 NotFound');
  }),
  check('A range gives those bytes that the object has, and 416 outside of it', async (bench) => {
    const Bucket = await newBucket(bench);
    await put(bench, Bucket);
    const range = (Range: string) => bench.s3.getObject({ Bucket, Key: KEY, Range });
    const middle = await range('bytes=4-8');
    expect(await middle.Body?.transformToString()).toBe('bytes');
    expect(middle.ContentRange).toBe(`bytes 4-8/${BODY.length}`);
    expect(await (await range('bytes=-6')).Body?.transformToString()).toBe('object');
    const cut = await range('bytes=0-65535');
    expect(await cut.Body?.transformToString()).toBe(BODY.toString());
    expect(cut.ContentLength).toBe(BODY.length);
    expect(await failure(range('bytes=900-'))).toBe('416 InvalidRange');
  }),
  check('A range of an old version gives bytes of that version', async (bench) => {
    const Bucket = await newBucket(bench, { versioning: true });
    const { VersionId } = await put(bench, Bucket, { Body: 'first version' });
    await put(bench, Bucket, { Body: 'second' });
    const old = await bench.s3.getObject({ Bucket, Key: KEY, VersionId, Range: 'bytes=0-4' });
    expect(await old.Body?.transformToString()).toBe('first');
    expect(old).toMatchObject({ VersionId, ContentLength: 5, ContentRange: 'bytes 0-4/13' });
    const head = await bench.s3.headObject({ Bucket, Key: KEY, VersionId });
    expect(head.ContentLength).toBe(13);
  }),
  check('Metadata, content type and encryption come back', async (bench) => {
    const Bucket = await newBucket(bench);
    const kept = {
      ContentType: 'application/zip',
      Metadata: { project: 'orders' },
      ServerSideEncryption: 'aws:kms',
    } as const;
    const SSEKMSKeyId =
      'arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555';
    const sent = await put(bench, Bucket, { ...kept, SSEKMSKeyId });
    expect(sent.ServerSideEncryption).toBe('aws:kms');
    expect(await bench.s3.headObject({ Bucket, Key: KEY })).toMatchObject(kept);
  }),
  refusal(
    'If-Match on a key that does not exist is 404 NoSuchKey',
    '404 NoSuchKey',
    async (bench) => put(bench, await newBucket(bench), { IfMatch: ABSENT_ETAG }),
  ),
  check('If-Match after a delete marker is 404 NoSuchKey', async (bench) => {
    const Bucket = await newBucket(bench, { versioning: true });
    const { ETag } = await put(bench, Bucket);
    await bench.s3.deleteObject({ Bucket, Key: KEY });
    expect(await failure(put(bench, Bucket, { IfMatch: ETag }))).toBe('404 NoSuchKey');
  }),
  ...(['If-None-Match', 'If-Match'] as const).map((condition) =>
    check(`Of writers that race with ${condition} one wins`, async (bench) => {
      const Bucket = await newBucket(bench);
      const { ETag } = await put(bench, Bucket);
      const input =
        condition === 'If-Match' ? { IfMatch: ETag } : { IfNoneMatch: '*', Key: 'new.zip' };
      const writers = Array.from({ length: 6 }, (_, index) =>
        failure(put(bench, Bucket, { ...input, Body: `writer ${index}` })),
      );
      expect((await Promise.all(writers)).filter((one) => one === 'none')).toHaveLength(1);
    }),
  ),
  check(
    'GetObject has the ETag of the PUT, Last-Modified, and the Date by the same clock',
    async (bench) => {
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
  ),
];
