/** S3's multipart uploads and copied parts as AWS documents them. */

import type {
  CompletedPart,
  CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommandInput,
  S3,
  UploadPartCommandInput,
  UploadPartCopyCommandInput,
} from '@aws-sdk/client-s3';
import { Crc64Nvme } from '../../packaging/crc64-nvme';
import type { Bench, Check } from './check.fixtures';
import { check, failure, newBucket, uniqueName } from './check.fixtures';
import { KEY, put, readText } from './s3-objects.fixtures';

const SOURCE = 'services/orders/previous.zip';
const CHECKSUM = { ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'FULL_OBJECT' } as const;

/** Only S3 is needed, so that specs of other benches may use it. */
interface S3Bench {
  s3: S3;
}

export type Upload = ReturnType<typeof uploadOf>;

export function crc64(bytes: Buffer | string): string {
  return new Crc64Nvme().update(Buffer.from(bytes)).digest();
}

/** An upload whose object S3 compares as a whole with a CRC64NVME. */
export async function begin(
  { s3 }: S3Bench,
  Bucket: string,
  input: Partial<CreateMultipartUploadCommandInput> = {},
): Promise<Upload> {
  const object = { Bucket, Key: KEY };
  const answer = await s3.createMultipartUpload({ ...object, ...CHECKSUM, ...input });
  const { UploadId = '', ChecksumAlgorithm, ChecksumType } = answer;
  const checksum = { ChecksumAlgorithm, ChecksumType };
  return { ...uploadOf({ s3 }, { ...object, UploadId }), checksum };
}

/** What can be done with an upload, of that key. */
export function uploadOf({ s3 }: S3Bench, at: { Bucket: string; Key: string; UploadId: string }) {
  return {
    at,
    /** As CreateMultipartUpload answered. */
    checksum: {} as { ChecksumAlgorithm?: string; ChecksumType?: string },
    async send(
      PartNumber: number,
      bytes: Buffer | string,
      input: Partial<UploadPartCommandInput> = {},
    ): Promise<CompletedPart> {
      const part = { PartNumber, Body: Buffer.from(bytes), ChecksumCRC64NVME: crc64(bytes) };
      const { ETag } = await s3.uploadPart({ ...at, ...part, ...input });
      return { PartNumber, ETag };
    },
    copy: (CopySource: string, input: Partial<UploadPartCopyCommandInput> = {}) =>
      s3.uploadPartCopy({ ...at, PartNumber: 1, CopySource, ...input }),
    complete: (Parts: CompletedPart[], input: Partial<CompleteMultipartUploadCommandInput> = {}) =>
      s3.completeMultipartUpload({ ...at, MultipartUpload: { Parts }, ...input }),
    abort: () => s3.abortMultipartUpload(at),
  };
}

