/** What S3 refuses of multipart uploads, and that a refusal leaves everything as it was. */

import { createHash } from 'node:crypto';
import type { CompletedPart } from '@aws-sdk/client-s3';
import type { Bench, Check } from './check.fixtures';
import { check, failure, newBucket, refusal } from './check.fixtures';
import { KEY, put, readText } from './s3-objects.fixtures';
import type { Upload } from './s3-multipart.fixtures';
import { begin, crc64, uploadOf } from './s3-multipart.fixtures';

const ABSENT_ETAG = `"${'0'.repeat(32)}"`;
const COMPOSITE = { ChecksumType: 'COMPOSITE' } as const;

type Refusal = [
  check: string,
  refused: string,
  send: (upload: Upload, part: (number?: number) => Promise<CompletedPart>) => Promise<unknown>,
];

/** Each in an upload of its own, beside an object `source` of ten bytes. */
const REFUSALS: readonly Refusal[] = [
  [
    'A part under 5 MB that is not the last is 400 EntityTooSmall',
    '400 EntityTooSmall',
    async ({ complete }, part) => complete([await part(1), await part(2)]),
  ],
  [
    'A part that was not sent is 400 InvalidPart',
    '400 InvalidPart',
    async ({ complete }, part) => complete([{ ...(await part()), PartNumber: 2 }]),
  ],
  [
    'A part with another ETag is 400 InvalidPart',
    '400 InvalidPart',
    async ({ complete }, part) => complete([{ ...(await part()), ETag: ABSENT_ETAG }]),
  ],
  [
    'A part with another CRC64NVME than it was sent with is 400 InvalidPart',
    '400 InvalidPart',
    async ({ complete }, part) =>
      complete([{ ...(await part()), ChecksumCRC64NVME: crc64('other') }]),
  ],
  [
    'Parts out of order are 400 InvalidPartOrder',
    '400 InvalidPartOrder',
    async ({ complete }, part) => complete([await part(2), await part(1)]),
  ],
  [
    'A part that is named twice is 400 InvalidPartOrder',
    '400 InvalidPartOrder',
    async ({ complete }, part) => complete([await part(), await part()]),
  ],
  ['A part number of 0 is 400', '400 InvalidArgument', (_, part) => part(0)],
  ['A part number above 10,000 is 400', '400 InvalidArgument', (_, part) => part(10_001)],
  [
    'A part with a checksum of another algorithm than the upload’s is 400 InvalidRequest',
    '400 InvalidRequest',
    ({ send }) => send(1, 'part', { ChecksumCRC64NVME: undefined, ChecksumAlgorithm: 'CRC32' }),
  ],
  [
    'A whole object with another CRC64NVME is 400 BadDigest and makes no object',
    '400 BadDigest',
    async ({ complete }, part) =>
      complete([await part()], {
        ChecksumCRC64NVME: crc64('other'),
        ChecksumType: 'FULL_OBJECT',
      }),
  ],
  [
    'A whole object of another size than announced is 400 InvalidRequest',
    '400 InvalidRequest',
    async ({ complete }, part) => complete([await part()], { MpuObjectSize: 7 }),
  ],
  [
    'A completion with a COMPOSITE CRC64NVME is 400 InvalidRequest',
    '400 InvalidRequest',
    async ({ complete }, part) => complete([await part()], COMPOSITE),
  ],
  [
    'CompleteMultipartUpload with If-Match is 404 NoSuchKey if there is no object',
    '404 NoSuchKey',
    async ({ complete }, part) => complete([await part()], { IfMatch: ABSENT_ETAG }),
  ],
  ...['0-8', 'bytes=1-0', 'bytes=1-', 'bytes=-2', 'bytes=0-1,3-4', 'bytes=0-10'].map(
    (CopySourceRange): Refusal => [
      `UploadPartCopy of the range ${CopySourceRange} of ten bytes is 400`,
      '400 InvalidArgument',
      ({ copy, at }) => copy(`${at.Bucket}/source`, { CopySourceRange }),
    ],
  ),
  [
    'UploadPartCopy of a range beyond the object is 400 InvalidRequest',
    '400 InvalidRequest',
    ({ copy, at }) => copy(`${at.Bucket}/source`, { CopySourceRange: 'bytes=10-11' }),
  ],
  [
    'UploadPartCopy of an object that does not exist is 404 NoSuchKey',
    '404 NoSuchKey',
    ({ copy, at }) => copy(`${at.Bucket}/missing`),
  ],
  [
    'UploadPartCopy from a bucket that does not exist is 404 NoSuchBucket',
    '404 NoSuchBucket',
    ({ copy, at }) => copy(`${at.Bucket}-missing/source`),
  ],
];

