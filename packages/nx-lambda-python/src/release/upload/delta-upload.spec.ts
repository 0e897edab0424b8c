import { Readable } from 'node:stream';
import type { AwsFailure, AwsResult } from '../model/aws-failure';
import type { AwsOperation } from '../model/permissions';
import { failure, NEW_SHA, OLD_SHA, VirtualClock } from '../release.fixtures';
import { pointerLocation, renderPointer } from './delta-upload';
import type { PartStorage } from './object-storage';
import { packageKey } from './package-object';
import { FakeStorage } from './fake-storage.fixtures';
import { uploadPackage } from './upload';

const SHARED = 16 * 1024 * 1024;
const SIZE = SHARED + 100;
const location = { bucket: { name: 'packages' }, key: packageKey('p', 'svc', NEW_SHA) };
const CRC = 'crc of all';
const made = { crc64: CRC, claimedSha256: NEW_SHA, size: SIZE, versionId: 'v2' };

function bench({ shared = SHARED, isChecked = true } = {}) {
  const clock = new VirtualClock();
  const storage = new FakeStorage();
  const dependencies = { size: shared, sha256: OLD_SHA };
  const calls: AwsOperation[] = [];
  const failures = new Map<AwsOperation, AwsFailure[]>();
  const pointer = pointerLocation(location, dependencies);
  const source = {
    key: packageKey('p', 'svc', OLD_SHA),
    versionId: 'v1',
    size: shared,
    packageSha256: OLD_SHA,
  };
  const texts = new Map([[pointer.key, renderPointer(source)]]);
  const answer = <T>(operation: AwsOperation, succeed: () => T): AwsResult<T> => {
    calls.push(operation);
    const failed = failures.get(operation)?.shift();
    return failed ? { ok: false, failure: failed } : { ok: true, value: succeed() };
  };
  const make = () => void storage.objects.set(location.key, made);
  const parts: PartStorage = {
    readText: async ({ key }) => answer('GetObject', () => texts.get(key) ?? null),
    writeText: async ({ key }, text) => answer('PutObject', () => void texts.set(key, text)),
    begin: async (request) =>
      answer('CreateMultipartUpload', () => ({ ...request, uploadId: 'u', isChecked })),
    copyPart: jest.fn(async () => answer('UploadPartCopy', () => ({ number: 1, etag: 'a' }))),
    sendPart: jest.fn(async () => answer('UploadPart', () => ({ number: 2, etag: 'b' }))),
    complete: jest.fn(async () => answer('CompleteMultipartUpload', make)),
    abort: async () => answer('AbortMultipartUpload', () => undefined),
  };
  const crc64 = async (from = 0) => (from === 0 ? CRC : 'crc of the tail');
  const file = { open: () => Readable.from([]), size: SIZE, sha256: NEW_SHA, dependencies, crc64 };
  const place = { region: 'eu-west-1' };
  const access = { storage, parts, place, clock, random: () => 0.5 };
  return {
    ...{ storage, parts, calls, failures, texts, pointer, make, file },
    upload: () => clock.run(uploadPackage({ location, file }, access)),
  };
}

test('S3 copies the dependencies and is sent the rest; the pointer names the newest package', async () => {
  const { upload, parts, calls, texts, pointer, storage } = bench();
  expect(await upload()).toMatchObject({ status: 'uploaded', sent: 100, versionId: 'v2' });
  expect(parts.copyPart).toHaveBeenCalledWith(expect.anything(), {
    number: 1,
    source: { location: { ...location, key: packageKey('p', 'svc', OLD_SHA) }, versionId: 'v1' },
    size: SHARED,
  });
  expect(parts.sendPart).toHaveBeenCalledWith(
    expect.anything(),
    expect.objectContaining({ number: 2, size: 100, crc64: 'crc of the tail' }),
  );
  expect(parts.complete).toHaveBeenCalledWith(
    expect.anything(),
    [expect.objectContaining({ number: 1 }), expect.objectContaining({ number: 2 })],
    { crc64: CRC, size: SIZE },
  );
  expect(calls).not.toContain('AbortMultipartUpload');
  expect(storage.puts).toHaveLength(0);
  const text = JSON.parse(texts.get(pointer.key) ?? '');
  expect(text).toMatchObject({ key: location.key, versionId: 'v2', packageSha256: NEW_SHA });
});

