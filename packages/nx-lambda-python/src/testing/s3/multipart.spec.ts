/** What the simulated account refuses of multipart uploads; the suite of conformance has the rest. */

import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { Bench } from '../clients.fixtures';
import { startBench, stopBenches } from '../clients.fixtures';
import { failure } from '../conformance/check.fixtures';
import type { Upload } from '../conformance/multipart.fixtures';
import {
  abort,
  begin,
  complete,
  copyPart,
  crc64,
  createCommand,
  sendPart,
} from '../conformance/multipart.fixtures';

const Bucket = 'releases';
const Key = 'services/orders/package.zip';
const ETAG = `"${'0'.repeat(32)}"`;

let bench: Bench;
let upload: Upload;

beforeEach(async () => {
  bench = await startBench();
  await bench.account.createBucket(Bucket);
  await bench.s3.send(new PutObjectCommand({ Bucket, Key: 'source', Body: '0123456789' }));
  upload = await begin(bench, Bucket);
});
afterEach(stopBenches);

const part = (number = 1) => sendPart(bench, upload, number, `part ${number}`);
const copy = (input: Parameters<typeof copyPart>[3], source = `${Bucket}/source`) =>
  copyPart(bench, upload, source, input);
const create = (input: Parameters<typeof createCommand>[1]) =>
  bench.s3.send(createCommand(Bucket, input));

const REFUSALS: [code: string, status: number, what: string, send: () => Promise<unknown>][] = [
  ['NoSuchBucket', 404, 'a bucket that is missing', () => begin(bench, 'missing')],
  ['InvalidRequest', 400, 'a composite CRC64NVME', () => create({ ChecksumType: 'COMPOSITE' })],
  ['NotImplemented', 501, 'another checksum', () => create({ ChecksumAlgorithm: 'SHA256' })],

  [
    'NoSuchUpload',
    404,
    'another key',
    () => sendPart(bench, { ...upload, Key: 'other' }, 1, 'part'),
  ],
  [
    'NoSuchUpload',
    404,
    'an unknown upload',
    () => abort(bench, { ...upload, UploadId: 'unknown' }),
  ],
  ['InvalidArgument', 400, 'part number 0', () => part(0)],
  ['InvalidArgument', 400, 'part number 10,001', () => part(10_001)],
  [
    'BadDigest',
    400,
    'a part of other bytes',
    () => sendPart(bench, upload, 1, 'part', { ChecksumCRC64NVME: crc64('other') }),
  ],
  [
    'InvalidRequest',
    400,
    'a part with the SDK’s own CRC32',
    () => sendPart(bench, upload, 1, 'part', { ChecksumCRC64NVME: undefined }),
  ],

  ['InvalidArgument', 400, 'a range past the end', () => copy({ CopySourceRange: 'bytes=5-10' })],
  ['InvalidRequest', 400, 'a range beyond it', () => copy({ CopySourceRange: 'bytes=10-11' })],
  ['InvalidArgument', 400, 'an open range', () => copy({ CopySourceRange: 'bytes=5-' })],
  ['InvalidArgument', 400, 'a range that ends first', () => copy({ CopySourceRange: 'bytes=5-4' })],
  ['NotImplemented', 501, 'a condition on the source', () => copy({ CopySourceIfMatch: ETAG })],
  [
    'AccessDenied',
    403,
    'a source of another owner',
    () => copy({ ExpectedSourceBucketOwner: '999999999999' }),
  ],
  ['NoSuchKey', 404, 'a source that is missing', () => copy({}, `${Bucket}/missing`)],
  [
    'NoSuchVersion',
    404,
    'a version that is missing',
    () => copy({}, `${Bucket}/source?versionId=x`),
  ],
  ['NoSuchBucket', 404, 'a source bucket that is missing', () => copy({}, 'missing/source')],

  ['InvalidRequest', 400, 'no part at all', () => complete(bench, upload, [])],
  [
    'InvalidPart',
    400,
    'a part that was not sent',
    async () => complete(bench, upload, [{ ...(await part()), PartNumber: 2 }]),
  ],
  [
    'InvalidPart',
    400,
    'another ETag',
    async () => complete(bench, upload, [{ ...(await part()), ETag: ETAG }]),
  ],
  [
    'InvalidPart',
    400,
    'another CRC64NVME of a part',
    async () => complete(bench, upload, [{ ...(await part()), ChecksumCRC64NVME: crc64('other') }]),
  ],
  [
    'InvalidPartOrder',
    400,
    'parts in another order',
    async () => complete(bench, upload, [await part(2), await part(1)]),
  ],
  [
    'InvalidPartOrder',
    400,
    'a part twice',
    async () => complete(bench, upload, [await part(), await part()]),
  ],
  [
    'EntityTooSmall',
    400,
    'a small part before the last',
    async () => complete(bench, upload, [await part(1), await part(2)]),
  ],
  [
    'InvalidRequest',
    400,
    'another size',
    async () => complete(bench, upload, [await part()], { MpuObjectSize: 7 }),
  ],
  [
    'InvalidRequest',
    400,
    'a composite checksum',
    async () => complete(bench, upload, [await part()], { ChecksumType: 'COMPOSITE' }),
  ],
  [
    'BadDigest',
    400,
    'another CRC64NVME of the whole',
    async () => complete(bench, upload, [await part()], { ChecksumCRC64NVME: crc64('other') }),
  ],
  [
    'NoSuchKey',
    404,
    'If-Match where there is no object',
    async () => complete(bench, upload, [await part()], { IfMatch: ETAG }),
  ],
];

