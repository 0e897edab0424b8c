/** S3's objects, checksums, conditions and versions as AWS documents them. */

import { Readable } from 'node:stream';
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import type { Check } from './check.fixtures';
import { failure, newBucket, sha256Base64 } from './check.fixtures';
import { BODY, KEY, put, readText } from './s3.fixtures';

export const S3_OBJECT_CHECKS: readonly Check[] = [
  {
    name: 'A wrong SHA-256 is refused with 400 BadDigest and stores nothing',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const ChecksumSHA256 = sha256Base64(Buffer.from('other bytes'));
      const refused = await failure(put(bench, Bucket, { ChecksumSHA256 }));
      expect(refused).toEqual({ name: 'BadDigest', status: 400 });
      const head = await failure(bench.s3.send(new HeadObjectCommand({ Bucket, Key: KEY })));
      expect(head.status).toBe(404);
    },
  },
  {
    name: 'HeadObject gives the SHA-256 of a single PUT as FULL_OBJECT',
    async run(bench) {
      const Bucket = await newBucket(bench);
      await put(bench, Bucket, { ChecksumSHA256: sha256Base64(BODY) });
      const command = new HeadObjectCommand({ Bucket, Key: KEY, ChecksumMode: 'ENABLED' });
      const { ChecksumSHA256, ChecksumType, ContentLength } = await bench.s3.send(command);
      expect(ChecksumSHA256).toBe(sha256Base64(BODY));
      expect(ChecksumType).toBe('FULL_OBJECT');
      expect(ContentLength).toBe(BODY.length);
    },
  },
  {
    name: 'PutObject answers with the SHA-256 that it was sent',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const { ChecksumSHA256 } = await put(bench, Bucket, { ChecksumSHA256: sha256Base64(BODY) });
      expect(ChecksumSHA256).toBe(sha256Base64(BODY));
    },
  },
  {
    name: 'HeadObject gives no checksum unless asked',
    async run(bench) {
      const Bucket = await newBucket(bench);
      await put(bench, Bucket, { ChecksumSHA256: sha256Base64(BODY) });
      const { ChecksumSHA256 } = await bench.s3.send(new HeadObjectCommand({ Bucket, Key: KEY }));
      expect(ChecksumSHA256).toBeUndefined();
    },
  },
  {
    name: 'A stream arrives whole, with the SDK’s own checksum in its trailer',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const bytes = Buffer.alloc(300_000, 'chunk ');
      const Body = Readable.from([bytes.subarray(0, 100_000), bytes.subarray(100_000)]);
      await put(bench, Bucket, { Body, ContentLength: bytes.length });
      const command = new GetObjectCommand({ Bucket, Key: KEY, ChecksumMode: 'ENABLED' });
      const object = await bench.s3.send(command);
      expect(await object.Body?.transformToByteArray()).toEqual(new Uint8Array(bytes));
      expect(object.ChecksumCRC32).toBeDefined();
      expect(object.ContentEncoding).toBeUndefined();
    },
  },
  {
    name: 'If-None-Match: * is 412 where the key exists, and leaves the object alone',
    async run(bench) {
      const Bucket = await newBucket(bench);
      await put(bench, Bucket, { IfNoneMatch: '*' });
      const Body = Buffer.from('second writer');
      const second = await failure(put(bench, Bucket, { IfNoneMatch: '*', Body }));
      expect(second).toEqual({ name: 'PreconditionFailed', status: 412 });
      expect(await readText(bench, Bucket)).toBe(BODY.toString());
    },
  },
  {
    name: 'Of writers that race with If-None-Match one wins',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const writers = Array.from({ length: 6 }, (_, index) =>
        failure(put(bench, Bucket, { IfNoneMatch: '*', Body: Buffer.from(`writer ${index}`) })),
      );
      const statuses = (await Promise.all(writers)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    },
  },
  {
    name: 'If-Match with a stale ETag is 412',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const { ETag } = await put(bench, Bucket);
      const Body = Buffer.from('second');
      const { ETag: newer } = await put(bench, Bucket, { IfMatch: ETag, Body });
      const stale = await failure(put(bench, Bucket, { IfMatch: ETag }));
      expect(stale).toEqual({ name: 'PreconditionFailed', status: 412 });
      expect((await failure(put(bench, Bucket, { IfMatch: newer }))).status).toBe(200);
    },
  },
  {
    name: 'A bucket with versions keeps each one under its VersionId',
    async run(bench) {
      const Bucket = await newBucket(bench, { versioning: true });
      const first = await put(bench, Bucket, { Body: Buffer.from('first') });
      const second = await put(bench, Bucket, { Body: Buffer.from('second') });
      expect(first.VersionId).toEqual(expect.any(String));
      expect(first.VersionId).not.toBe(second.VersionId);
      expect(await readText(bench, Bucket, first.VersionId)).toBe('first');
      expect(await readText(bench, Bucket)).toBe('second');
      const head = await bench.s3.send(new HeadObjectCommand({ Bucket, Key: KEY }));
      expect(head.VersionId).toBe(second.VersionId);
    },
  },
  {
    name: 'After a delete marker the key is 404, old versions stay, If-None-Match succeeds',
    async run(bench) {
      const Bucket = await newBucket(bench, { versioning: true });
      const { VersionId } = await put(bench, Bucket);
      const deleted = await bench.s3.send(new DeleteObjectCommand({ Bucket, Key: KEY }));
      expect(deleted.DeleteMarker).toBe(true);
      const get = await failure(bench.s3.send(new GetObjectCommand({ Bucket, Key: KEY })));
      expect(get).toEqual({ name: 'NoSuchKey', status: 404 });
      expect(await readText(bench, Bucket, VersionId)).toBe(BODY.toString());
      expect((await failure(put(bench, Bucket, { IfNoneMatch: '*' }))).status).toBe(200);
    },
  },
  {
    name: 'Deleting the delete marker brings the object back',
    async run(bench) {
      const Bucket = await newBucket(bench, { versioning: true });
      await put(bench, Bucket);
      const { VersionId } = await bench.s3.send(new DeleteObjectCommand({ Bucket, Key: KEY }));
      await bench.s3.send(new DeleteObjectCommand({ Bucket, Key: KEY, VersionId }));
      expect(await readText(bench, Bucket)).toBe(BODY.toString());
    },
  },
  {
    name: 'A VersionId that does not exist is 404 NoSuchVersion',
    async run(bench) {
      const Bucket = await newBucket(bench, { versioning: true });
      const { VersionId = '' } = await put(bench, Bucket);
      await bench.s3.send(new DeleteObjectCommand({ Bucket, Key: KEY, VersionId }));
      await put(bench, Bucket);
      const get = new GetObjectCommand({ Bucket, Key: KEY, VersionId });
      expect(await failure(bench.s3.send(get))).toEqual({ name: 'NoSuchVersion', status: 404 });
    },
  },
  {
    name: 'A missing key is 404',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const get = await failure(bench.s3.send(new GetObjectCommand({ Bucket, Key: KEY })));
      expect(get).toEqual({ name: 'NoSuchKey', status: 404 });
      const head = await failure(bench.s3.send(new HeadObjectCommand({ Bucket, Key: KEY })));
      expect(head).toEqual({ name: 'NotFound', status: 404 });
    },
  },
  {
    name: 'A range gives those bytes that the object has, and 416 outside of it',
    async run(bench) {
      const Bucket = await newBucket(bench);
      await put(bench, Bucket);
      const range = (Range: string) =>
        bench.s3.send(new GetObjectCommand({ Bucket, Key: KEY, Range }));
      const middle = await range('bytes=4-8');
      expect(await middle.Body?.transformToString()).toBe('bytes');
      expect(middle.ContentRange).toBe(`bytes 4-8/${BODY.length}`);
      expect(await (await range('bytes=-6')).Body?.transformToString()).toBe('object');
      const cut = await range('bytes=0-65535');
      expect(await cut.Body?.transformToString()).toBe(BODY.toString());
      expect(cut.ContentLength).toBe(BODY.length);
      expect(await failure(range('bytes=900-'))).toEqual({ name: 'InvalidRange', status: 416 });
    },
  },
  {
    name: 'A range of an old version gives bytes of that version',
    async run(bench) {
      const Bucket = await newBucket(bench, { versioning: true });
      const { VersionId } = await put(bench, Bucket, { Body: 'first version' });
      await put(bench, Bucket, { Body: 'second' });
      const old = await bench.s3.send(
        new GetObjectCommand({ Bucket, Key: KEY, VersionId, Range: 'bytes=0-4' }),
      );
      expect(await old.Body?.transformToString()).toBe('first');
      expect(old).toMatchObject({ VersionId, ContentLength: 5, ContentRange: 'bytes 0-4/13' });
      const head = new HeadObjectCommand({ Bucket, Key: KEY, VersionId, ChecksumMode: 'ENABLED' });
      expect((await bench.s3.send(head)).ContentLength).toBe(13);
    },
  },
  {
    name: 'Metadata, content type and encryption come back',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const sent = await put(bench, Bucket, {
        ContentType: 'application/zip',
        Metadata: { project: 'orders' },
        ServerSideEncryption: 'aws:kms',
        SSEKMSKeyId: 'arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555',
      });
      expect(sent.ServerSideEncryption).toBe('aws:kms');
      const head = await bench.s3.send(new HeadObjectCommand({ Bucket, Key: KEY }));
      expect(head).toMatchObject({
        ContentType: 'application/zip',
        Metadata: { project: 'orders' },
        ServerSideEncryption: 'aws:kms',
      });
    },
  },
];
