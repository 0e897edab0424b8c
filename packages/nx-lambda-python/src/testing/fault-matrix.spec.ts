/** Every operation that a release uses × every kind of fault that answers in its place. */

import type { LambdaClient } from '@aws-sdk/client-lambda';
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetAccountSettingsCommand,
  GetAliasCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  GetLayerVersionCommand,
  InvokeCommand,
  ListAliasesCommand,
  ListVersionsByFunctionCommand,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type { SimulatedAccount } from './account';
import { ORDERS, startBench, stopBenches } from './clients.fixtures';
import { failure, zipOf } from './conformance/check.fixtures';
import type { FaultKind } from './faults';

const FunctionName = ORDERS.name;
const ALIAS = { FunctionName, Name: 'live', FunctionVersion: '1' };
const LAYER = { LayerName: 'shared', VersionNumber: 1 };
const Code = { ZipFile: zipOf('new') };
const SETTINGS = { Runtime: 'python3.13', Handler: 'a.b' } as const;
const Role = 'arn:aws:iam::000000000000:role/orders';

type Send = (lambda: LambdaClient) => Promise<unknown>;
const LAMBDA: Record<string, Send> = {
  GetFunction: (c) => c.send(new GetFunctionCommand({ FunctionName })),
  GetFunctionConfiguration: (c) => c.send(new GetFunctionConfigurationCommand({ FunctionName })),
  GetAccountSettings: (c) => c.send(new GetAccountSettingsCommand({})),
  UpdateFunctionConfiguration: (c) =>
    c.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 9 })),
  UpdateFunctionCode: (c) => c.send(new UpdateFunctionCodeCommand({ FunctionName, ...Code })),
  PublishVersion: (c) => c.send(new PublishVersionCommand({ FunctionName })),
  ListVersionsByFunction: (c) => c.send(new ListVersionsByFunctionCommand({ FunctionName })),
  CreateAlias: (c) => c.send(new CreateAliasCommand(ALIAS)),
  UpdateAlias: (c) => c.send(new UpdateAliasCommand(ALIAS)),
  GetAlias: (c) => c.send(new GetAliasCommand(ALIAS)),
  ListAliases: (c) => c.send(new ListAliasesCommand({ FunctionName })),
  PublishLayerVersion: (c) =>
    c.send(new PublishLayerVersionCommand({ LayerName: 'shared', Content: Code })),
  GetLayerVersion: (c) => c.send(new GetLayerVersionCommand(LAYER)),
  Invoke: (c) => c.send(new InvokeCommand({ FunctionName, InvocationType: 'DryRun' })),
  CreateFunction: (c) =>
    c.send(new CreateFunctionCommand({ FunctionName: 'new', Code, Role, ...SETTINGS })),
  DeleteFunction: (c) => c.send(new DeleteFunctionCommand({ FunctionName })),
};

const OBJECT = { Bucket: 'releases', Key: 'package.zip' };
const { Bucket } = OBJECT;
const UPLOAD = { ...OBJECT, UploadId: 'any' };
const PART = { ...UPLOAD, PartNumber: 1 };
const S3: Record<string, (s3: S3Client) => Promise<unknown>> = {
  HeadBucket: (c) => c.send(new HeadBucketCommand({ Bucket })),
  PutObject: (c) => c.send(new PutObjectCommand({ ...OBJECT, Body: 'x' })),
  HeadObject: (c) => c.send(new HeadObjectCommand(OBJECT)),
  GetObject: (c) => c.send(new GetObjectCommand(OBJECT)),
  ListObjectsV2: (c) => c.send(new ListObjectsV2Command({ Bucket })),
  DeleteObject: (c) => c.send(new DeleteObjectCommand(OBJECT)),
  CreateMultipartUpload: (c) => c.send(new CreateMultipartUploadCommand(OBJECT)),
  UploadPart: (c) => c.send(new UploadPartCommand({ ...PART, Body: 'x' })),
  UploadPartCopy: (c) =>
    c.send(new UploadPartCopyCommand({ ...PART, CopySource: `${Bucket}/package.zip` })),
  CompleteMultipartUpload: (c) => c.send(new CompleteMultipartUploadCommand(UPLOAD)),
  AbortMultipartUpload: (c) => c.send(new AbortMultipartUploadCommand(UPLOAD)),
};

const ANSWERS: [FaultKind, lambda: string, number, s3: string, number][] = [
  ['409', 'ResourceConflictException', 409, 'ConditionalRequestConflict', 409],
  ['412', 'PreconditionFailedException', 412, 'PreconditionFailed', 412],
  ['429', 'TooManyRequestsException', 429, 'SlowDown', 503],
  ['500', 'ServiceException', 500, 'InternalError', 500],
  ['503', 'ServiceUnavailableException', 503, 'ServiceUnavailable', 503],
  ['passing-400', 'ThrottlingException', 400, 'RequestTimeout', 400],
  ['clock-skew', 'InvalidSignatureException', 403, 'RequestTimeTooSkewed', 403],
  ['expired-credentials', 'ExpiredTokenException', 403, 'ExpiredToken', 400],
  ['access-denied', 'AccessDeniedException', 403, 'AccessDenied', 403],
  ['invalid-parameter', 'InvalidParameterValueException', 400, 'InvalidArgument', 400],
];

