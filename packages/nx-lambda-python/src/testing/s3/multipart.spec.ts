/** Of multipart uploads what only the simulated account promises; the conformance suite has the rest. */

import type { Bench } from '../clients.fixtures';
import { startBench, stopBenches } from '../clients.fixtures';
import { failure } from '../conformance/check.fixtures';
import { KEY as Key } from '../conformance/s3-objects.fixtures';
import type { Upload } from '../conformance/s3-multipart.fixtures';
import { begin, crc64 } from '../conformance/s3-multipart.fixtures';

const Bucket = 'releases';

let bench: Bench;
let upload: Upload;

beforeEach(async () => {
  bench = await startBench();
  await bench.account.createBucket(Bucket, { versioning: true });
  upload = await begin(bench, Bucket);
});
afterEach(stopBenches);

const write = async (Body: string, key = Key) =>
  (await bench.s3.putObject({ Bucket, Key: key, Body })).ETag;
const remove = () => bench.s3.deleteObject({ Bucket, Key });

test('another checksum, and conditions on the source of a copy, are not simulated', async () => {
  const created = begin(bench, Bucket, { ChecksumAlgorithm: 'SHA256' });
  expect(await failure(created)).toBe('501 NotImplemented');
  await write('x', 'source');
  const copied = upload.copy(`${Bucket}/source`, { CopySourceIfModifiedSince: new Date(0) });
  expect(await failure(copied)).toBe('501 NotImplemented');
});

test('completing answers with what S3 has kept', async () => {
  expect(await upload.complete([await upload.send(1, 'whole')])).toMatchObject({
    Bucket,
    Key,
    ETag: expect.stringMatching(/-1"$/),
    ChecksumCRC64NVME: crc64('whole'),
    ChecksumType: 'FULL_OBJECT',
    VersionId: expect.any(String),
    ServerSideEncryption: 'AES256',
  });
});

test('completing without a part is refused', async () => {
  expect(await failure(upload.complete([]))).toBe('400 InvalidRequest');
});

describe('an upload that was overtaken is refused with 409 ConditionalRequestConflict', () => {
  const refused = '409 ConditionalRequestConflict';

  test('by a write that was deleted again', async () => {
    const part = await upload.send(1, 'ours');
    await write('theirs');
    await remove();
    expect(await failure(upload.complete([part], { IfNoneMatch: '*' }))).toBe(refused);
  });

  test('by a write whose ETag is the expected one', async () => {
    const part = await upload.send(1, 'ours');
    const IfMatch = await write('theirs');
    expect(await failure(upload.complete([part], { IfMatch }))).toBe(refused);
  });

  test('by another upload of the key', async () => {
    const part = await upload.send(1, 'ours');
    const other = await begin(bench, Bucket);
    const { ETag: IfMatch } = await other.complete([await other.send(1, 'theirs')]);
    expect(await failure(upload.complete([part], { IfMatch }))).toBe(refused);
  });

  test('but not by a write of another key, nor without a condition', async () => {
    const part = await upload.send(1, 'ours');
    await write('x', 'other');
    expect(await failure(upload.complete([part], { IfNoneMatch: '*' }))).toBe('none');
    const next = await begin(bench, Bucket);
    const again = await next.send(1, 'ours');
    await remove();
    expect(await failure(next.complete([again]))).toBe('none');
  });
});
