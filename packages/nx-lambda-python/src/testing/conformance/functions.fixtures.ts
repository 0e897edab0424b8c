/** Functions as AWS documents them: created, read, configured; who may call, how often, and as whom. */

import { randomBytes } from 'node:crypto';
import type { CreateFunctionCommandInput, Runtime } from '@aws-sdk/client-lambda';
import { Lambda } from '@aws-sdk/client-lambda';
import { callerAccount } from '../../platform/aws/caller-identity';
import type { Check } from './check.fixtures';
import {
  check,
  create,
  failure,
  idle,
  newBucket,
  newFunction,
  refusal,
  sha256Base64,
  uniqueName,
  zipOf,
} from './check.fixtures';
import { put } from './s3-objects.fixtures';

const ZIP = zipOf('updated');
const MISSING = '404 ResourceNotFoundException';
const CONFLICT = '409 ResourceConflictException';
const INVALID = '400 InvalidParameterValueException';
const VALIDATION = '400 ValidationException';

const CREATION_REFUSALS: readonly [
  what: string,
  refused: string,
  ...settings: Partial<CreateFunctionCommandInput>[],
][] = [
  [
    'a runtime that Lambda does not have',
    INVALID,
    { Runtime: 'python-latest' as Runtime },
    { Runtime: 'PYTHON3.12' as Runtime },
  ],
  ['two architectures', VALIDATION, { Architectures: ['x86_64', 'arm64'] }],
  ['a memory size and a timeout out of bounds', VALIDATION, { MemorySize: 64 }, { Timeout: 901 }],
  ['a role that is not an ARN', VALIDATION, { Role: 'orders' }],
  ['a broken zip', INVALID, { Code: { ZipFile: Buffer.from('not a zip') } }],
  ['code in a missing bucket', INVALID, { Code: { S3Bucket: 'missing-bucket', S3Key: 'a' } }],
];

