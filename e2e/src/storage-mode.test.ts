/** `storageMode`: functions that read their package in the bucket, and what is noticed when they do not. */

import {
  GetFunctionCommand,
  UpdateFunctionCodeCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  startSimulatedAccount,
  type SimulatedAccount,
} from '../../packages/nx-lambda-python/src/testing';
import {
  awsEnvironment,
  codeDigests,
  lambdaClient,
  packageWrites,
  recordFrom,
} from './support/account';
import { killRunning, runNx, succeedNx } from './support/nx-process';
import { serviceFiles, Workspace } from './support/workspace';

const SHOP = 'services/shop';
const HANDLER = 'def handler(event, context):\n    return {}\n';
const RUNTIME = { runtime: 'python3.11', architecture: 'x86_64' };
const NAMES = ['shop-a', 'shop-b'];
const HANDLERS = { 'shop/handlers/a.py': HANDLER, 'shop/handlers/b.py': HANDLER };
const REFERENCE = ['deploy', 'shop', '--storageMode=REFERENCE'];

describe('packages that Lambda reads in the bucket', () => {
  let workspace: Workspace;
  let account: SimulatedAccount;
  let lambda: LambdaClient;
  let s3: S3Client;

  const nx = (...args: string[]) => runNx(workspace, args, awsEnvironment(account));
  const succeed = (...args: string[]) => succeedNx(workspace, args, awsEnvironment(account));
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
    account = await startSimulatedAccount({ updateMilliseconds: 0 });
    await account.createBucket('packages', { versioning: true });
    await account.createBucket('forgetful');
    lambda = lambdaClient(account);
    const { endpoint, region, credentials } = account;
    s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    workspace = new Workspace('storage-mode');
    workspace.succeed(['g', 'nx-lambda-python:init']);
    workspace.writeAll(serviceFiles(SHOP, 'package = "shop"\nruntime = "python3.11"\n', HANDLERS));
    workspace.setDefaults('upload', { bucket: 'packages' });
    for (const one of ['a', 'b']) {
      const handler = `shop.handlers.${one}.handler`;
      await account.createFunction({ name: `shop-${one}`, handler, ...RUNTIME });
    }
  });
  afterEach(killRunning);
  afterAll(async () => {
    lambda.destroy();
    s3.destroy();
    await account.stop();
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
    expect(drift.code).not.toBe(0);
    expect(drift.output).toContain('error[CHANGES_FOUND]');
    expect(drift.output).toMatch(/shop-a\b.*storage mode REFERENCE/);

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
    const [before, requests] = [await codeDigests(account, NAMES), recordFrom(account)];
    workspace.setDefaults('upload', { bucket: 'forgetful' });
    const { code, output } = await nx(...REFERENCE);
    expect(code).not.toBe(0);
    expect(output).toContain('error[BUCKET_NOT_VERSIONED]');
    expect(output).toContain('put-bucket-versioning --bucket forgetful');
    expect(packageWrites(requests())).toEqual(['PutObject']);
    expect(await codeDigests(account, NAMES)).toEqual(before);
  });
});
