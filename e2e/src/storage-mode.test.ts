/** `storageMode`: functions that read their package in the bucket, and what is noticed when they do not. */

import { GetFunctionCommand, UpdateFunctionCodeCommand } from '@aws-sdk/client-lambda';
import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { packageWrites, recordFrom } from './support/account';
import { killRunning } from './support/nx-process';
import { openShop, SHOP, SHOP_NAMES as NAMES, type Shop } from './support/shop';
import { expectFailure, HANDLER } from './support/workspace';

const REFERENCE = ['deploy', 'shop', '--storageMode=REFERENCE'];

describe('packages that Lambda reads in the bucket', () => {
  let shop: Shop;
  let { workspace, account, lambda, nx, succeed, live }: Shop = {} as Shop;
  let s3: S3Client;

  /** Where Lambda reads each function's code; undefined where it has a copy. */
  const sources = () =>
    Promise.all(
      NAMES.map(async (name) => {
        const { Code } = await lambda.send(new GetFunctionCommand({ FunctionName: name }));
        return Code?.ResolvedS3Object;
      }),
    );
  /** The built package, as the bucket has it. */
  const uploaded = async () => {
    const hex = Buffer.from(workspace.packageDigest(SHOP), 'base64').toString('hex');
    const object = { Bucket: 'packages', Key: `lambda-packages/shop/${hex}.zip` };
    const { VersionId } = await s3.send(new HeadObjectCommand(object));
    return { S3Bucket: object.Bucket, S3Key: object.Key, S3ObjectVersion: VersionId };
  };

  beforeAll(async () => {
    shop = await openShop('storage-mode');
    ({ workspace, account, lambda, nx, succeed, live } = shop);
    await account.createBucket('forgetful');
    const { endpoint, region, credentials } = account;
    s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  });
  afterEach(killRunning);
  afterAll(async () => {
    s3.destroy();
    await shop.stop();
  });

  it('are copies unless it is asked for', async () => {
    expect(await succeed('deploy', 'shop')).toContain('2 updated');
    expect(await sources()).toEqual([undefined, undefined]);
  });

  it('are changed for references to that very version', async () => {
    const requests = recordFrom(account);
    const output = await succeed(...REFERENCE);
    expect(output).toContain('2 updated');
    const source = await uploaded();
    expect(source.S3ObjectVersion).toEqual(expect.any(String));
    expect(await sources()).toEqual([source, source]);
    const updates = requests().filter(({ operation }) => operation === 'UpdateFunctionCode');
    expect(updates.map(({ input }) => input)).toMatchObject(
      NAMES.map(() => ({ ...source, S3ObjectStorageMode: 'REFERENCE' })),
    );
  });

  it('stay what they are the second time', async () => {
    const requests = recordFrom(account);
    expect(await succeed(...REFERENCE)).toContain('2 unchanged');
    expect(packageWrites(requests())).toEqual([]);
  });

  it('are missed where another tool made a copy of the same package', async () => {
    const { S3Bucket, S3Key } = await uploaded();
    const [FunctionName] = NAMES;
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, S3Bucket, S3Key }));
    const drift = await nx(...REFERENCE, '--dryRun', '--failOnChanges');
    expect(expectFailure(drift, ['error[CHANGES_FOUND]'])).toMatch(
      /shop-a\b.*storage mode REFERENCE/,
    );

    const requests = recordFrom(account);
    await succeed(...REFERENCE);
    expect(packageWrites(requests())).toEqual(['UpdateFunctionCode shop-a']);
    expect(await sources()).toEqual([await uploaded(), await uploaded()]);
  });

  it('are references after the next release, and after it is undone', async () => {
    const first = await uploaded();
    workspace.write(`${SHOP}/shop/handlers/a.py`, `${HANDLER}# changed\n`);
    await succeed(...REFERENCE);
    const second = await uploaded();
    expect(second.S3Key).not.toBe(first.S3Key);
    expect(await sources()).toEqual([second, second]);
    expect(await succeed('rollback', 'shop')).toContain('2 updated');
    expect(await sources()).toEqual([first, first]);
  });

  it('need a bucket that keeps versions', async () => {
    const [before, requests] = [await live(), recordFrom(account)];
    workspace.setDefaults('upload', { bucket: 'forgetful' });
    expectFailure(await nx(...REFERENCE), [
      ...['error[BUCKET_NOT_VERSIONED]', 'put-bucket-versioning --bucket forgetful'],
    ]);
    expect(packageWrites(requests())).toEqual(['PutObject']);
    expect(await live()).toEqual(before);
  });
});