export const S3_MULTIPART_REFUSAL_CHECKS: readonly Check[] = [
  ...REFUSALS.map(([name, refused, send]) =>
    check(name, async (bench) => {
      const Bucket = await newBucket(bench);
      await put(bench, Bucket, { Key: 'source', Body: '0123456789' });
      const upload = await begin(bench, Bucket);
      const part = (number = 1) => upload.send(number, `part ${number}`);
      expect(await failure(send(upload, part))).toBe(refused);
      expect(await failure(readText(bench, Bucket))).toBe('404 NoSuchKey');
      // The upload can still be completed.
      const whole = await upload.send(1, 'whole');
      expect(await failure(upload.complete([whole], { IfNoneMatch: '*' }))).toBe('none');
    }),
  ),
  check('An upload that does not exist, or was aborted, is 404 NoSuchUpload', async (bench) => {
    const aborted = await begin(bench, await newBucket(bench));
    const { at } = aborted;
    const part = await aborted.send(1, 'part');
    await put(bench, at.Bucket, { Key: 'source' });
    await aborted.abort();
    for (const gone of [aborted, uploadOf(bench, { ...at, UploadId: 'unknown' })]) {
      expect(await failure(gone.send(1, 'part'))).toBe('404 NoSuchUpload');
      expect(await failure(gone.copy(`${at.Bucket}/source`))).toBe('404 NoSuchUpload');
      expect(await failure(gone.complete([part]))).toBe('404 NoSuchUpload');
      expect(await failure(gone.abort())).toBe('404 NoSuchUpload');
    }
    expect(await failure(readText(bench, at.Bucket))).toBe('404 NoSuchKey');
  }),
  check('An upload belongs to its key', async (bench) => {
    const { at } = await begin(bench, await newBucket(bench));
    const other = uploadOf(bench, { ...at, Key: 'other.zip' });
    expect(await failure(other.send(1, 'part'))).toBe('404 NoSuchUpload');
    expect(await failure(other.complete([]))).toBe('404 NoSuchUpload');
  }),
  check(
    'A part whose bytes have another CRC64NVME is 400 BadDigest and is not stored',
    async (bench) => {
      const upload = await begin(bench, await newBucket(bench));
      const refused = upload.send(1, 'part', { ChecksumCRC64NVME: crc64('other') });
      expect(await failure(refused)).toBe('400 BadDigest');
      const ETag = `"${createHash('md5').update('part').digest('hex')}"`;
      expect(await failure(upload.complete([{ PartNumber: 1, ETag }]))).toBe('400 InvalidPart');
    },
  ),
  refusal(
    'A CRC64NVME is of the FULL_OBJECT, never COMPOSITE',
    '400 InvalidRequest',
    async (bench) => begin(bench, await newBucket(bench), COMPOSITE),
  ),
  check('CompleteMultipartUpload with If-None-Match: * is 412 if the key exists', async (bench) => {
    const Bucket = await newBucket(bench);
    const upload = await begin(bench, Bucket);
    const part = await upload.send(1, 'second writer');
    await put(bench, Bucket, { Body: 'first writer' });
    const refused = upload.complete([part], { IfNoneMatch: '*' });
    expect(await failure(refused)).toBe('412 PreconditionFailed');
    expect(await readText(bench, Bucket)).toBe('first writer');
  }),
  check(
    'A condition on a key that was deleted during the upload is 409 for that upload',
    async (bench) => {
      const Bucket = await newBucket(bench);
      await put(bench, Bucket);
      const upload = await begin(bench, Bucket);
      const part = await upload.send(1, 'part');
      await bench.s3.deleteObject({ Bucket, Key: KEY });
      const refused = upload.complete([part], { IfNoneMatch: '*' });
      expect(await failure(refused)).toBe('409 ConditionalRequestConflict');
      const next = await begin(bench, Bucket);
      const done = next.complete([await next.send(1, 'part')], { IfNoneMatch: '*' });
      expect(await failure(done)).toBe('none');
    },
  ),
  refusal('UploadPartCopy of a version that does not exist is 404', '404 NoSuchVersion', (bench) =>
    copyDeletedVersion(bench),
  ),
  check('CreateMultipartUpload and UploadPart in a missing bucket are 404', async (bench) => {
    const { at } = await begin(bench, await newBucket(bench));
    const Bucket = `${at.Bucket}-missing`;
    expect(await failure(begin(bench, Bucket))).toBe('404 NoSuchBucket');
    const part = uploadOf(bench, { ...at, Bucket }).send(1, 'part');
    expect(await failure(part)).toBe('404 NoSuchBucket');
  }),
];

async function copyDeletedVersion(bench: Bench) {
  const Bucket = await newBucket(bench, { versioning: true });
  const { VersionId } = await put(bench, Bucket, { Key: 'source' });
  await bench.s3.deleteObject({ Bucket, Key: 'source', VersionId });
  await put(bench, Bucket, { Key: 'source' });
  const { copy } = await begin(bench, Bucket);
  return copy(`${Bucket}/source?versionId=${VersionId}`);
}
