import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Service } from '../releasing/service.fixtures';
import { isolateEnvironment, writes } from '../releasing/workspace.fixtures';
import type { UploadExecutorSchema } from '../schemas/upload';

describe('the upload executor', () => {
  let service: Service;

  beforeEach(async () => {
    service = await Service.start(false);
    service.workspace.build(['create']);
  });

  async function expectError(options: UploadExecutorSchema, ...parts: string[]) {
    expect(await service.upload(options)).toBe(false);
    const text = service.printed();
    for (const part of parts) expect(text).toContain(part);
    expect(text).not.toContain(service.account.credentials.secretAccessKey);
  }

  it('uploads by the standard variables alone, once', async () => {
    expect(await service.upload()).toBe(true);
    expect(service.printed()).toMatch(`: s3://packages/${service.key} (version `);
    expect(await service.upload()).toBe(true);
    expect(service.printed()).toMatch(/^already there: /m);
    expect(writes(service.account)).toEqual(['PutObject']);
  });

  it('sends only what follows dependencies that the bucket has', async () => {
    service.workspace.build(['create'], 'first', 2 ** 24);
    expect(await service.upload()).toBe(true);
    expect(service.printed()).toMatch(/^uploaded /m);
    service.workspace.build(['create'], 'another', 2 ** 24);
    expect(await service.upload()).toBe(true);
    expect(service.printed()).toMatch(/^sent .* of 1\d\.\d MB, the rest was copied in S3/m);
    expect(await service.upload()).toBe(true);
    expect(service.printed()).toMatch(/^already there: /m);
    const built = readFileSync(join(service.workspace.output, 'package.zip'));
    const part = service.account.requests.find(({ operation }) => operation === 'UploadPart');
    expect(part?.input).toMatchObject({ 'content-length': String(built.length - 2 ** 24) });
    expect(await service.stored()).toHaveProperty('crc64');
    await service.expectWhole();
    expect(writes(service.account)).toHaveLength(2 + 4 + 1);
  });

  it('survives an answer that gets lost, a conflict and a bad minute', async () => {
    service.account.inject({ operation: 'HeadObject', kind: 'reset' });
    service.account.inject({ operation: 'PutObject', kind: '409' });
    service.account.inject({ operation: 'PutObject', nth: 2, kind: '503' });
    service.account.inject({ operation: 'PutObject', nth: 3, kind: 'lost-response' });
    expect(await service.upload()).toBe(true);
    expect(service.printed()).toMatch(/^uploaded /m);
  });

  describe('the manifest beside the package', () => {
    const MANIFEST = 'PutObject';
    let warned: jest.SpyInstance;
    beforeEach(() => {
      warned = jest.spyOn(console, 'warn').mockImplementation();
      service.workspace.reach = {};
      service.workspace.build(['create']);
    });

    it('is written once, encrypted as the package, and never replaced', async () => {
      const kmsKeyId = 'alias/packages';
      expect(await service.upload({ kmsKeyId })).toBe(true);
      const built = readFileSync(join(service.workspace.output, 'manifest.json'), 'utf8');
      expect(await service.manifest()).toBe(built);
      const keys = service.account.requests.filter(({ operation }) => operation === MANIFEST);
      expect(keys.map(({ input }) => input)).toEqual(
        Array(2).fill(
          expect.objectContaining({
            'if-none-match': '*',
            'x-amz-server-side-encryption-aws-kms-key-id': kmsKeyId,
          }),
        ),
      );
      service.workspace.reach = { create: 'more' };
      service.workspace.build(['create']);
      expect(await service.upload({ kmsKeyId })).toBe(true);
      expect(await service.manifest()).toBe(built);
      expect(warned).not.toHaveBeenCalled();
    });

    it('is warned of if S3 refuses it, and then written beside the package that is there', async () => {
      service.account.inject({ operation: MANIFEST, nth: 2, kind: 'access-denied' });
      expect(await service.upload()).toBe(true);
      expect(await service.manifest()).toBeNull();
      expect(warned).toHaveBeenCalledWith(
        expect.stringMatching(/^warning: the manifest was not written to s3:.*; S3 said AccessD/),
      );
      for (const kind of ['503', '409', 'lost-response'] as const) {
        service.account.inject({ operation: MANIFEST, kind });
      }
      expect(await service.upload()).toBe(true);
      expect(await service.manifest()).not.toBeNull();
    });
  });

  it('writes nothing in a dry run', async () => {
    expect(await service.upload({ dryRun: true })).toBe(true);
    expect(service.printed()).toMatch(/^would upload /m);
    expect(writes(service.account)).toEqual([]);
  });

  it.each<[string, UploadExecutorSchema, () => unknown, string[]]>([
    [
      'no bucket, and the way without an account',
      { bucket: undefined },
      () => undefined,
      [
        'error[BUCKET_NOT_SET]',
        'targetDefaults["nx-lambda-python:upload"]',
        '`npx nx upload svc -c local`',
      ],
    ],
    [
      'the region of a bucket that is elsewhere',
      { bucket: 'far' },
      () => service.account.createBucket('far', { region: 'us-west-2' }),
      ['error[BUCKET_WRONG_REGION]', 'is in us-west-2'],
    ],
    [
      'a bucket that is forbidden',
      { bucket: 'theirs' },
      () => service.account.createBucket('theirs', { owner: '999999999999' }),
      ['error[BUCKET_FORBIDDEN]', '`theirs`'],
    ],
    [
      'an owner other than the expected one',
      { expectedBucketOwner: '999999999999' },
      () => undefined,
      ['error[BUCKET_FORBIDDEN]', 'its owner is not 999999999999'],
    ],
    [
      'expired credentials',
      {},
      () =>
        service.account.inject({ operation: '*', kind: 'expired-credentials', times: Infinity }),
      ['error[CREDENTIALS_EXPIRED]', 'new values for AWS_ACCESS_KEY_ID'],
    ],
    [
      'wrong credentials',
      {},
      () => (process.env['AWS_ACCESS_KEY_ID'] = 'AKIAOTHEROTHEROTHER1'),
      ['error[CREDENTIALS_INVALID]'],
    ],
    [
      'missing credentials',
      {},
      () => delete process.env['AWS_ACCESS_KEY_ID'],
      ['error[CREDENTIALS_MISSING]', '-c local'],
    ],
    [
      'a missing region',
      {},
      () => delete process.env['AWS_REGION'],
      ['error[REGION_NOT_SET]', 'AWS_REGION'],
    ],
    [
      'that there is no package yet',
      {},
      () => rmSync(join(service.workspace.output, 'manifest.json')),
      ['error[PACKAGE_NOT_BUILT]', '`npx nx build svc`'],
    ],
  ])('tells %s, and writes nothing', async (_, options, prepare, words) => {
    await prepare();
    await expectError(options, ...words);
    const taken = service.account.requests.filter(({ status }) => status === 200);
    expect(taken.filter(({ operation }) => operation === 'PutObject')).toEqual([]);
  });

  it('names a bucket that is missing, and sends nothing', async () => {
    await expectError({ bucket: 'nowhere' }, 'error[BUCKET_MISSING]: bucket `nowhere`');
    expect(writes(service.account)).toEqual([]);
  });

  it('knows AWS_DEFAULT_REGION and prefers its own option', async () => {
    process.env['AWS_DEFAULT_REGION'] = 'eu-west-1';
    delete process.env['AWS_REGION'];
    expect(await service.upload()).toBe(true);
    await expectError({ region: 'us-east-1' }, 'error[BUCKET_WRONG_REGION]');
  });

  it('takes an endpoint of S3 alone', async () => {
    process.env['AWS_ENDPOINT_URL'] = 'http://127.0.0.1:9';
    process.env['AWS_ENDPOINT_URL_S3'] = service.account.endpoint;
    expect(await service.upload()).toBe(true);
  });

  it('takes all from a profile: credentials, region and endpoint', async () => {
    isolateEnvironment();
    const { accessKeyId, secretAccessKey } = service.account.credentials;
    service.useProfile('work', {
      region: service.account.region,
      endpoint_url: service.account.endpoint,
      aws_access_key_id: accessKeyId,
      aws_secret_access_key: secretAccessKey,
    });
    expect(await service.upload()).toBe(true);
    expect(writes(service.account)).toEqual(['PutObject']);

    process.env['AWS_PROFILE'] = 'other';
    await expectError({ region: 'eu-west-1' }, 'from profile `other`');
  });

  it('makes all that it needs in the simulated account of the workspace', async () => {
    isolateEnvironment();
    const simulated = { bucket: undefined, simulated: true };
    expect(await service.upload({ ...simulated, dryRun: true }, 'local')).toBe(true);
    expect(service.printed()).toMatch(/^would upload /m);
    expect(await service.upload(simulated, 'local')).toBe(true);
    expect(service.printed()).toContain('s3://local-packages/');
    expect(await service.upload(simulated, 'local')).toBe(true);
    expect(service.printed()).toMatch(/^already there: /m);
    expect(service.account.requests).toEqual([]);
  });
});
