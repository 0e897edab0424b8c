import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import {
  InvokeCommand,
  LambdaClient,
  UpdateFunctionCodeCommand,
  type ListDurableExecutionsByFunctionCommandInput,
} from '@aws-sdk/client-lambda';
import { ORDERS, startBench, stoppedClock, stopBenches } from './clients.fixtures';
import { placeholderZip } from './seeding';
import { zipOf } from './conformance/check.fixtures';
import { temporaryDirectory } from '../temporary.fixtures';

afterEach(stopBenches);

const ZIP = zipOf('new');
const FunctionName = ORDERS.name;

describe('seeding', () => {
  test('creates a function that is ready, once', async () => {
    const { account, lambda } = await startBench();
    expect(await account.createFunction(ORDERS)).toBe(true);
    expect(await account.createFunction({ ...ORDERS, handler: 'other' })).toBe(false);
    const { Configuration } = await lambda.getFunction({ FunctionName });
    expect(Configuration).toMatchObject({
      State: 'Active',
      LastUpdateStatus: 'Successful',
      Handler: ORDERS.handler,
      Runtime: 'python3.13',
      Architectures: ['arm64'],
      FunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${FunctionName}`,
    });
    expect(await account.functionCode(FunctionName)).toEqual(placeholderZip());
  });

  test('creates a bucket, once', async () => {
    const { account, s3 } = await startBench();
    expect(await account.createBucket('releases', { versioning: true })).toBe(true);
    expect(await account.createBucket('releases')).toBe(false);
    expect((await s3.putObject({ Bucket: 'releases', Key: 'a', Body: 'x' })).VersionId).toEqual(
      expect.any(String),
    );
  });

  test('creates a bucket of somebody else: it is there, and forbidden', async () => {
    const { account, s3 } = await startBench();
    await account.createBucket('theirs', { owner: '999999999999' });
    const head = s3.headBucket({ Bucket: 'theirs' });
    await expect(head).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    const put = s3.putObject({ Bucket: 'theirs', Key: 'a', Body: 'x' });
    await expect(put).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  test('refuses a bucket name that S3 refuses', async () => {
    const { account } = await startBench();
    await expect(account.createBucket('Not_A_Bucket')).rejects.toThrow('not valid');
  });
});

describe('who may use it', () => {
  test('are those who know the credentials of this start: no other start has them', async () => {
    const directory = temporaryDirectory();
    const { account: before } = await startBench({ directory });
    await before.createFunction(ORDERS);
    const { account, lambda } = await startBench({ directory });
    expect(account.credentials.accessKeyId).not.toBe(before.credentials.accessKeyId);
    expect(account.credentials.secretAccessKey).not.toBe(before.credentials.secretAccessKey);
    // What earlier releases of the plugin had for every start.
    const known = {
      accessKeyId: 'AKIASIMULATEDACCOUNT',
      secretAccessKey: 'simulated-account-secret-access-key',
    };
    const { endpoint, region } = account;
    const forged = { ...account.credentials, secretAccessKey: known.secretAccessKey };
    for (const credentials of [known, before.credentials, forged]) {
      const client = new LambdaClient({ endpoint, region, credentials, maxAttempts: 1 });
      for (const call of [
        new InvokeCommand({ FunctionName }),
        new UpdateFunctionCodeCommand({ FunctionName, ZipFile: ZIP }),
      ]) {
        const refused = (client.send as (one: object) => Promise<unknown>)(call);
        await expect(refused).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
      }
    }
    // The same two work for whom it is.
    await lambda.updateFunctionCode({ FunctionName, ZipFile: ZIP });
    const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .map((path) => join(directory, path))
      .filter((path) => statSync(path).isFile())
      .map((path) => readFileSync(path, 'latin1'));
    expect(files.join()).not.toContain(account.credentials.secretAccessKey);
  });

  test('code is given only by an URL of this start', async () => {
    const { account, lambda } = await startBench();
    await account.createFunction(ORDERS);
    const { Code } = await lambda.getFunction({ FunctionName });
    const url = new URL(Code?.Location ?? '');
    expect((await fetch(url)).status).toBe(200);
    const [sha256 = ''] = url.pathname.split('/').slice(-1);
    for (const path of [`/_code/${sha256}`, `/_code/${'0'.repeat(64)}/${sha256}`]) {
      expect((await fetch(new URL(path, url))).status).toBe(403);
    }
  });
});

describe('functions of other kinds', () => {
  test('have versions with snapshots, which cannot be invoked before they are there', async () => {
    const clock = stoppedClock();
    const { account, lambda } = await startBench({ now: clock.now });
    await account.createFunction({ ...ORDERS, kind: 'snap-start' });
    const published = await lambda.publishVersion({ FunctionName });
    expect(published).toMatchObject({
      State: 'Pending',
      SnapStart: { ApplyOn: 'PublishedVersions', OptimizationStatus: 'Off' },
    });
    const invoke = new InvokeCommand({ FunctionName, Qualifier: '1' });
    await expect(lambda.send(invoke)).rejects.toMatchObject({
      name: 'SnapStartNotReadyException',
      $metadata: { httpStatusCode: 409 },
    });
    clock.pass(250);
    const read = (Qualifier?: string) => lambda.getFunction({ FunctionName, Qualifier });
    expect((await read('1')).Configuration?.SnapStart?.OptimizationStatus).toBe('On');
    expect((await read()).Configuration?.SnapStart?.OptimizationStatus).toBe('Off');
    await lambda.send(invoke);
  });

  test('list their durable executions, of a version and of all', async () => {
    const { account, lambda } = await startBench();
    await account.createFunction({ ...ORDERS, kind: 'durable' });
    await lambda.publishVersion({ FunctionName });
    expect(await account.createExecution(FunctionName, '1')).toBe(true);
    expect(await account.createExecution(FunctionName, '$LATEST', 'SUCCEEDED')).toBe(true);
    expect(await account.createExecution(FunctionName, '2')).toBe(false);
    const list = async (more: Partial<ListDurableExecutionsByFunctionCommandInput>) => {
      const { DurableExecutions = [] } = await lambda.listDurableExecutionsByFunction({
        FunctionName,
        ...more,
      });
      return DurableExecutions.map(({ FunctionArn, Status }) => [
        FunctionArn?.replace(/^.*:/, ''),
        Status,
      ]);
    };
    expect(await list({})).toEqual([
      ['1', 'RUNNING'],
      ['$LATEST', 'SUCCEEDED'],
    ]);
    expect(await list({ Qualifier: '1' })).toEqual([['1', 'RUNNING']]);
    expect(await list({ Statuses: ['RUNNING'] })).toEqual([['1', 'RUNNING']]);
    expect(await list({ Qualifier: '$LATEST', Statuses: ['RUNNING'] })).toEqual([]);
  });

  test.each([
    ['image', 'InvalidParameterValueException'],
    ['signed', 'CodeVerificationFailedException'],
  ] as const)('refuse a zip: %s', async (kind, name) => {
    const { account, lambda } = await startBench();
    await account.createFunction({ ...ORDERS, kind });
    await expect(lambda.updateFunctionCode({ FunctionName, ZipFile: ZIP })).rejects.toMatchObject({
      name,
    });
  });
});

describe('a function’s state', () => {
  test('tells what is live, published and aliased', async () => {
    const clock = stoppedClock();
    const { account, lambda } = await startBench({ now: clock.now });
    await account.createFunction(ORDERS);
    await lambda.updateFunctionCode({ FunctionName, ZipFile: ZIP });
    expect(await account.readFunction(FunctionName)).toMatchObject({
      lastUpdateStatus: 'InProgress',
    });
    // Invocations run the old code until the update has ended.
    expect(await account.functionCode(FunctionName)).toEqual(placeholderZip());
    clock.pass(250);
    expect(await account.functionCode(FunctionName)).toEqual(ZIP);
    await lambda.publishVersion({ FunctionName });
    const alias = { FunctionName, Name: 'live', FunctionVersion: '1' };
    await lambda.createAlias(alias);
    expect(await account.readFunction(FunctionName)).toEqual({
      name: FunctionName,
      runtime: 'python3.13',
      handler: ORDERS.handler,
      // The update named none.
      architecture: 'x86_64',
      codeSha256: createHash('sha256').update(ZIP).digest('base64'),
      state: 'Active',
      lastUpdateStatus: 'Successful',
      layers: [],
      storageMode: 'COPY',
      versions: ['1'],
      aliases: { live: '1' },
      aliasWeights: {},
    });
    expect(await account.functionCode(FunctionName, 'live')).toEqual(ZIP);
    expect(await account.functionCode(FunctionName, '9')).toBeUndefined();
    expect(await account.readFunction('missing')).toBeUndefined();
  });

  test('belongs to its region', async () => {
    const { account, lambda } = await startBench({}, { region: 'eu-west-1' });
    await account.createFunction(ORDERS);
    const elsewhere = lambda.getFunction({ FunctionName });
    await expect(elsewhere).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('a bucket in another region cannot give it code', async () => {
    const { account, lambda } = await startBench();
    await account.createFunction(ORDERS);
    await account.createBucket('elsewhere', { region: 'eu-west-1' });
    const input = { FunctionName, S3Bucket: 'elsewhere', S3Key: 'package.zip' };
    await expect(lambda.updateFunctionCode(input)).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: expect.stringContaining('The bucket is in this region: eu-west-1'),
    });
  });
});

describe('the address', () => {
  test('records requests with operation, target, status and time', async () => {
    const { now } = stoppedClock();
    const at = now();
    const { account, s3, lambda } = await startBench({ now });
    await account.createBucket('releases');
    await s3.headObject({ Bucket: 'releases', Key: 'a/b.zip' }).catch(() => {});
    await lambda.getFunction({ FunctionName }).catch(() => {});
    expect(account.requests).toEqual([
      {
        service: 's3',
        operation: 'HeadObject',
        target: 'releases/a/b.zip',
        status: 404,
        at,
        input: {},
      },
      {
        service: 'lambda',
        operation: 'GetFunction',
        target: FunctionName,
        status: 404,
        at,
        input: {},
      },
    ]);
  });

  test('records what S3 was sent, but no content and no secret', async () => {
    const { account, s3 } = await startBench();
    await account.createBucket('releases');
    const object = { Bucket: 'releases', Key: 'a', Body: 'x', Metadata: { sha256: 'abc' } };
    const secret = { SSECustomerKey: 'c'.repeat(32), SSECustomerAlgorithm: 'AES256' };
    await s3.putObject({ ...object, ...secret, IfNoneMatch: '*' }).catch(() => undefined);
    const [record] = account.requests;
    expect(record?.input).toMatchObject({ 'if-none-match': '*', 'x-amz-meta-sha256': 'abc' });
    expect(Object.keys(record?.input ?? {}).join()).not.toMatch(/key|token|date|authorization/);
  });

  test('records what Lambda was sent, but no code and no secret', async () => {
    const { account, lambda } = await startBench();
    const ZipFile = ZIP;
    const Environment = { Variables: { TOKEN: 'secret' } };
    const Role = 'arn:aws:iam::000000000000:role/r';
    const code = { Runtime: 'python3.13', Handler: 'a.b', Code: { ZipFile } } as const;
    await lambda.createFunction({ FunctionName, Role, Environment, ...code });
    await lambda.getFunction({ FunctionName, Qualifier: '$LATEST' });
    expect(account.requests.map(({ input }) => input)).toEqual([
      {
        FunctionName,
        Role,
        Runtime: 'python3.13',
        Handler: 'a.b',
        Environment: { Variables: ['TOKEN'] },
        Code: { ZipFile: `${ZIP.length} bytes` },
      },
      { Qualifier: '$LATEST' },
    ]);
  });

  test('says what it does not implement', async () => {
    const { lambda, s3 } = await startBench();
    const concurrency = lambda.getFunctionConcurrency({ FunctionName });
    await expect(concurrency).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining('/functions/orders-create/concurrency'),
    });
    const copy = { Bucket: 'releases', Key: 'a', CopySource: 'releases/b' };
    await expect(s3.copyObject(copy)).rejects.toMatchObject({
      name: 'NotImplemented',
    });
  });

  test('takes the bucket in the host name; the wrong region is then a malformed header', async () => {
    const { account, s3 } = await startBench();
    await account.createBucket('elsewhere', { region: 'eu-west-1' });
    const { port } = new URL(account.endpoint);
    // Not every system resolves names under localhost: the header alone is what counts.
    s3.middlewareStack.add(
      (next) => (args) => {
        const outgoing = args.request as { headers: Record<string, string>; path: string };
        outgoing.headers['host'] = `elsewhere.localhost:${port}`;
        outgoing.path = '/';
        return next(args);
      },
      { step: 'build', priority: 'low' },
    );
    await expect(s3.headBucket({ Bucket: 'elsewhere' })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 400 },
    });
  });

  test('an upload that is cut off stores nothing', async () => {
    const { account, s3 } = await startBench();
    await account.createBucket('releases');
    const { port } = new URL(account.endpoint);
    await new Promise<void>((resolve) => {
      const headers = { 'content-length': 1000 };
      const upload = request({ port, path: '/releases/a', method: 'PUT', headers });
      upload.on('error', () => resolve());
      upload.write('half', () => upload.destroy(new Error('killed')));
    });
    const head = s3.headObject({ Bucket: 'releases', Key: 'a' });
    await expect(head).rejects.toMatchObject({ name: 'NotFound' });
    expect(account.requests.map(({ operation }) => operation)).toEqual(['HeadObject']);
  });

  test('listens on loopback only', async () => {
    const { account } = await startBench();
    expect(new URL(account.endpoint).hostname).toBe('127.0.0.1');
  });
});
