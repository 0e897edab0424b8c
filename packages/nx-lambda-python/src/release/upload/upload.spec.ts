import { Readable } from 'node:stream';
import { errorWith } from '../../errors.fixtures';
import type { AwsFailure, AwsResult } from '../model/aws-failure';
import type { AwsOperation } from '../model/permissions';
import { failure, NEW_SHA, OLD_SHA, VirtualClock } from '../release.fixtures';
import { pointerLocation, renderPointer } from './delta-upload';
import { FakeStorage } from './fake-storage.fixtures';
import type { PartStorage } from './object-storage';
import { packageKey, type StorageAccess } from './package-object';
import { planUpload, uploadPackage } from './upload';

const KEY = packageKey('p', 'svc', NEW_SHA);
const request = {
  location: { bucket: { name: 'packages' }, key: KEY },
  file: { open: () => Readable.from([]), size: 7, sha256: NEW_SHA, crc64: async () => '' },
};
const object = { sha256: NEW_SHA, size: 7, versionId: 'v1' };

function bench(more: Partial<StorageAccess> = {}) {
  const clock = new VirtualClock();
  const storage = new FakeStorage();
  const place = { region: 'eu-west-1' };
  const access: StorageAccess = { storage, place, clock, random: () => 0.5, ...more };
  return {
    storage,
    upload: () => clock.run(uploadPackage(request, access)),
    plan: () => clock.run(planUpload(request, access)),
  };
}

describe('packageKey', () => {
  it('spells the SHA-256 in hex below prefix and project', () => {
    expect(packageKey('a/b/', 'svc', NEW_SHA)).toBe(`a/b/svc/${'02'.repeat(32)}.zip`);
    expect(packageKey('', '@scope/svc', NEW_SHA)).toBe(`@scope/svc/${'02'.repeat(32)}.zip`);
  });
});

describe('uploadPackage', () => {
  it('asks once where the package is there', async () => {
    const { storage, upload } = bench();
    storage.objects.set(KEY, object);
    expect(await upload()).toMatchObject({ status: 'present', versionId: 'v1' });
    expect(storage.calls).toEqual(['HeadObject']);
  });

  it('writes once and reads back', async () => {
    const { storage, upload } = bench();
    expect(await upload()).toMatchObject({
      status: 'uploaded',
      url: `s3://packages/${KEY}`,
      versionId: 'v1',
      size: 7,
    });
    expect(storage.calls).toEqual(['HeadObject', 'HeadBucket', 'PutObject', 'HeadObject']);
    expect(storage.puts).toMatchObject([{ sha256: NEW_SHA, size: 7 }]);
  });

  it.each([{ sha256: OLD_SHA }, {}])('refuses to take %j for the package', async (other) => {
    const { storage, upload } = bench();
    storage.objects.set(KEY, other);
    await expect(upload()).rejects.toMatchObject({ code: 'OBJECT_CONFLICT' });
    expect(storage.puts).toHaveLength(0);
  });

  it('refuses a storage that keeps other bytes than it was sent', async () => {
    const { storage, upload } = bench();
    storage.put = async (put) => {
      storage.objects.set(put.location.key, { sha256: OLD_SHA });
      return { ok: true, value: {} };
    };
    await expect(upload()).rejects.toMatchObject({ code: 'OBJECT_CONFLICT' });
  });

  it('is content where another upload of the same package was first', async () => {
    const { storage, upload } = bench();
    storage.fail('PutObject', failure('precondition', 'PutObject'));
    storage.afterFailedPut = () => storage.objects.set(KEY, object);
    expect(await upload()).toMatchObject({ status: 'present', versionId: 'v1' });
  });

  it('recognises its own write after the answer got lost', async () => {
    const { storage, upload } = bench();
    storage.fail('PutObject', failure('unreachable', 'PutObject'));
    storage.afterFailedPut = () => storage.objects.set(KEY, object);
    expect(await upload()).toMatchObject({ status: 'uploaded', versionId: 'v1' });
    expect(storage.puts).toHaveLength(2);
  });

  it.each(['conflict', 'throttled', 'server'] as const)('tries again after %s', async (kind) => {
    const { storage, upload } = bench();
    storage.fail('PutObject', failure(kind, 'PutObject'), failure(kind, 'PutObject'));
    expect(await upload()).toMatchObject({ status: 'uploaded' });
    expect(storage.puts).toHaveLength(3);
  });

  it('names a missing bucket before it writes', async () => {
    const { storage, upload } = bench();
    storage.fail('HeadBucket', failure('not-found', 'HeadBucket'));
    await expect(upload()).rejects.toThrow(
      errorWith('BUCKET_MISSING', '', 'aws s3 mb s3://packages --region eu-west-1'),
    );
    expect(storage.puts).toHaveLength(0);
  });

  it.each(['wrong-region', 'denied', 'invalid'] as const)(
    'names the region of a bucket that answers from elsewhere with %s',
    async (kind) => {
      const { storage, upload } = bench();
      const bucketRegion = 'us-east-2';
      storage.fail('HeadObject', failure(kind, 'HeadObject'));
      storage.fail('HeadBucket', failure(kind, 'HeadBucket', { bucketRegion }));
      await expect(upload()).rejects.toThrow(
        errorWith('BUCKET_WRONG_REGION', 'is in us-east-2, expected eu-west-1'),
      );
      expect(storage.puts).toHaveLength(0);
    },
  );

  it('uploads for those who may write and read objects but not see the bucket', async () => {
    const { storage, upload } = bench();
    storage.fail('HeadObject', failure('denied', 'HeadObject'));
    storage.fail('HeadBucket', failure('denied', 'HeadBucket'));
    expect(await upload()).toMatchObject({ status: 'uploaded' });
  });

  it('names the bucket that refuses everything', async () => {
    const { storage, upload } = bench();
    storage.fail('HeadObject', failure('denied', 'HeadObject'));
    storage.fail('HeadBucket', failure('denied', 'HeadBucket'));
    storage.fail('PutObject', failure('denied', 'PutObject'));
    await expect(upload()).rejects.toThrow(errorWith('BUCKET_FORBIDDEN', '', 's3:PutObject'));
  });

  it('names the permission that the proof needs', async () => {
    const { storage, upload } = bench();
    const denied = failure('denied', 'HeadObject');
    storage.fail('HeadObject', denied, denied);
    await expect(upload()).rejects.toThrow(errorWith('ACCESS_DENIED', 's3:GetObject'));
  });

  it.each([
    ['expired', 'CREDENTIALS_EXPIRED'],
    ['no-credentials', 'CREDENTIALS_MISSING'],
    ['bad-credentials', 'CREDENTIALS_INVALID'],
  ] as const)('tells %s credentials', async (kind, code) => {
    const { storage, upload } = bench();
    storage.fail('HeadObject', failure(kind, 'HeadObject'));
    await expect(upload()).rejects.toMatchObject({ code });
  });

  it('learns from the PUT why S3 refuses, since HEAD has no words', async () => {
    const { storage, upload } = bench();
    storage.fail('HeadObject', failure('invalid', 'HeadObject'));
    storage.fail('HeadBucket', failure('invalid', 'HeadBucket'));
    storage.fail('PutObject', failure('expired', 'PutObject'));
    await expect(upload()).rejects.toMatchObject({ code: 'CREDENTIALS_EXPIRED' });
  });
});

