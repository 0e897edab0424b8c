/** What S3 refuses of multipart uploads, and that the refused leaves everything as it was. */

import { createHash } from 'node:crypto';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import type { Check } from './check.fixtures';
import { failure, newBucket } from './check.fixtures';
import {
  abort,
  begin,
  complete,
  copyPart,
  crc64,
  createCommand,
  sendPart,
} from './multipart.fixtures';
import { KEY, put, readText } from './s3.fixtures';

const INVALID = { name: 'InvalidRequest', status: 400 };
const ABSENT_ETAG = `"${'0'.repeat(32)}"`;

export const S3_MULTIPART_REFUSAL_CHECKS: readonly Check[] = [
  {
    name: 'An upload that does not exist, or was aborted, is 404 NoSuchUpload',
    async run(bench) {
      const upload = await begin(bench, await newBucket(bench));
      const part = await sendPart(bench, upload, 1, 'part');
      await put(bench, upload.Bucket, { Key: 'source' });
      await abort(bench, upload);
      const expected = { name: 'NoSuchUpload', status: 404 };
      for (const gone of [upload, { ...upload, UploadId: 'unknown' }]) {
        expect(await failure(sendPart(bench, gone, 1, 'part'))).toEqual(expected);
        const copied = copyPart(bench, gone, `${upload.Bucket}/source`);
        expect(await failure(copied)).toEqual(expected);
        expect(await failure(complete(bench, gone, [part]))).toEqual(expected);
        expect(await failure(abort(bench, gone))).toEqual(expected);
      }
    },
  },
  {
    name: 'An upload belongs to its key',
    async run(bench) {
      const upload = await begin(bench, await newBucket(bench));
      const other = { ...upload, Key: 'other.zip' };
      const expected = { name: 'NoSuchUpload', status: 404 };
      expect(await failure(sendPart(bench, other, 1, 'part'))).toEqual(expected);
      expect(await failure(complete(bench, other, []))).toEqual(expected);
    },
  },
  {
    name: 'A part under 5 MB that is not the last is 400 EntityTooSmall',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const upload = await begin(bench, Bucket);
      const parts = [
        await sendPart(bench, upload, 1, 'small'),
        await sendPart(bench, upload, 2, 'last'),
      ];
      const refused = await failure(complete(bench, upload, parts));
      expect(refused).toEqual({ name: 'EntityTooSmall', status: 400 });
      expect((await failure(readText(bench, Bucket))).status).toBe(404);
    },
  },
  {
    name: 'A part that is missing, or has another ETag, is 400 InvalidPart',
    async run(bench) {
      const upload = await begin(bench, await newBucket(bench));
      const part = await sendPart(bench, upload, 1, 'part');
      const expected = { name: 'InvalidPart', status: 400 };
      const missing = { ...part, PartNumber: 2 };
      expect(await failure(complete(bench, upload, [missing]))).toEqual(expected);
      const changed = { ...part, ETag: ABSENT_ETAG };
      expect(await failure(complete(bench, upload, [changed]))).toEqual(expected);
      // The upload is still there.
      expect((await failure(complete(bench, upload, [part]))).status).toBe(200);
    },
  },
  {
    name: 'A part with another CRC64NVME than it was sent with is 400 InvalidPart',
    async run(bench) {
      const upload = await begin(bench, await newBucket(bench));
      const part = await sendPart(bench, upload, 1, 'part');
      const wrong = { ...part, ChecksumCRC64NVME: crc64('other') };
      const refused = await failure(complete(bench, upload, [wrong]));
      expect(refused).toEqual({ name: 'InvalidPart', status: 400 });
      const right = { ...part, ChecksumCRC64NVME: crc64('part') };
      expect((await failure(complete(bench, upload, [right]))).status).toBe(200);
    },
  },
  {
    name: 'Parts out of order are 400 InvalidPartOrder',
    async run(bench) {
      const upload = await begin(bench, await newBucket(bench));
      const one = await sendPart(bench, upload, 1, 'one');
      const two = await sendPart(bench, upload, 2, 'two');
      const refused = await failure(complete(bench, upload, [two, one]));
      expect(refused).toEqual({ name: 'InvalidPartOrder', status: 400 });
    },
  },
  {
    name: 'A part number must be 1 to 10,000',
    async run(bench) {
      const upload = await begin(bench, await newBucket(bench));
      const expected = { name: 'InvalidArgument', status: 400 };
      expect(await failure(sendPart(bench, upload, 0, 'part'))).toEqual(expected);
      expect(await failure(sendPart(bench, upload, 10_001, 'part'))).toEqual(expected);
    },
  },
  {
    name: 'A part whose bytes have another CRC64NVME is 400 BadDigest and is not stored',
    async run(bench) {
      const upload = await begin(bench, await newBucket(bench));
      const ChecksumCRC64NVME = crc64('other');
      const refused = await failure(sendPart(bench, upload, 1, 'part', { ChecksumCRC64NVME }));
      expect(refused).toEqual({ name: 'BadDigest', status: 400 });
      const ETag = `"${createHash('md5').update('part').digest('hex')}"`;
      const completed = await failure(complete(bench, upload, [{ PartNumber: 1, ETag }]));
      expect(completed.name).toBe('InvalidPart');
    },
  },
  {
    name: 'A part with a checksum of another algorithm than the upload’s is 400 InvalidRequest',
    async run(bench) {
      const upload = await begin(bench, await newBucket(bench));
      const input = { ChecksumCRC64NVME: undefined, ChecksumAlgorithm: 'CRC32' } as const;
      const refused = await failure(sendPart(bench, upload, 1, 'part', input));
      expect(refused).toEqual(INVALID);
    },
  },
  {
    name: 'A whole object with another CRC64NVME is 400 BadDigest and makes no object',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const upload = await begin(bench, Bucket);
      const part = await sendPart(bench, upload, 1, 'part');
      const claims = { ChecksumCRC64NVME: crc64('other'), ChecksumType: 'FULL_OBJECT' } as const;
      const refused = await failure(complete(bench, upload, [part], claims));
      expect(refused).toEqual({ name: 'BadDigest', status: 400 });
      expect((await failure(readText(bench, Bucket))).status).toBe(404);
    },
  },
  {
    name: 'A whole object of another size than it was announced with is 400 InvalidRequest',
    async run(bench) {
      const upload = await begin(bench, await newBucket(bench));
      const part = await sendPart(bench, upload, 1, 'part');
      const refused = await failure(complete(bench, upload, [part], { MpuObjectSize: 5 }));
      expect(refused).toEqual(INVALID);
    },
  },
  {
    name: 'A CRC64NVME is of the FULL_OBJECT, never COMPOSITE',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const ChecksumType = 'COMPOSITE';
      const begun = await failure(bench.s3.send(createCommand(Bucket, { ChecksumType })));
      expect(begun).toEqual(INVALID);
      const upload = await begin(bench, Bucket);
      const part = await sendPart(bench, upload, 1, 'part');
      const completed = await failure(complete(bench, upload, [part], { ChecksumType }));
      expect(completed).toEqual(INVALID);
    },
  },
  {
    name: 'CompleteMultipartUpload with If-None-Match: * is 412 where the key exists',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const upload = await begin(bench, Bucket);
      const part = await sendPart(bench, upload, 1, 'second writer');
      await put(bench, Bucket, { Body: 'first writer' });
      const refused = await failure(complete(bench, upload, [part], { IfNoneMatch: '*' }));
      expect(refused).toEqual({ name: 'PreconditionFailed', status: 412 });
      expect(await readText(bench, Bucket)).toBe('first writer');
    },
  },
  {
    name: 'CompleteMultipartUpload with If-Match is 404 NoSuchKey where there is no object',
    async run(bench) {
      const upload = await begin(bench, await newBucket(bench));
      const part = await sendPart(bench, upload, 1, 'part');
      const refused = await failure(complete(bench, upload, [part], { IfMatch: ABSENT_ETAG }));
      expect(refused).toEqual({ name: 'NoSuchKey', status: 404 });
    },
  },
  {
    name: 'A condition on a key that was deleted during the upload is 409, until it is begun anew',
    async run(bench) {
      const Bucket = await newBucket(bench);
      await put(bench, Bucket);
      const upload = await begin(bench, Bucket);
      const part = await sendPart(bench, upload, 1, 'part');
      await bench.s3.send(new DeleteObjectCommand({ Bucket, Key: KEY }));
      const refused = await failure(complete(bench, upload, [part], { IfNoneMatch: '*' }));
      expect(refused).toEqual({ name: 'ConditionalRequestConflict', status: 409 });
      const anew = await begin(bench, Bucket);
      const again = await sendPart(bench, anew, 1, 'part');
      const done = await failure(complete(bench, anew, [again], { IfNoneMatch: '*' }));
      expect(done.status).toBe(200);
    },
  },
  {
    name: 'UploadPartCopy refuses ranges that are malformed or leave the object',
    async run(bench) {
      const Bucket = await newBucket(bench);
      await put(bench, Bucket, { Key: 'source', Body: '0123456789' });
      const upload = await begin(bench, Bucket);
      for (const range of [
        '0-8',
        'bytes=1-0',
        'bytes=1-',
        'bytes=-2',
        'bytes=0-1,3-4',
        'bytes=0-10',
      ]) {
        const copied = copyPart(bench, upload, `${Bucket}/source`, { CopySourceRange: range });
        expect([range, await failure(copied)]).toEqual([
          range,
          { name: 'InvalidArgument', status: 400 },
        ]);
      }
    },
  },
  {
    name: 'UploadPartCopy of an object or version that does not exist is 404',
    async run(bench) {
      const Bucket = await newBucket(bench, { versioning: true });
      const { VersionId } = await put(bench, Bucket, { Key: 'source' });
      const input = { Bucket, Key: 'source', VersionId };
      await bench.s3.send(new DeleteObjectCommand(input));
      await put(bench, Bucket, { Key: 'source' });
      const upload = await begin(bench, Bucket);
      const missing = await failure(copyPart(bench, upload, `${Bucket}/missing`));
      expect(missing).toEqual({ name: 'NoSuchKey', status: 404 });
      const gone = copyPart(bench, upload, `${Bucket}/source?versionId=${VersionId}`);
      expect(await failure(gone)).toEqual({ name: 'NoSuchVersion', status: 404 });
    },
  },
  {
    name: 'CreateMultipartUpload and UploadPart in a missing bucket are 404 NoSuchBucket',
    async run(bench) {
      const upload = await begin(bench, await newBucket(bench));
      const Bucket = `${upload.Bucket}-missing`;
      const expected = { name: 'NoSuchBucket', status: 404 };
      expect(await failure(bench.s3.send(createCommand(Bucket)))).toEqual(expected);
      expect(await failure(sendPart(bench, { ...upload, Bucket }, 1, 'part'))).toEqual(expected);
    },
  },
];
