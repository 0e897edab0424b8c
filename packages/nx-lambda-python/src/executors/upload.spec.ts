import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Crc64Nvme } from '../packaging/crc64-nvme';
import { connectStorage } from '../platform/aws/connect';
import { startSimulatedAccount, type SimulatedAccount } from '../testing';
import upload from './upload';
import type { UploadExecutorSchema } from '../schemas/upload';
import {
  capturePrinted,
  isolateEnvironment,
  restoreEnvironment,
  TestWorkspace,
  writes,
} from '../releasing/workspace.fixtures';

describe('the upload executor', () => {
  let account: SimulatedAccount;
  let workspace: TestWorkspace;
  let printed: () => string;

  beforeEach(async () => {
    account = await startSimulatedAccount({ region: 'eu-west-1' });
    workspace = new TestWorkspace();
    workspace.build(['create']);
    isolateEnvironment(account);
    printed = capturePrinted();
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    restoreEnvironment();
    workspace.remove();
    await account.stop();
  });

  const run = (options: UploadExecutorSchema, configuration?: string) =>
    upload(options, workspace.context('upload', configuration));
  const key = () =>
    `lambda-packages/svc/${Buffer.from(workspace.sha256, 'base64').toString('hex')}.zip`;

  async function expectError(options: UploadExecutorSchema, ...parts: string[]) {
    expect(await run(options)).toEqual({ success: false });
    const text = printed();
    for (const part of parts) expect(text).toContain(part);
    expect(text).not.toContain(account.credentials.secretAccessKey);
  }

  it('uploads by the standard variables alone, once', async () => {
    await account.createBucket('packages', { versioning: true });
    expect(await run({ bucket: 'packages' })).toEqual({ success: true });
    expect(printed()).toMatch(`: s3://packages/${key()} (version `);
    expect(await run({ bucket: 'packages' })).toEqual({ success: true });
    expect(printed()).toMatch(/^already there: /m);
    expect(writes(account)).toEqual(['PutObject']);
  });

  it('sends only what follows dependencies that the bucket has', async () => {
    await account.createBucket('packages', { versioning: true });
    workspace.build(['create'], 'first', 2 ** 24);
    expect(await run({ bucket: 'packages' })).toEqual({ success: true });
    expect(printed()).toMatch(/^uploaded /m);
    workspace.build(['create'], 'another', 2 ** 24);
    expect(await run({ bucket: 'packages' })).toEqual({ success: true });
    expect(printed()).toMatch(/^sent .* of 1\d\.\d MB, the rest was copied in S3/m);
    expect(await run({ bucket: 'packages' })).toEqual({ success: true });
    expect(printed()).toMatch(/^already there: /m);
    const built = readFileSync(join(workspace.output, 'package.zip'));
    const part = account.requests.find(({ operation }) => operation === 'UploadPart');
    expect(part?.input).toMatchObject({ 'content-length': String(built.length - 2 ** 24) });
    const s3 = await connectStorage({ endpoint: account.endpoint, region: account.region });
    const head = await s3.storage.head({ bucket: { name: 'packages' }, key: key() });
    s3.close();
    const crc64 = new Crc64Nvme().update(built).digest();
    expect(head).toMatchObject({ ok: true, value: { crc64, size: built.length } });
    expect(writes(account)).toHaveLength(2 + 4 + 1);
  });

  it('survives an answer that gets lost, a conflict and a bad minute', async () => {
    await account.createBucket('packages');
    account.inject({ operation: 'HeadObject', kind: 'reset' });
    account.inject({ operation: 'PutObject', kind: '409' });
    account.inject({ operation: 'PutObject', nth: 2, kind: '503' });
    account.inject({ operation: 'PutObject', nth: 3, kind: 'lost-response' });
    expect(await run({ bucket: 'packages' })).toEqual({ success: true });
    expect(printed()).toMatch(/^uploaded /m);
  });

  it('writes nothing in a dry run', async () => {
    await account.createBucket('packages');
    expect(await run({ bucket: 'packages', dryRun: true })).toEqual({ success: true });
    expect(printed()).toMatch(/^would upload /m);
    expect(writes(account)).toEqual([]);
  });

  it('says where to set the bucket, and the way without an account', async () => {
    await expectError(
      {},
      'error[BUCKET_NOT_SET]',
      'targetDefaults["nx-lambda-python:upload"]',
      '`npx nx upload svc -c local`',
    );
  });

  it('names a bucket that is missing', async () => {
    await expectError({ bucket: 'nowhere' }, 'error[BUCKET_MISSING]: bucket `nowhere`');
    expect(writes(account)).toEqual([]);
  });

  it('names the region of a bucket that is elsewhere', async () => {
    await account.createBucket('far', { region: 'us-west-2' });
    await expectError({ bucket: 'far' }, 'error[BUCKET_WRONG_REGION]', 'is in us-west-2');
  });

  it('names a bucket that is forbidden', async () => {
    await account.createBucket('theirs', { owner: '999999999999' });
    await expectError({ bucket: 'theirs' }, 'error[BUCKET_FORBIDDEN]', '`theirs`');
  });

  it('checks the owner where one is expected', async () => {
    await account.createBucket('packages');
    const expectedBucketOwner = '999999999999';
    await expectError(
      { bucket: 'packages', expectedBucketOwner },
      'error[BUCKET_FORBIDDEN]',
      'its owner is not 999999999999',
    );
  });

  it('tells expired credentials', async () => {
    await account.createBucket('packages');
    account.inject({ operation: '*', kind: 'expired-credentials', times: Infinity });
    await expectError(
      { bucket: 'packages' },
      'error[CREDENTIALS_EXPIRED]',
      'new values for AWS_ACCESS_KEY_ID',
    );
  });

  it('tells wrong credentials', async () => {
    await account.createBucket('packages');
    process.env['AWS_ACCESS_KEY_ID'] = 'AKIAOTHEROTHEROTHER1';
    await expectError({ bucket: 'packages' }, 'error[CREDENTIALS_INVALID]');
  });

  it('tells missing credentials', async () => {
    delete process.env['AWS_ACCESS_KEY_ID'];
    await expectError({ bucket: 'packages' }, 'error[CREDENTIALS_MISSING]', '-c local');
  });

  it('tells a missing region', async () => {
    delete process.env['AWS_REGION'];
    await expectError({ bucket: 'packages' }, 'error[REGION_NOT_SET]', 'AWS_REGION');
  });

  it('knows AWS_DEFAULT_REGION and prefers its own option', async () => {
    await account.createBucket('packages');
    process.env['AWS_DEFAULT_REGION'] = 'eu-west-1';
    delete process.env['AWS_REGION'];
    expect(await run({ bucket: 'packages' })).toEqual({ success: true });
    await expectError({ bucket: 'packages', region: 'us-east-1' }, 'error[BUCKET_WRONG_REGION]');
  });

  it('takes an endpoint of S3 alone', async () => {
    await account.createBucket('packages');
    process.env['AWS_ENDPOINT_URL'] = 'http://127.0.0.1:9';
    process.env['AWS_ENDPOINT_URL_S3'] = account.endpoint;
    expect(await run({ bucket: 'packages' })).toEqual({ success: true });
  });

  it('takes all from a profile: credentials, region and endpoint', async () => {
    await account.createBucket('packages');
    isolateEnvironment();
    const { accessKeyId, secretAccessKey } = account.credentials;
    const profile = [
      `region = ${account.region}`,
      `endpoint_url = ${account.endpoint}`,
      `aws_access_key_id = ${accessKeyId}`,
      `aws_secret_access_key = ${secretAccessKey}`,
    ];
    const file = join(workspace.root, 'aws-config');
    writeFileSync(file, `[profile work]\n${profile.join('\n')}\n`);
    process.env['AWS_CONFIG_FILE'] = file;
    process.env['AWS_PROFILE'] = 'work';
    expect(await run({ bucket: 'packages' })).toEqual({ success: true });
    expect(writes(account)).toEqual(['PutObject']);

    process.env['AWS_PROFILE'] = 'other';
    await expectError({ bucket: 'packages', region: 'eu-west-1' }, 'from profile `other`');
  });

  it('says what to run before there is a package', async () => {
    rmSync(join(workspace.output, 'manifest.json'));
    await expectError({ bucket: 'packages' }, 'error[PACKAGE_NOT_BUILT]', '`npx nx build svc`');
  });

  it('makes all that it needs in the simulated account of the workspace', async () => {
    isolateEnvironment();
    expect(await run({ simulated: true, dryRun: true }, 'local')).toEqual({ success: true });
    expect(printed()).toMatch(/^would upload /m);
    expect(await run({ simulated: true }, 'local')).toEqual({ success: true });
    expect(printed()).toContain('s3://local-packages/');
    expect(await run({ simulated: true }, 'local')).toEqual({ success: true });
    expect(printed()).toMatch(/^already there: /m);
    expect(account.requests).toEqual([]);
  });
});