describe('planUpload', () => {
  it('writes nothing', async () => {
    const { storage, plan } = bench();
    expect(await plan()).toMatchObject({ status: 'absent', versionId: null });
    storage.objects.set(KEY, object);
    expect(await plan()).toMatchObject({ status: 'present', versionId: 'v1' });
    expect(storage.puts).toHaveLength(0);
  });

  it('takes a bucket that is made on demand for an empty one', async () => {
    const { storage, plan } = bench({ isBucketOnDemand: true });
    storage.fail('HeadBucket', failure('not-found', 'HeadBucket'));
    expect(await plan()).toMatchObject({ status: 'absent' });
  });
});

const SHARED = 16 * 1024 * 1024;
const SIZE = SHARED + 100;
const location = { bucket: { name: 'packages' }, key: packageKey('p', 'svc', NEW_SHA) };
const CRC = 'crc of all';
const made = { crc64: CRC, claimedSha256: NEW_SHA, size: SIZE, versionId: 'v2' };

function deltaBench({ shared = SHARED, isChecked = true } = {}) {
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
    read: async ({ key }) =>
      answer('GetObject', () => {
        const text = texts.get(key);
        return text === undefined ? null : { text, etag: '', lastModified: 0, now: 0 };
      }),
    write: async ({ key }, text) =>
      answer('PutObject', () => ({ etag: String(texts.set(key, text).size) })),
    begin: async (location) =>
      answer('CreateMultipartUpload', () => ({ location, uploadId: 'u', isChecked })),
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
  const { upload, parts, calls, texts, pointer, storage } = deltaBench();
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
  const { upload, calls } = deltaBench({ shared: SHARED - 1 });
  expect(await upload()).toMatchObject({ status: 'uploaded', sent: SIZE });
  expect(calls).toEqual([]);
});

test.each([
  ['none', null],
  ['no JSON', '{'],
  ['of another project', '{"key":"p/other/x.zip","versionId":null,"packageSha256":"AA=="}'],
])('a pointer that is %s: all is sent, and a pointer written', async (_, text) => {
  const { upload, calls, texts, pointer } = deltaBench();
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
  const { upload, calls, failures, storage } = deltaBench();
  failures.set(operation, [failure(kind, operation)]);
  expect(await upload()).toMatchObject({ status: 'uploaded', sent: SIZE });
  expect(calls.includes('AbortMultipartUpload')).toBe(isAborted);
  expect(storage.puts).toHaveLength(1);
});

test('a package that cannot be read any more: nothing is left, not even a part under way', async () => {
  const { upload, calls, parts, file } = deltaBench();
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
  const { upload, calls, storage } = deltaBench({ isChecked: false });
  expect(await upload()).toMatchObject({ sent: SIZE });
  expect(calls).toContain('AbortMultipartUpload');
  expect(storage.puts).toHaveLength(1);
});

test.each(['precondition', 'not-found'] as const)(
  'after a lost answer, %s tells of its own object',
  async (kind) => {
    const { upload, parts, make, calls, storage } = deltaBench();
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
  const { upload, parts, make, calls } = deltaBench();
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
    const { upload, parts, storage } = deltaBench();
    parts.complete = async () => {
      storage.objects.set(location.key, { ...made, ...other });
      return { ok: true, value: undefined };
    };
    await expect(upload()).rejects.toMatchObject({ code: 'OBJECT_CONFLICT' });
  },
);

test('a pointer that cannot be written is no failure', async () => {
  const { upload, failures } = deltaBench();
  failures.set('PutObject', [failure('denied', 'PutObject')]);
  expect(await upload()).toMatchObject({ status: 'uploaded', sent: 100 });
});
