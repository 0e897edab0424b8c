/** S3's buckets, access and listing as AWS documents them. */

import { S3 } from '@aws-sdk/client-s3';
import type { Bench, Check } from './check.fixtures';
import { check, failure, newBucket, uniqueName } from './check.fixtures';
import { KEY, put } from './s3-objects.fixtures';

export const S3_BUCKET_CHECKS: readonly Check[] = [
  check('HeadBucket of a missing bucket is 404', async ({ s3 }) => {
    const Bucket = uniqueName('missing');
    expect(await failure(s3.headBucket({ Bucket }))).toBe('404 NotFound');
    expect(await failure(put({ s3 }, Bucket))).toBe('404 NoSuchBucket');
  }),
  check('HeadBucket names the bucket’s region', async (bench) => {
    const Bucket = await newBucket(bench);
    const { BucketRegion } = await bench.s3.headBucket({ Bucket });
    expect(BucketRegion).toBe('us-east-1');
  }),
  check('A bucket in another region redirects and names its region', async (bench) => {
    const Bucket = uniqueName('elsewhere');
    const west = client(bench, { region: 'eu-west-1' });
    const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' } as const;
    await west.createBucket({ Bucket, CreateBucketConfiguration });
    const error: unknown = await bench.s3.headBucket({ Bucket }).catch((e) => e);
    expect(error).toMatchObject({ $metadata: { httpStatusCode: 301 } });
    expect(error).toHaveProperty(['$response', 'headers', 'x-amz-bucket-region'], 'eu-west-1');
    const { BucketRegion } = await west.headBucket({ Bucket });
    expect(BucketRegion).toBe('eu-west-1');
  }),
  check('A new bucket keeps no versions until told to', async (bench) => {
    const plain = await put(bench, await newBucket(bench));
    expect(plain.VersionId).toBeUndefined();
    const versioned = await put(bench, await newBucket(bench, { versioning: true }));
    expect(versioned.VersionId).toEqual(expect.any(String));
  }),
  check('Keys may hold any character', async (bench) => {
    const Bucket = await newBucket(bench);
    const keys = ["a b+c&d=e/ü~!*()'.zip", 'percent%2Fsign', '日本/語.json'];
    for (const Key of keys) await put(bench, Bucket, { Key, Body: Buffer.from(Key) });
    const { Contents = [] } = await bench.s3.listObjectsV2({ Bucket });
    expect(Contents.map(({ Key }) => Key)).toEqual(keys);
    for (const Key of keys) {
      const { Body } = await bench.s3.getObject({ Bucket, Key });
      expect(await Body?.transformToString()).toBe(Key);
    }
  }),
  check('ListObjectsV2 pages in the order of the keys’ bytes', async (bench) => {
    const Bucket = await newBucket(bench);
    // U+FFFD sorts after U+1F600 in UTF-16, before it in UTF-8.
    const keys = ['A', 'a', 'b/1', 'b/2', '\uFFFD', '\u{1F600}'];
    for (const Key of [...keys].reverse()) await put(bench, Bucket, { Key });
    const found: (string | undefined)[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await bench.s3.listObjectsV2({ Bucket, MaxKeys: 2, ContinuationToken });
      expect(page.Contents).toHaveLength(2);
      found.push(...(page.Contents ?? []).map(({ Key }) => Key));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    expect(found).toEqual(keys);
  }),
  check(
    'ListObjectsV2 begins after the key StartAfter, whether it exists or not',
    async (bench) => {
      const Bucket = await newBucket(bench);
      for (const Key of ['r/1', 'r/2', 'r/4', 's']) await put(bench, Bucket, { Key });
      const list = async (StartAfter: string) => {
        const page = await bench.s3.listObjectsV2({ Bucket, Prefix: 'r/', StartAfter });
        return page.Contents?.map(({ Key }) => Key) ?? [];
      };
      expect(await list('r/2')).toEqual(['r/4']);
      expect(await list('r/3')).toEqual(['r/4']);
      expect(await list('r/4')).toEqual([]);
    },
  ),
  check('Another expected bucket owner is 403', async (bench) => {
    const Bucket = await newBucket(bench);
    const ExpectedBucketOwner = '999999999999';
    expect(await failure(bench.s3.headBucket({ Bucket, ExpectedBucketOwner }))).toMatch(/^403/);
    const refused = put(bench, Bucket, { ExpectedBucketOwner });
    expect(await failure(refused)).toBe('403 AccessDenied');
  }),
  check('S3 refuses unknown keys, wrong secrets and unsigned requests with 403', async (bench) => {
    const Bucket = await newBucket(bench);
    const as = (changed: object) => {
      const credentials = { ...bench.credentials, ...changed };
      return failure(put({ s3: client(bench, { credentials }) }, Bucket));
    };
    expect(await as({ accessKeyId: 'AKIANOBODYKNOWSTHIS1' })).toBe('403 InvalidAccessKeyId');
    expect(await as({ secretAccessKey: 'wrong' })).toBe('403 SignatureDoesNotMatch');
    expect((await fetch(`${bench.endpoint}/${Bucket}/${KEY}`)).status).toBe(403);
  }),
];

function client({ endpoint, region, credentials }: Bench, changed: object): S3 {
  return new S3({ endpoint, region, credentials, forcePathStyle: true, ...changed });
}
