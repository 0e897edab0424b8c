/** Lambda's functions, lists, access and quota as AWS documents them. */

import {
  CreateFunctionCommand,
  GetAccountSettingsCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import type { Check } from './check.fixtures';
import { failure, idle, newFunction, sha256Base64, uniqueName, zipOf } from './check.fixtures';

const ZIP = zipOf('updated');

export const FUNCTION_CHECKS: readonly Check[] = [
  {
    name: 'A missing function is 404 ResourceNotFoundException',
    async run({ lambda }) {
      const FunctionName = uniqueName('missing');
      const get = await failure(lambda.send(new GetFunctionCommand({ FunctionName })));
      expect(get).toEqual({ name: 'ResourceNotFoundException', status: 404 });
      const write = new UpdateFunctionCodeCommand({ FunctionName, ZipFile: ZIP });
      expect(await failure(lambda.send(write))).toEqual(get);
    },
  },
  {
    name: 'A new function is Pending, then Active',
    async run(bench) {
      const input = { ...newFunctionInput(), Code: { ZipFile: ZIP } };
      const created = await bench.lambda.send(new CreateFunctionCommand(input));
      expect(created).toMatchObject({
        State: 'Pending',
        StateReasonCode: 'Creating',
        Version: '$LATEST',
      });
      const ready = await idle(bench, input.FunctionName);
      expect(ready).toMatchObject({
        State: 'Active',
        LastUpdateStatus: 'Successful',
        CodeSha256: sha256Base64(ZIP),
        CodeSize: ZIP.length,
        Architectures: ['x86_64'],
        Runtime: 'python3.12',
        Handler: 'handler.handler',
      });
    },
  },
  {
    name: 'Creating a function twice is 409 ResourceConflictException',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const input = { ...newFunctionInput(), FunctionName, Code: { ZipFile: ZIP } };
      const again = await failure(bench.lambda.send(new CreateFunctionCommand(input)));
      expect(again).toEqual({ name: 'ResourceConflictException', status: 409 });
    },
  },
  {
    name: 'UpdateFunctionConfiguration changes what it names and nothing else',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const input = { FunctionName, Timeout: 30, Environment: { Variables: { STAGE: 'test' } } };
      await bench.lambda.send(new UpdateFunctionConfigurationCommand(input));
      await idle(bench, FunctionName);
      await bench.lambda.send(
        new UpdateFunctionConfigurationCommand({ FunctionName, Handler: 'a.b' }),
      );
      await idle(bench, FunctionName);
      const command = new GetFunctionConfigurationCommand({ FunctionName });
      expect(await bench.lambda.send(command)).toMatchObject({
        Handler: 'a.b',
        Timeout: 30,
        Runtime: 'python3.12',
        Environment: { Variables: { STAGE: 'test' } },
        CodeSha256: sha256Base64(zipOf('initial')),
      });
    },
  },
  {
    name: 'UpdateFunctionConfiguration is InProgress, then Successful, and a write meanwhile is 409',
    needs: 'slow updates',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const configure = (Timeout: number) =>
        bench.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout }));
      expect((await configure(9)).LastUpdateStatus).toBe('InProgress');
      const code = new UpdateFunctionCodeCommand({ FunctionName, ZipFile: ZIP });
      const refused = { name: 'ResourceConflictException', status: 409 };
      expect(await failure(bench.lambda.send(code))).toEqual(refused);
      expect(await failure(configure(10))).toEqual(refused);
      expect(await idle(bench, FunctionName)).toMatchObject({
        LastUpdateStatus: 'Successful',
        Timeout: 9,
      });
    },
  },
  {
    name: 'UpdateFunctionConfiguration with a stale RevisionId is 412',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const RevisionId = (await idle(bench, FunctionName))?.RevisionId;
      const input = { FunctionName, RevisionId };
      await bench.lambda.send(new UpdateFunctionConfigurationCommand({ ...input, Timeout: 9 }));
      await idle(bench, FunctionName);
      const stale = new UpdateFunctionConfigurationCommand({ ...input, Timeout: 10 });
      expect(await failure(bench.lambda.send(stale))).toEqual({
        name: 'PreconditionFailedException',
        status: 412,
      });
    },
  },
  {
    name: 'A role that is no ARN of a role is 400 ValidationException',
    async run(bench) {
      const input = { ...newFunctionInput(), Role: 'orders', Code: { ZipFile: ZIP } };
      const refused = await failure(bench.lambda.send(new CreateFunctionCommand(input)));
      expect(refused).toEqual({ name: 'ValidationException', status: 400 });
    },
  },
  {
    name: 'A function may be named by its ARN',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const arn = (await idle(bench, FunctionName))?.FunctionArn;
      const command = new GetFunctionCommand({ FunctionName: arn });
      const { Configuration } = await bench.lambda.send(command);
      expect(Configuration?.FunctionName).toBe(FunctionName);
    },
  },
  {
    name: 'GetAccountSettings tells the limits of a package and of all code',
    async run({ lambda }) {
      const { AccountLimit } = await lambda.send(new GetAccountSettingsCommand({}));
      expect(AccountLimit).toMatchObject({
        CodeSizeUnzipped: 262_144_000,
        CodeSizeZipped: 52_428_800,
        TotalCodeSize: expect.any(Number),
      });
    },
  },
  {
    name: 'Lambda refuses unknown keys, wrong secrets and unsigned requests with 403',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const { endpoint, region, credentials } = bench;
      const as = (changed: object) => {
        const client = new LambdaClient({
          endpoint,
          region,
          credentials: { ...credentials, ...changed },
        });
        return failure(client.send(new GetFunctionCommand({ FunctionName })));
      };
      expect(await as({ accessKeyId: 'AKIANOBODYKNOWSTHIS1' })).toEqual({
        name: 'UnrecognizedClientException',
        status: 403,
      });
      expect(await as({ secretAccessKey: 'wrong' })).toEqual({
        name: 'InvalidSignatureException',
        status: 403,
      });
      const path = `/2015-03-31/functions/${FunctionName}`;
      expect((await fetch(`${endpoint}${path}`)).status).toBe(403);
    },
  },
  {
    name: 'More than 15 writes in a second are 429 TooManyRequestsException',
    needs: 'quota',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const { endpoint, region, credentials } = bench;
      const client = new LambdaClient({ endpoint, region, credentials, maxAttempts: 1 });
      const command = () => new GetFunctionConfigurationCommand({ FunctionName });
      const calls = Array.from({ length: 40 }, () =>
        client.send(command()).catch((e: unknown) => e),
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
  },
];

function newFunctionInput() {
  return {
    FunctionName: uniqueName('conformance'),
    Role: 'arn:aws:iam::000000000000:role/conformance',
    Runtime: 'python3.12',
    Handler: 'handler.handler',
  } as const;
}