let account: SimulatedAccount;
let lambda: LambdaClient;
let s3: S3Client;
beforeAll(async () => {
  const quota = { writesPerSecond: 1e6, readsPerSecond: 1e6 };
  ({ account, lambda, s3 } = await startBench({ updateMilliseconds: 0, quota }));
  await account.createBucket(Bucket);
  await account.createFunction(ORDERS);
  await lambda.send(new PublishVersionCommand({ FunctionName }));
});
afterAll(stopBenches);

test.each(Object.keys(LAMBDA))('%s of Lambda', async (operation) => {
  const send = () => failure(LAMBDA[operation]?.(lambda) ?? Promise.resolve());
  for (const [kind, name, status] of ANSWERS) {
    account.inject({ operation, kind });
    expect([kind, await send()]).toEqual([kind, { name, status }]);
    expect(account.requests.at(-1)).toMatchObject({ operation, status });
  }
  for (const kind of ['reset', 'lost-response'] as const) {
    account.inject({ operation, kind });
    expect([kind, (await send()).status]).toEqual([kind, undefined]);
  }
  account.inject({ operation, kind: 'timeout' });
  const before = account.requests.length;
  const waiting = LAMBDA[operation]?.(lambda).catch(() => undefined);
  while (account.requests.length === before) await new Promise(setImmediate);
  expect(account.requests.at(-1)).toMatchObject({ operation, status: undefined });
  void waiting;
});

test.each(Object.keys(S3))('%s of S3', async (operation) => {
  const send = () => failure(S3[operation]?.(s3) ?? Promise.resolve());
  for (const [kind, , , name, status] of ANSWERS) {
    account.inject({ operation, kind });
    const { name: actual, status: sent } = await send();
    expect([kind, sent]).toEqual([kind, status]);
    // An answer to HEAD has no body, hence no name, as on AWS.
    if (!operation.startsWith('Head')) expect([kind, actual]).toEqual([kind, name]);
  }
  for (const kind of ['reset', 'lost-response'] as const) {
    account.inject({ operation, kind });
    expect([kind, (await send()).status]).toEqual([kind, undefined]);
  }
});

describe('outcomes', () => {
  test('update-failed: a new function is Failed, and can be updated', async () => {
    account.inject({ operation: 'CreateFunction', kind: 'update-failed', reason: 'no' });
    const created = { FunctionName: 'failing', Code, Role, ...SETTINGS };
    await lambda.send(new CreateFunctionCommand(created));
    const read = () => lambda.send(new GetFunctionCommand({ FunctionName: 'failing' }));
    expect((await read()).Configuration).toMatchObject({ State: 'Failed', StateReason: 'no' });
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'failing', ...Code }));
    expect((await read()).Configuration?.State).toBe('Active');
  });

  test.each(['UpdateFunctionConfiguration', 'UpdateFunctionCode'])(
    'update-failed and slow-update: %s',
    async (operation) => {
      await account.createFunction({ ...ORDERS, name: operation });
      const input = { FunctionName: operation };
      const send = () =>
        operation === 'UpdateFunctionCode'
          ? lambda.send(new UpdateFunctionCodeCommand({ ...input, ...Code }))
          : lambda.send(new UpdateFunctionConfigurationCommand({ ...input, Timeout: 9 }));
      const status = async () =>
        (await lambda.send(new GetFunctionCommand(input))).Configuration?.LastUpdateStatus;
      account.inject({ operation, kind: 'update-failed' });
      await send();
      expect(await status()).toBe('Failed');
      account.inject({ operation, kind: 'slow-update', polls: 1 });
      await send();
      expect([await status(), await status()]).toEqual(['InProgress', 'Successful']);
    },
  );

  test('slow-update and update-failed: a version that is published', async () => {
    const name = { FunctionName: 'publishing' };
    await account.createFunction({ ...ORDERS, name: 'publishing' });
    const publish = async () => {
      await lambda.send(new UpdateFunctionCodeCommand({ ...name, ...Code }));
      return (await lambda.send(new PublishVersionCommand(name))).Version;
    };
    const state = async (Qualifier?: string) =>
      (await lambda.send(new GetFunctionCommand({ ...name, Qualifier }))).Configuration?.State;
    account.inject({ operation: 'PublishVersion', kind: 'slow-update', polls: 1 });
    const slow = await publish();
    expect([await state(slow), await state(slow)]).toEqual(['Pending', 'Active']);
    account.inject({ operation: 'PublishVersion', kind: 'update-failed' });
    expect(await state(await publish())).toBe('Failed');
  });

  test('function-error: Invoke says so, and runs nothing', async () => {
    const name = 'invoked';
    await account.createFunction({ ...ORDERS, name });
    account.inject({ operation: 'Invoke', kind: 'function-error', reason: 'no stock' });
    const answer = await lambda.send(new InvokeCommand({ FunctionName: name }));
    expect(answer).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
    expect(JSON.parse(answer.Payload?.transformToString() ?? '')).toMatchObject({
      errorMessage: 'no stock',
    });
  });
});
