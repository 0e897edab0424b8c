/** S3's multipart uploads and copied parts as AWS documents them. */

import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Bench, Check } from './check.fixtures';
import { failure, newBucket, uniqueName } from './check.fixtures';
import { begin, complete, copyPart, crc64, createCommand, sendPart } from './multipart.fixtures';
import { KEY, put, readText } from './s3.fixtures';

const MIB = 1024 * 1024;
const SOURCE = 'services/orders/previous.zip';

export const S3_MULTIPART_CHECKS: readonly Check[] = [
  {
    name: 'Parts become one object with the upload’s metadata, type and encryption',
    async run(bench) {
      const Bucket = await newBucket(bench, { versioning: true });
      const upload = await begin(bench, Bucket, {
        ContentType: 'application/zip',
        Metadata: { sha256: 'abc' },
        ServerSideEncryption: 'aws:kms',
        SSEKMSKeyId: 'arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555',
      });
      const part = await sendPart(bench, upload, 1, 'the only part');
      const { VersionId, ETag } = await complete(bench, upload, [part], { MpuObjectSize: 13 });
      expect(ETag).toMatch(/^"[0-9a-f]{32}-1"$/);
      expect(await readText(bench, Bucket)).toBe('the only part');
      expect(await bench.s3.send(new HeadObjectCommand({ Bucket, Key: KEY }))).toMatchObject({
        VersionId,
        ETag,
        ContentLength: 13,
        ContentType: 'application/zip',
        Metadata: { sha256: 'abc' },
        ServerSideEncryption: 'aws:kms',
      });
    },
  },
  {
    name: 'CreateMultipartUpload says that the CRC64NVME will be of the FULL_OBJECT',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const { ChecksumAlgorithm, ChecksumType } = await bench.s3.send(createCommand(Bucket));
      expect([ChecksumAlgorithm, ChecksumType]).toEqual(['CRC64NVME', 'FULL_OBJECT']);
    },
  },
  {
    name: 'UploadPart answers with the CRC64NVME that it was sent',
    async run(bench) {
      const upload = await begin(bench, await newBucket(bench));
      const ChecksumCRC64NVME = crc64('part');
      const input = { ...upload, PartNumber: 1, Body: 'part', ChecksumCRC64NVME };
      const answer = await bench.s3.send(new UploadPartCommand(input));
      expect(answer.ChecksumCRC64NVME).toBe(ChecksumCRC64NVME);
    },
  },
  {
    name: 'The whole object’s CRC64NVME is compared, returned, and kept as FULL_OBJECT',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const upload = await begin(bench, Bucket);
      const part = await sendPart(bench, upload, 1, 'whole');
      const ChecksumCRC64NVME = crc64('whole');
      const expected = { ChecksumCRC64NVME, ChecksumType: 'FULL_OBJECT' } as const;
      const completed = complete(bench, upload, [part], expected);
      expect(await failure(completed)).toEqual({ name: 'none', status: 200 });
      expect(await completed).toMatchObject(expected);
      const head = new HeadObjectCommand({ Bucket, Key: KEY, ChecksumMode: 'ENABLED' });
      expect(await bench.s3.send(head)).toMatchObject(expected);
    },
  },
  {
    name: 'An object’s first part may be copied from another object, the rest be sent',
    async run(bench) {
      const Bucket = await newBucket(bench, { versioning: true });
      const shared = Buffer.alloc(5 * MIB, 'dependency ');
      const Body = Buffer.concat([shared, Buffer.from('old code')]);
      const { VersionId } = await put(bench, Bucket, { Key: SOURCE, Body });
      await put(bench, Bucket, { Key: SOURCE, Body: 'newer' });
      const upload = await begin(bench, Bucket);
      const copied = await copyPart(bench, upload, `${Bucket}/${SOURCE}?versionId=${VersionId}`, {
        CopySourceRange: `bytes=0-${shared.length - 1}`,
      });
      expect(copied.CopySourceVersionId).toBe(VersionId);
      const first = { PartNumber: 1, ETag: copied.CopyPartResult?.ETag };
      const second = await sendPart(bench, upload, 2, 'new code');
      await complete(bench, upload, [first, second], { MpuObjectSize: shared.length + 8 });
      const { Body: made } = await bench.s3.send(new GetObjectCommand({ Bucket, Key: KEY }));
      const bytes = Buffer.from((await made?.transformToByteArray()) ?? []);
      expect(bytes.equals(Buffer.concat([shared, Buffer.from('new code')]))).toBe(true);
    },
  },
  {
    name: 'UploadPartCopy answers with the part’s CRC64NVME',
    async run(bench) {
      const { source, upload } = await copying(bench);
      const { CopyPartResult } = await copyPart(bench, upload, source);
      expect(CopyPartResult?.ChecksumCRC64NVME).toBe(crc64('0123456789'));
    },
  },
  {
    name: 'UploadPartCopy copies the range that it names, of keys with any characters',
    async run(bench) {
      const { Bucket, upload } = await copying(bench);
      const Key = 'ü b+c/%2F.zip';
      await put(bench, Bucket, { Key, Body: '0123456789' });
      const source = `${Bucket}/${Key.split('/').map(encodeURIComponent).join('/')}`;
      const { CopyPartResult } = await copyPart(bench, upload, source, {
        CopySourceRange: 'bytes=3-5',
      });
      await complete(bench, upload, [{ PartNumber: 1, ETag: CopyPartResult?.ETag }]);
      expect(await readText(bench, Bucket)).toBe('345');
    },
  },
  {
    name: 'A part that is sent again replaces the first',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const upload = await begin(bench, Bucket);
      await sendPart(bench, upload, 1, 'first');
      const part = await sendPart(bench, upload, 1, 'second');
      await complete(bench, upload, [part]);
      expect(await readText(bench, Bucket)).toBe('second');
    },
  },
  {
    name: 'CompleteMultipartUpload with the current ETag in If-Match replaces the object',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const { ETag: IfMatch } = await put(bench, Bucket);
      const upload = await begin(bench, Bucket);
      const part = await sendPart(bench, upload, 1, 'newer');
      const { ETag } = await complete(bench, upload, [part], { IfMatch });
      expect(await readText(bench, Bucket)).toBe('newer');
      const next = await begin(bench, Bucket);
      const again = await sendPart(bench, next, 1, 'newest');
      const stale = await failure(complete(bench, next, [again], { IfMatch }));
      expect(stale).toEqual({ name: 'PreconditionFailed', status: 412 });
      await complete(bench, next, [again], { IfMatch: ETag });
      expect(await readText(bench, Bucket)).toBe('newest');
    },
  },
  {
    name: 'Uploads that race with If-None-Match: one makes the object',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const uploads = await Promise.all(
        Array.from({ length: 4 }, async (_, index) => {
          const upload = await begin(bench, Bucket);
          return { upload, part: await sendPart(bench, upload, 1, `writer ${index}`) };
        }),
      );
      const results = await Promise.all(
        uploads.map(({ upload, part }) =>
          failure(complete(bench, upload, [part], { IfNoneMatch: '*' })),
        ),
      );
      expect(results.filter(({ status }) => status === 200)).toHaveLength(1);
    },
  },
  {
    name: 'Parts are copied from another bucket as well, if it belongs to whom it should',
    async run(bench) {
      const { source, upload } = await copying(bench);
      expect((await copyPart(bench, upload, source)).CopyPartResult?.ETag).toBeDefined();
      const ExpectedSourceBucketOwner = '999999999999';
      const refused = await failure(copyPart(bench, upload, source, { ExpectedSourceBucketOwner }));
      expect(refused).toEqual({ name: 'AccessDenied', status: 403 });
    },
  },
];

/** An upload, and ten bytes in another bucket to copy from. */
async function copying(bench: Bench) {
  const from = uniqueName('source');
  await bench.s3.send(new CreateBucketCommand({ Bucket: from }));
  await put(bench, from, { Key: SOURCE, Body: '0123456789' });
  const Bucket = await newBucket(bench);
  return { Bucket, source: `${from}/${SOURCE}`, upload: await begin(bench, Bucket) };
}