export const FUNCTION_CHECKS: readonly Check[] = [
  check('A missing function is 404 ResourceNotFoundException', async ({ lambda }) => {
    const FunctionName = uniqueName('missing');
    expect(await failure(lambda.getFunction({ FunctionName }))).toBe(MISSING);
    expect(await failure(lambda.updateFunctionCode({ FunctionName, ZipFile: ZIP }))).toBe(MISSING);
  }),
  check('A new function is Pending, then Active', async (bench) => {
    const Code = { ZipFile: ZIP };
    const created = await create(bench, { Code });
    const pending = { State: 'Pending', StateReasonCode: 'Creating', Version: '$LATEST' };
    expect(created).toMatchObject(pending);
    expect(await idle(bench, created.FunctionName ?? '')).toMatchObject({
      State: 'Active',
      LastUpdateStatus: 'Successful',
      CodeSha256: sha256Base64(ZIP),
      CodeSize: ZIP.length,
      Architectures: ['x86_64'],
      Runtime: 'python3.12',
      Handler: 'handler.handler',
    });
  }),
  refusal('Creating a function twice is 409 ResourceConflictException', CONFLICT, async (bench) =>
    create(bench, { FunctionName: await newFunction(bench) }),
  ),
  check('CreateFunction takes code from a version in S3, and every setting', async (bench) => {
    const Bucket = await newBucket(bench, { versioning: true });
    const { VersionId } = await put(bench, Bucket, { Key: 'package.zip', Body: ZIP });
    await put(bench, Bucket, { Key: 'package.zip', Body: zipOf('newer') });
    const settings = {
      Architectures: ['arm64' as const],
      MemorySize: 512,
      Timeout: 20,
      Environment: { Variables: { STAGE: 'test' } },
    };
    const Code = { S3Bucket: Bucket, S3Key: 'package.zip', S3ObjectVersion: VersionId };
    const created = await create(bench, { Code, ...settings });
    expect(created).toMatchObject({ ...settings, CodeSha256: sha256Base64(ZIP) });
    expect(await idle(bench, created.FunctionName ?? '')).toMatchObject({
      ...settings,
      Runtime: 'python3.12',
      Handler: 'handler.handler',
      Role: 'arn:aws:iam::000000000000:role/conformance',
      CodeSha256: sha256Base64(ZIP),
    });
  }),
  check('CreateFunction with Publish answers with version 1', async (bench) => {
    const { FunctionName = '', Version } = await create(bench, { Publish: true });
    expect(Version).toBe('1');
    expect((await idle(bench, FunctionName))?.Version).toBe('$LATEST');
  }),
  ...CREATION_REFUSALS.map(([what, refused, ...all]) =>
    check(`CreateFunction refuses ${what}: ${refused}`, async (bench) => {
      for (const settings of all) {
        const FunctionName = uniqueName('refused');
        expect(await failure(create(bench, { FunctionName, ...settings }))).toBe(refused);
        expect(await failure(bench.lambda.getFunction({ FunctionName }))).toBe(MISSING);
      }
    }),
  ),
  check('UpdateFunctionConfiguration changes what it names and nothing else', async (bench) => {
    const FunctionName = await newFunction(bench);
    const changed = { Timeout: 30, Environment: { Variables: { STAGE: 'test' } } };
    for (const settings of [changed, { Handler: 'a.b' }]) {
      await bench.lambda.updateFunctionConfiguration({ FunctionName, ...settings });
      await idle(bench, FunctionName);
    }
    expect(await bench.lambda.getFunctionConfiguration({ FunctionName })).toMatchObject({
      ...changed,
      Handler: 'a.b',
      Runtime: 'python3.12',
      CodeSha256: sha256Base64(zipOf('initial')),
    });
  }),
  check(
    'UpdateFunctionConfiguration is InProgress, then Successful, and a write meanwhile is 409',
    async (bench) => {
      const FunctionName = await newFunction(bench);
      const configure = (Timeout: number) =>
        bench.lambda.updateFunctionConfiguration({ FunctionName, Timeout });
      expect((await configure(9)).LastUpdateStatus).toBe('InProgress');
      const update = bench.lambda.updateFunctionCode({ FunctionName, ZipFile: ZIP });
      expect(await failure(update)).toBe(CONFLICT);
      expect(await failure(configure(10))).toBe(CONFLICT);
      const after = await idle(bench, FunctionName);
      expect(after).toMatchObject({ LastUpdateStatus: 'Successful', Timeout: 9 });
    },
    'slow updates',
  ),
  check('UpdateFunctionConfiguration with a stale RevisionId is 412', async (bench) => {
    const FunctionName = await newFunction(bench);
    const RevisionId = (await idle(bench, FunctionName))?.RevisionId;
    const configure = (Timeout: number) =>
      bench.lambda.updateFunctionConfiguration({ FunctionName, RevisionId, Timeout });
    await configure(9);
    await idle(bench, FunctionName);
    expect(await failure(configure(10))).toBe('412 PreconditionFailedException');
  }),
  check('A function may be named by its ARN', async (bench) => {
    const FunctionName = await newFunction(bench);
    const arn = (await idle(bench, FunctionName))?.FunctionArn;
    const { Configuration } = await bench.lambda.getFunction({ FunctionName: arn });
    expect(Configuration?.FunctionName).toBe(FunctionName);
  }),
  refusal('A qualifier other than the one in the function’s ARN is 400', INVALID, async (bench) => {
    const arn = (await idle(bench, await newFunction(bench)))?.FunctionArn;
    return bench.lambda.getFunction({ FunctionName: `${arn}:1`, Qualifier: '2' });
  }),
  check('GetAccountSettings tells the limits of a package and of all code', async ({ lambda }) => {
    const { AccountLimit } = await lambda.getAccountSettings();
    const limits = { CodeSizeUnzipped: 262_144_000, CodeSizeZipped: 52_428_800 };
    expect(AccountLimit).toMatchObject(limits);
    expect(AccountLimit?.TotalCodeSize).toBeGreaterThanOrEqual(75 * 1024 ** 3);
  }),
  check('GetAccountSettings counts the code of every version', async (bench) => {
    const read = async () =>
      (await bench.lambda.getAccountSettings()).AccountUsage?.TotalCodeSize ?? NaN;
    const before = await read();
    // Random, so that it stays large; the other checks store some kilobytes meanwhile.
    const zip = zipOf(randomBytes(1_000_000).toString('base64'));
    const FunctionName = await newFunction(bench, { zip });
    const created = await read();
    expect(created - before).toBeGreaterThan(900_000);
    await bench.lambda.publishVersion({ FunctionName });
    expect((await read()) - created).toBeGreaterThan(900_000);
  }),
  check(
    'Lambda refuses unknown keys, wrong secrets and unsigned requests with 403',
    async (bench) => {
      const FunctionName = await newFunction(bench);
      const { endpoint, region } = bench;
      const as = (changed: object) => {
        const credentials = { ...bench.credentials, ...changed };
        return failure(new Lambda({ endpoint, region, credentials }).getFunction({ FunctionName }));
      };
      const unknown = await as({ accessKeyId: 'AKIANOBODYKNOWSTHIS1' });
      expect(unknown).toBe('403 UnrecognizedClientException');
      expect(await as({ secretAccessKey: 'wrong' })).toBe('403 InvalidSignatureException');
      const path = `/2015-03-31/functions/${FunctionName}`;
      expect((await fetch(`${endpoint}${path}`)).status).toBe(403);
    },
  ),
  check(
    'More than 15 writes in a second are 429 TooManyRequestsException',
    async (bench) => {
      const FunctionName = await newFunction(bench);
      const { endpoint, region, credentials } = bench;
      const client = new Lambda({ endpoint, region, credentials, maxAttempts: 1 });
      const calls = Array.from({ length: 40 }, () =>
        client.getFunctionConfiguration({ FunctionName }).catch((error: unknown) => error),
      );
      const refused = (await Promise.all(calls)).filter((result) => result instanceof Error);
      expect(refused.length).toBeGreaterThan(0);
      expect(refused[0]).toMatchObject({
        name: 'TooManyRequestsException',
        Reason: 'CallerRateLimitExceeded',
        retryAfterSeconds: '1',
        $metadata: { httpStatusCode: 429 },
      });
    },
    'quota',
  ),
  // https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html, as the plugin asks.
  check('GetCallerIdentity tells the account that is in the ARNs of functions', async (bench) => {
    const configuration = await idle(bench, await newFunction(bench));
    const { endpoint, region, credentials } = bench;
    const value = configuration?.FunctionArn?.split(':')[4];
    expect(await callerAccount({ endpoint, region, credentials })).toEqual({ ok: true, value });
  }),
];