test.each(REFUSALS)('%s (%d) for %s; no object is made', async (name, status, _, send) => {
  expect(await failure(send())).toEqual({ name, status });
  const head = new HeadObjectCommand({ Bucket, Key });
  expect((await failure(bench.s3.send(head))).status).toBe(404);
  // The upload can still be completed.
  const ours = await sendPart(bench, upload, 1, 'whole');
  const claims = { ChecksumCRC64NVME: crc64('whole'), MpuObjectSize: 5, IfNoneMatch: '*' };
  expect((await failure(complete(bench, upload, [ours], claims))).name).toBe('none');
});

test('PreconditionFailed (412) where the object is there, which stays as it was', async () => {
  const ours = await part();
  const { ETag } = await bench.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'theirs' }));
  const refused = await failure(complete(bench, upload, [ours], { IfNoneMatch: '*' }));
  expect(refused).toEqual({ name: 'PreconditionFailed', status: 412 });
  const { Body, ETag: now } = await bench.s3.send(new GetObjectCommand({ Bucket, Key }));
  expect([await Body?.transformToString(), now]).toEqual(['theirs', ETag]);
});

describe('ConditionalRequestConflict (409) for an upload that was overtaken', () => {
  const refused = { name: 'ConditionalRequestConflict', status: 409 };
  const write = async (Body: string) =>
    (await bench.s3.send(new PutObjectCommand({ Bucket, Key, Body }))).ETag;
  const remove = () => bench.s3.send(new DeleteObjectCommand({ Bucket, Key }));

  test('by a write that was deleted again', async () => {
    const ours = await part();
    await write('theirs');
    await remove();
    expect(await failure(complete(bench, upload, [ours], { IfNoneMatch: '*' }))).toEqual(refused);
  });

  test('by a write whose ETag is the expected one', async () => {
    const ours = await part();
    const IfMatch = await write('theirs');
    expect(await failure(complete(bench, upload, [ours], { IfMatch }))).toEqual(refused);
  });

  test('by another upload of the key', async () => {
    const ours = await part();
    const other = await begin(bench, Bucket);
    const done = await complete(bench, other, [await sendPart(bench, other, 1, 'theirs')]);
    const late = complete(bench, upload, [ours], { IfMatch: done.ETag });
    expect(await failure(late)).toEqual(refused);
  });

  test('but not by a write of another key, nor without a condition', async () => {
    const ours = await part();
    await bench.s3.send(new PutObjectCommand({ Bucket, Key: 'other', Body: 'x' }));
    await remove();
    expect((await failure(complete(bench, upload, [ours]))).name).toBe('none');
  });
});

test('completing answers with what S3 has kept', async () => {
  await bench.account.createBucket('versioned', { versioning: true });
  const versioned = await begin(bench, 'versioned');
  const ours = await sendPart(bench, versioned, 1, 'whole');
  const done = await complete(bench, versioned, [ours]);
  expect(done).toMatchObject({
    Bucket: 'versioned',
    Key,
    ETag: expect.stringMatching(/-1"$/),
    ChecksumCRC64NVME: crc64('whole'),
    ChecksumType: 'FULL_OBJECT',
    VersionId: expect.any(String),
    ServerSideEncryption: 'AES256',
  });
});
