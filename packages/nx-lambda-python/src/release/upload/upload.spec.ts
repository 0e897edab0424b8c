import { Readable } from 'node:stream';
import { packageKey, type StorageAccess } from './package-object';
import { FakeStorage } from './fake-storage.fixtures';
import { failure, NEW_SHA, OLD_SHA, VirtualClock } from '../release.fixtures';
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
    await expect(upload()).rejects.toMatchObject({
      code: 'BUCKET_MISSING',
      hint: expect.stringContaining('aws s3 mb s3://packages --region eu-west-1'),
    });
    expect(storage.puts).toHaveLength(0);
  });

  it.each(['wrong-region', 'denied', 'invalid'] as const)(
    'names the region of a bucket that answers from elsewhere with %s',
    async (kind) => {
      const { storage, upload } = bench();
      const bucketRegion = 'us-east-2';
      storage.fail('HeadObject', failure(kind, 'HeadObject'));
      storage.fail('HeadBucket', failure(kind, 'HeadBucket', { bucketRegion }));
      await expect(upload()).rejects.toMatchObject({
        code: 'BUCKET_WRONG_REGION',
        message: expect.stringContaining('is in us-east-2, expected eu-west-1'),
      });
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
    await expect(upload()).rejects.toMatchObject({
      code: 'BUCKET_FORBIDDEN',
      hint: expect.stringContaining('s3:PutObject'),
    });
  });

  it('names the permission that the proof needs', async () => {
    const { storage, upload } = bench();
    const denied = failure('denied', 'HeadObject');
    storage.fail('HeadObject', denied, denied);
    await expect(upload()).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringContaining('s3:GetObject'),
    });
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