test('small dependencies are sent without a look', async () => {
  const { upload, calls } = bench({ shared: SHARED - 1 });
  expect(await upload()).toMatchObject({ status: 'uploaded', sent: SIZE });
  expect(calls).toEqual([]);
});

test.each([
  ['none', null],
  ['no JSON', '{'],
  ['of another project', '{"key":"p/other/x.zip","versionId":null,"packageSha256":"AA=="}'],
])('a pointer that is %s: all is sent, and a pointer written', async (_, text) => {
  const { upload, calls, texts, pointer } = bench();
  if (text === null) texts.delete(pointer.key);
  else texts.set(pointer.key, text);
  expect(await upload()).toMatchObject({ status: 'uploaded', sent: SIZE });
  expect(calls).toEqual(['GetObject', 'PutObject']);
  expect(texts.get(pointer.key)).toContain(location.key);
});

test.each([
  ['CreateMultipartUpload', 'denied', false],
  ['UploadPartCopy', 'not-found', true],
  ['UploadPartCopy', 'denied', true],
  ['UploadPart', 'invalid', true],
  ['CompleteMultipartUpload', 'invalid', true],
  ['CompleteMultipartUpload', 'conflict', true],
] as const)('%s %s: nothing is left, and all is sent', async (operation, kind, isAborted) => {
  const { upload, calls, failures, storage } = bench();
  failures.set(operation, [failure(kind, operation)]);
  expect(await upload()).toMatchObject({ status: 'uploaded', sent: SIZE });
  expect(calls.includes('AbortMultipartUpload')).toBe(isAborted);
  expect(storage.puts).toHaveLength(1);
});

test('a package that cannot be read any more: nothing is left, not even a part under way', async () => {
  const { upload, calls, parts, file } = bench();
  const gone = Object.assign(new Error('no such file'), { code: 'ENOENT' });
  file.crc64 = async () => {
    throw gone;
  };
  const copyPart = parts.copyPart;
  parts.copyPart = async (...asked) => {
    for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
    return copyPart(...asked);
  };
  await expect(upload()).rejects.toBe(gone);
  expect(calls.slice(-2)).toEqual(['UploadPartCopy', 'AbortMultipartUpload']);
});

test('a storage that does not compare the whole is sent all', async () => {
  const { upload, calls, storage } = bench({ isChecked: false });
  expect(await upload()).toMatchObject({ sent: SIZE });
  expect(calls).toContain('AbortMultipartUpload');
  expect(storage.puts).toHaveLength(1);
});

test.each(['precondition', 'not-found'] as const)(
  'after a lost answer, %s tells of its own object',
  async (kind) => {
    const { upload, parts, make, calls, storage } = bench();
    let attempts = 0;
    parts.complete = async () => {
      make();
      attempts += 1;
      const seen = attempts === 1 ? 'unreachable' : kind;
      return { ok: false, failure: failure(seen, 'CompleteMultipartUpload') };
    };
    expect(await upload()).toMatchObject({ status: 'uploaded', sent: 100 });
    expect(calls).not.toContain('AbortMultipartUpload');
    expect(storage.puts).toHaveLength(0);
  },
);

test('another upload that was first is as good', async () => {
  const { upload, parts, make, calls } = bench();
  parts.complete = async () => {
    make();
    return { ok: false, failure: failure('precondition', 'CompleteMultipartUpload') };
  };
  expect(await upload()).toMatchObject({ status: 'present', sent: 0 });
  expect(calls).not.toContain('PutObject');
});

test.each([{ crc64: 'other' }, { claimedSha256: OLD_SHA }, { crc64: undefined }])(
  'an object kept with %j is not taken for the package',
  async (other) => {
    const { upload, parts, storage } = bench();
    parts.complete = async () => {
      storage.objects.set(location.key, { ...made, ...other });
      return { ok: true, value: undefined };
    };
    await expect(upload()).rejects.toMatchObject({ code: 'OBJECT_CONFLICT' });
  },
);

test('a pointer that cannot be written is no failure', async () => {
  const { upload, failures } = bench();
  failures.set('PutObject', [failure('denied', 'PutObject')]);
  expect(await upload()).toMatchObject({ status: 'uploaded', sent: 100 });
});