export const S3_MULTIPART_CHECKS: readonly Check[] = [
  check(
    'Parts become one object with the upload’s metadata, type and encryption',
    async (bench) => {
      const Bucket = await newBucket(bench, { versioning: true });
      const kept = {
        ContentType: 'application/zip',
        Metadata: { sha256: 'abc' },
        ServerSideEncryption: 'aws:kms',
      } as const;
      const SSEKMSKeyId =
        'arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555';
      const upload = await begin(bench, Bucket, { ...kept, SSEKMSKeyId });
      const part = await upload.send(1, 'the only part');
      const { VersionId, ETag } = await upload.complete([part], { MpuObjectSize: 13 });
      expect(ETag).toMatch(/^"[0-9a-f]{32}-1"$/);
      expect(await readText(bench, Bucket)).toBe('the only part');
      const head = await bench.s3.headObject({ Bucket, Key: KEY });
      expect(head).toMatchObject({ VersionId, ETag, ContentLength: 13, ...kept });
    },
  ),
  check(
    'CreateMultipartUpload says that the CRC64NVME will be of the FULL_OBJECT',
    async (bench) => {
      const { checksum } = await begin(bench, await newBucket(bench));
      expect(checksum).toEqual(CHECKSUM);
    },
  ),
  check('UploadPart answers with the CRC64NVME that it was sent', async (bench) => {
    const { at } = await begin(bench, await newBucket(bench));
    const ChecksumCRC64NVME = crc64('part');
    const part = { ...at, PartNumber: 1, Body: 'part', ChecksumCRC64NVME };
    expect(await bench.s3.uploadPart(part)).toMatchObject({ ChecksumCRC64NVME });
  }),
  check(
    'The whole object’s CRC64NVME is compared, returned, and kept as FULL_OBJECT',
    async (bench) => {
      const Bucket = await newBucket(bench);
      const upload = await begin(bench, Bucket);
      const part = await upload.send(1, 'whole');
      const ChecksumCRC64NVME = crc64('whole');
      const expected = { ChecksumCRC64NVME, ChecksumType: 'FULL_OBJECT' } as const;
      const completed = upload.complete([part], expected);
      expect(await failure(completed)).toBe('none');
      expect(await completed).toMatchObject(expected);
      const head = await bench.s3.headObject({ Bucket, Key: KEY, ChecksumMode: 'ENABLED' });
      expect(head).toMatchObject(expected);
    },
  ),
  check(
    'An object’s first part may be copied from another object, the rest be sent',
    async (bench) => {
      const Bucket = await newBucket(bench, { versioning: true });
      const shared = Buffer.alloc(5 * 1024 * 1024, 'dependency ');
      const Body = Buffer.concat([shared, Buffer.from('old code')]);
      const { VersionId } = await put(bench, Bucket, { Key: SOURCE, Body });
      await put(bench, Bucket, { Key: SOURCE, Body: 'newer' });
      const upload = await begin(bench, Bucket);
      const CopySourceRange = `bytes=0-${shared.length - 1}`;
      const source = `${Bucket}/${SOURCE}?versionId=${VersionId}`;
      const copied = await upload.copy(source, { CopySourceRange });
      expect(copied.CopySourceVersionId).toBe(VersionId);
      const first = { PartNumber: 1, ETag: copied.CopyPartResult?.ETag };
      const second = await upload.send(2, 'new code');
      await upload.complete([first, second], { MpuObjectSize: shared.length + 8 });
      const { Body: made } = await bench.s3.getObject({ Bucket, Key: KEY });
      const bytes = Buffer.from((await made?.transformToByteArray()) ?? []);
      expect(bytes.equals(Buffer.concat([shared, Buffer.from('new code')]))).toBe(true);
    },
  ),
  check('UploadPartCopy answers with the part’s CRC64NVME', async (bench) => {
    const { source, upload } = await copying(bench);
    const { CopyPartResult } = await upload.copy(source);
    expect(CopyPartResult?.ChecksumCRC64NVME).toBe(crc64('0123456789'));
  }),
  check(
    'UploadPartCopy copies the range that it names, of keys with any characters',
    async (bench) => {
      const { Bucket, upload } = await copying(bench);
      const Key = 'ü b+c/%2F.zip';
      await put(bench, Bucket, { Key, Body: '0123456789' });
      const source = `${Bucket}/${Key.split('/').map(encodeURIComponent).join('/')}`;
      const { CopyPartResult } = await upload.copy(source, { CopySourceRange: 'bytes=3-5' });
      await upload.complete([{ PartNumber: 1, ETag: CopyPartResult?.ETag }]);
      expect(await readText(bench, Bucket)).toBe('345');
    },
  ),
  check('A part that is sent again replaces the first', async (bench) => {
    const Bucket = await newBucket(bench);
    const upload = await begin(bench, Bucket);
    await upload.send(1, 'first');
    await upload.complete([await upload.send(1, 'second')]);
    expect(await readText(bench, Bucket)).toBe('second');
  }),
  check(
    'CompleteMultipartUpload with the current ETag in If-Match replaces the object',
    async (bench) => {
      const Bucket = await newBucket(bench);
      const { ETag: IfMatch } = await put(bench, Bucket);
      const upload = await begin(bench, Bucket);
      const { ETag } = await upload.complete([await upload.send(1, 'newer')], { IfMatch });
      expect(await readText(bench, Bucket)).toBe('newer');
      const next = await begin(bench, Bucket);
      const part = await next.send(1, 'newest');
      expect(await failure(next.complete([part], { IfMatch }))).toBe('412 PreconditionFailed');
      await next.complete([part], { IfMatch: ETag });
      expect(await readText(bench, Bucket)).toBe('newest');
    },
  ),
  check('Uploads that race with If-None-Match: one makes the object', async (bench) => {
    const Bucket = await newBucket(bench);
    const uploads = await Promise.all(
      Array.from({ length: 4 }, async (_, index) => {
        const upload = await begin(bench, Bucket);
        return { upload, part: await upload.send(1, `writer ${index}`) };
      }),
    );
    const results = await Promise.all(
      uploads.map(({ upload, part }) => failure(upload.complete([part], { IfNoneMatch: '*' }))),
    );
    expect(results.filter((result) => result === 'none')).toHaveLength(1);
  }),
  check('Parts are copied from another bucket if it has the expected owner', async (bench) => {
    const { source, upload } = await copying(bench);
    expect((await upload.copy(source)).CopyPartResult?.ETag).toBeDefined();
    const refused = upload.copy(source, { ExpectedSourceBucketOwner: '999999999999' });
    expect(await failure(refused)).toBe('403 AccessDenied');
  }),
];

/** An upload, and ten bytes in another bucket to copy from. */
async function copying(bench: Bench) {
  const from = uniqueName('source');
  await bench.s3.createBucket({ Bucket: from });
  await put(bench, from, { Key: SOURCE, Body: '0123456789' });
  const Bucket = await newBucket(bench);
  return { Bucket, source: `${from}/${SOURCE}`, upload: await begin(bench, Bucket) };
}
