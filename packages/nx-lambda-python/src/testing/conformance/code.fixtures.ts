/** Lambda's function code and its updates as AWS documents them. */

import {
  GetFunctionCommand,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { PutObjectCommand } from '@aws-sdk/client-s3';
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

const ZIP = zipOf('updated');

export const CODE_CHECKS: readonly Check[] = [
  {
    name: 'An update is InProgress, then Successful, and CodeSha256 is that of the zip',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const answer = await update(bench, FunctionName);
      expect(answer.LastUpdateStatus).toBe('InProgress');
      expect(answer.CodeSha256).toBe(sha256Base64(ZIP));
      const after = await idle(bench, FunctionName);
      expect(after).toMatchObject({
        LastUpdateStatus: 'Successful',
        CodeSha256: sha256Base64(ZIP),
      });
    },
  },
  {
    name: 'Code comes from the named version of an object in S3',
    async run(bench) {
      const Bucket = await newBucket(bench, { versioning: true });
      const Key = 'package.zip';
      const { VersionId } = await bench.s3.send(new PutObjectCommand({ Bucket, Key, Body: ZIP }));
      await bench.s3.send(new PutObjectCommand({ Bucket, Key, Body: zipOf('newer') }));
      const FunctionName = await newFunction(bench);
      const source = { S3Bucket: Bucket, S3Key: Key, ZipFile: undefined };
      const old = await update(bench, FunctionName, { ...source, S3ObjectVersion: VersionId });
      expect(old.CodeSha256).toBe(sha256Base64(ZIP));
      await idle(bench, FunctionName);
      const current = await update(bench, FunctionName, source);
      expect(current.CodeSha256).toBe(sha256Base64(zipOf('newer')));
    },
  },
  {
    name: 'In REFERENCE mode GetFunction names the object; it must be asked for in every update',
    async run(bench) {
      const Bucket = await newBucket(bench, { versioning: true });
      const Key = 'package.zip';
      const { VersionId } = await bench.s3.send(new PutObjectCommand({ Bucket, Key, Body: ZIP }));
      const FunctionName = await newFunction(bench);
      const source = { S3Bucket: Bucket, S3Key: Key, S3ObjectVersion: VersionId };
      const resolved = async (S3ObjectStorageMode?: 'REFERENCE') => {
        await update(bench, FunctionName, { ...source, ZipFile: undefined, S3ObjectStorageMode });
        await idle(bench, FunctionName);
        const { Code } = await bench.lambda.send(new GetFunctionCommand({ FunctionName }));
        expect(Code?.Location === undefined).toBe(S3ObjectStorageMode === 'REFERENCE');
        return Code?.ResolvedS3Object;
      };
      expect(await resolved('REFERENCE')).toEqual(source);
      expect(await resolved()).toBeUndefined();
    },
  },
  {
    name: 'GetFunction names the key of the code, which must be sent in every update',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const keyOf = async (SourceKMSKeyArn?: string) => {
        await update(bench, FunctionName, { SourceKMSKeyArn });
        await idle(bench, FunctionName);
        const { Code } = await bench.lambda.send(new GetFunctionCommand({ FunctionName }));
        return Code?.SourceKMSKeyArn;
      };
      const key = 'arn:aws:kms:eu-west-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab';
      expect(await keyOf(key)).toBe(key);
      expect(await keyOf()).toBeUndefined();
    },
  },
  {
    name: 'Code that is not in S3 is 400 InvalidParameterValueException',
    async run(bench) {
      const Bucket = await newBucket(bench);
      const FunctionName = await newFunction(bench);
      for (const S3Bucket of [Bucket, uniqueName('missing')]) {
        const source = { S3Bucket, S3Key: 'missing.zip', ZipFile: undefined };
        const refused = await failure(update(bench, FunctionName, source));
        expect(refused).toEqual({ name: 'InvalidParameterValueException', status: 400 });
      }
    },
  },
  {
    name: 'A second update while one is InProgress is 409 ResourceConflictException',
    needs: 'slow updates',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      await update(bench, FunctionName);
      const second = await failure(update(bench, FunctionName, { ZipFile: zipOf('second') }));
      expect(second).toEqual({ name: 'ResourceConflictException', status: 409 });
      const configure = new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 9 });
      expect((await failure(bench.lambda.send(configure))).status).toBe(409);
      const publish = new PublishVersionCommand({ FunctionName });
      expect((await failure(bench.lambda.send(publish))).status).toBe(409);
    },
  },
  {
    name: 'DryRun answers with the new CodeSha256 and changes nothing',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const before = await idle(bench, FunctionName);
      const dry = await update(bench, FunctionName, { DryRun: true });
      expect(dry.CodeSha256).toBe(sha256Base64(ZIP));
      const after = await idle(bench, FunctionName);
      expect(after?.CodeSha256).toBe(before?.CodeSha256);
      expect(after?.RevisionId).toBe(before?.RevisionId);
    },
  },
  {
    name: 'A stale RevisionId is 412 PreconditionFailedException',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const before = await idle(bench, FunctionName);
      await update(bench, FunctionName, { RevisionId: before?.RevisionId });
      await idle(bench, FunctionName);
      const stale = await failure(update(bench, FunctionName, { RevisionId: before?.RevisionId }));
      expect(stale).toEqual({ name: 'PreconditionFailedException', status: 412 });
    },
  },
  {
    name: 'The end of an update gives the function a new RevisionId',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const { RevisionId } = await update(bench, FunctionName);
      const after = await idle(bench, FunctionName);
      expect(after?.RevisionId).not.toBe(RevisionId);
    },
  },
  {
    name: 'An update without Architectures makes the function x86_64',
    async run(bench) {
      const FunctionName = await newFunction(bench, { architecture: 'arm64' });
      const kept = await update(bench, FunctionName, { Architectures: ['arm64'] });
      expect(kept.Architectures).toEqual(['arm64']);
      await idle(bench, FunctionName);
      const reset = await update(bench, FunctionName);
      expect(reset.Architectures).toEqual(['x86_64']);
    },
  },
  {
    name: 'A broken zip is 400 InvalidParameterValueException',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const ZipFile = Buffer.from('this is no zip');
      const refused = await failure(update(bench, FunctionName, { ZipFile }));
      expect(refused).toEqual({ name: 'InvalidParameterValueException', status: 400 });
      expect((await idle(bench, FunctionName))?.CodeSha256).toBe(sha256Base64(zipOf('initial')));
    },
  },
  {
    name: 'More than 250 MB unzipped is 400 InvalidParameterValueException',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const refused = await failure(
        update(bench, FunctionName, { ZipFile: zipOf('big', 262_144_001) }),
      );
      expect(refused).toEqual({ name: 'InvalidParameterValueException', status: 400 });
    },
  },
  {
    name: 'More than 50 MB in the request is 413 RequestEntityTooLargeException',
    async run(bench) {
      const FunctionName = await newFunction(bench);
      const ZipFile = Buffer.concat([Buffer.alloc(53_000_000), ZIP]);
      const refused = await failure(update(bench, FunctionName, { ZipFile }));
      expect(refused).toEqual({ name: 'RequestEntityTooLargeException', status: 413 });
    },
  },
  {
    name: 'The code’s Location gives the zip back',
    async run(bench) {
      const FunctionName = await newFunction(bench, { zip: ZIP });
      const { Code } = await bench.lambda.send(new GetFunctionCommand({ FunctionName }));
      const response = await fetch(Code?.Location ?? '');
      expect(Buffer.from(await response.arrayBuffer())).toEqual(ZIP);
    },
  },
];

function update(
  { lambda }: Bench,
  FunctionName: string,
  input: Partial<ConstructorParameters<typeof UpdateFunctionCodeCommand>[0]> = {},
) {
  return lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: ZIP, ...input }));
}
