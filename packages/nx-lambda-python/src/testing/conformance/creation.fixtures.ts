/** CreateFunction and the account's code storage as AWS documents them. */

import { randomBytes } from 'node:crypto';
import type { CreateFunctionCommandInput, Runtime } from '@aws-sdk/client-lambda';
import {
  CreateFunctionCommand,
  GetAccountSettingsCommand,
  GetFunctionCommand,
  PublishVersionCommand,
} from '@aws-sdk/client-lambda';
import type { Bench, Check } from './check.fixtures';
import {
  failure,
  idle,
  newBucket,
  newFunction,
  sha256Base64,
  uniqueName,
  zipOf,
} from './check.fixtures';
import { put } from './s3.fixtures';

const ZIP = zipOf('created');
const INVALID = { name: 'InvalidParameterValueException', status: 400 };
const VALIDATION = { name: 'ValidationException', status: 400 };

export const CREATION_CHECKS: readonly Check[] = [
  {
    name: 'CreateFunction takes its code from a version in S3, and every setting that it is sent',
    async run(bench) {
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
      const FunctionName = uniqueName('conformance');
      const created = await create(bench, { FunctionName, Code, ...settings });
      expect(created).toMatchObject({ ...settings, CodeSha256: sha256Base64(ZIP) });
      expect(await idle(bench, FunctionName)).toMatchObject({
        ...settings,
        Runtime: 'python3.12',
        Handler: 'handler.handler',
        Role: 'arn:aws:iam::000000000000:role/conformance',
        CodeSha256: sha256Base64(ZIP),
      });
    },
  },
  {
    name: 'CreateFunction with Publish answers with version 1',
    async run(bench) {
      const FunctionName = uniqueName('conformance');
      const { Version } = await create(bench, { FunctionName, Publish: true });
      expect(Version).toBe('1');
      expect((await idle(bench, FunctionName))?.Version).toBe('$LATEST');
    },
  },
  {
    name: 'CreateFunction refuses a runtime that Lambda does not have: 400',
    async run(bench) {
      const Runtime = 'python-latest' as Runtime;
      expect(await refusal(bench, { Runtime })).toEqual(INVALID);
      expect(await refusal(bench, { Runtime: 'PYTHON3.12' as Runtime })).toEqual(INVALID);
    },
  },
  {
    name: 'CreateFunction refuses two architectures: 400 ValidationException',
    async run(bench) {
      expect(await refusal(bench, { Architectures: ['x86_64', 'arm64'] })).toEqual(VALIDATION);
    },
  },
  {
    name: 'CreateFunction refuses a memory size and a timeout out of bounds: 400',
    async run(bench) {
      expect(await refusal(bench, { MemorySize: 64 })).toEqual(VALIDATION);
      expect(await refusal(bench, { Timeout: 901 })).toEqual(VALIDATION);
    },
  },
  {
    name: 'CreateFunction refuses a broken zip: 400 InvalidParameterValueException',
    async run(bench) {
      const Code = { ZipFile: Buffer.from('this is no zip') };
      expect(await refusal(bench, { Code })).toEqual(INVALID);
    },
  },
  {
    name: 'CreateFunction refuses code that is not in S3: 400 InvalidParameterValueException',
    async run(bench) {
      const Code = { S3Bucket: await newBucket(bench), S3Key: 'missing.zip' };
      expect(await refusal(bench, { Code })).toEqual(INVALID);
    },
  },
  {
    name: 'A qualifier other than the one in the function’s ARN is 400',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const arn = (await idle(bench, FunctionName))?.FunctionArn;
      const get = new GetFunctionCommand({ FunctionName: `${arn}:1`, Qualifier: '2' });
      expect(await failure(bench.lambda.send(get))).toEqual(INVALID);
    },
  },
  {
    name: 'GetAccountSettings counts the code of every version',
    async run(bench) {
      const read = async () => {
        const settings = await bench.lambda.send(new GetAccountSettingsCommand({}));
        expect(settings.AccountLimit?.TotalCodeSize).toBeGreaterThanOrEqual(75 * 1024 ** 3);
        return settings.AccountUsage?.TotalCodeSize ?? NaN;
      };
      const before = await read();
      // Random, so that it stays large; the other checks store some kilobytes meanwhile.
      const FunctionName = await newFunction(bench, {
        zip: zipOf(randomBytes(1_000_000).toString('base64')),
      });
      const created = await read();
      expect(created - before).toBeGreaterThan(900_000);
      await bench.lambda.send(new PublishVersionCommand({ FunctionName }));
      expect((await read()) - created).toBeGreaterThan(900_000);
    },
  },
];

type Settings = Partial<CreateFunctionCommandInput>;

function create({ lambda }: Bench, settings: Settings) {
  return lambda.send(
    new CreateFunctionCommand({
      FunctionName: uniqueName('conformance'),
      Role: 'arn:aws:iam::000000000000:role/conformance',
      Runtime: 'python3.12',
      Handler: 'handler.handler',
      Code: { ZipFile: ZIP },
      ...settings,
    }),
  );
}

/** What CreateFunction said; nothing is there afterwards. */
async function refusal(bench: Bench, settings: Settings) {
  const FunctionName = uniqueName('refused');
  const refused = await failure(create(bench, { FunctionName, ...settings }));
  const get = new GetFunctionCommand({ FunctionName });
  expect((await failure(bench.lambda.send(get))).status).toBe(404);
  return refused;
}
