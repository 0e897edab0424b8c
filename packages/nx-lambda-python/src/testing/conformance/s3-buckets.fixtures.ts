/** S3's buckets, access and listing as AWS documents them. */

import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Bench, Check } from './check.fixtures';
import { failure, newBucket, uniqueName } from './check.fixtures';
import { BODY, KEY, put } from './s3.fixtures';

export const S3_BUCKET_CHECKS: readonly Check[] = [
  {
    name: 'HeadBucket of a missing bucket is 404',
    async run({ s3 }) {
      const Bucket = uniqueName('missing');
      const head = await failure(s3.send(new HeadBucketCommand({ Bucket })));
      expect(head).toEqual({ name: 'NotFound', status: 404 });
      const put = await failure(s3.send(new PutObjectCommand({ Bucket, Key: KEY, Body: BODY })));
      expect(put).toEqual({ name: 'NoSuchBucket', status: 404 });
    },
  },
  {
    name: 'HeadBucket names the bucket’s region',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const { BucketRegion } = await bench.s3.send(new HeadBucketCommand({ Bucket }));
      expect(BucketRegion).toBe('us-east-1');
    },
  },
  {
    name: 'A bucket in another region redirects and names its region',
    async run(bench) {
      const Bucket = uniqueName('elsewhere');
      const west = client(bench, { region: 'eu-west-1' });
      const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' } as const;
      await west.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
      const error: unknown = await bench.s3.send(new HeadBucketCommand({ Bucket })).catch((e) => e);
      expect(error).toMatchObject({ $metadata: { httpStatusCode: 301 } });
      expect(error).toHaveProperty(['$response', 'headers', 'x-amz-bucket-region'], 'eu-west-1');
      const { BucketRegion } = await west.send(new HeadBucketCommand({ Bucket }));
      expect(BucketRegion).toBe('eu-west-1');
    },
  },
  {
    name: 'A new bucket keeps no versions until told to',
    async run(bench) {
      const plain = await put(bench, await newBucket(bench));
      expect(plain.VersionId).toBeUndefined();
      const versioned = await put(bench, await newBucket(bench, { versioning: true }));
      expect(versioned.VersionId).toEqual(expect.any(String));
    },
  },
  {
    name: 'Keys may hold any character',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const keys = ["a b+c&d=e/ü~!*()'.zip", 'percent%2Fsign', '日本/語.json'];
      for (const Key of keys) await put(bench, Bucket, { Key, Body: Buffer.from(Key) });
      const { Contents = [] } = await bench.s3.send(new ListObjectsV2Command({ Bucket }));
      expect(Contents.map(({ Key }) => Key)).toEqual(keys);
      for (const Key of keys) {
        const { Body } = await bench.s3.send(new GetObjectCommand({ Bucket, Key }));
        expect(await Body?.transformToString()).toBe(Key);
      }
    },
  },
  {
    name: 'ListObjectsV2 pages in the order of the keys’ bytes',
    async run(bench) {
      const Bucket = await newBucket(bench);
      // U+FFFD sorts after U+1F600 in UTF-16, before it in UTF-8.
      const keys = ['A', 'a', 'b/1', 'b/2', '\uFFFD', '\u{1F600}'];
      for (const Key of [...keys].reverse()) await put(bench, Bucket, { Key });
      const found: (string | undefined)[] = [];
      let ContinuationToken: string | undefined;
      do {
        const command = new ListObjectsV2Command({ Bucket, MaxKeys: 2, ContinuationToken });
        const page = await bench.s3.send(command);
        expect(page.Contents).toHaveLength(2);
        found.push(...(page.Contents ?? []).map(({ Key }) => Key));
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
      expect(found).toEqual(keys);
    },
  },
  {
    name: 'ListObjectsV2 begins after the key StartAfter, whether it exists or not',
    async run(bench) {
      const Bucket = await newBucket(bench);
      for (const Key of ['r/1', 'r/2', 'r/4', 's']) await put(bench, Bucket, { Key });
      const list = async (StartAfter: string) => {
        const command = new ListObjectsV2Command({ Bucket, Prefix: 'r/', StartAfter });
        return (await bench.s3.send(command)).Contents?.map(({ Key }) => Key) ?? [];
      };
      expect(await list('r/2')).toEqual(['r/4']);
      expect(await list('r/3')).toEqual(['r/4']);
      expect(await list('r/4')).toEqual([]);
    },
  },
  {
    name: 'Another expected bucket owner is 403',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const ExpectedBucketOwner = '999999999999';
      const head = new HeadBucketCommand({ Bucket, ExpectedBucketOwner });
      expect((await failure(bench.s3.send(head))).status).toBe(403);
      const refused = await failure(put(bench, Bucket, { ExpectedBucketOwner }));
      expect(refused).toEqual({ name: 'AccessDenied', status: 403 });
    },
  },
  {
    name: 'S3 refuses unknown keys, wrong secrets and unsigned requests with 403',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const { credentials } = bench;
      const as = (changed: object) =>
        failure(
          put(
            { ...bench, s3: client(bench, { credentials: { ...credentials, ...changed } }) },
            Bucket,
          ),
        );
      expect(await as({ accessKeyId: 'AKIANOBODYKNOWSTHIS1' })).toEqual({
        name: 'InvalidAccessKeyId',
        status: 403,
      });
      expect(await as({ secretAccessKey: 'wrong' })).toEqual({
        name: 'SignatureDoesNotMatch',
        status: 403,
      });
      expect((await fetch(`${bench.endpoint}/${Bucket}/${KEY}`)).status).toBe(403);
    },
  },
];

function client({ endpoint, region, credentials }: Bench, changed: object): S3Client {
  return new S3Client({ endpoint, region, credentials, forcePathStyle: true, ...changed });
}
