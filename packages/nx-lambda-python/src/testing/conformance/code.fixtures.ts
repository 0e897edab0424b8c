/** Function code and its updates as AWS documents them. */

import type { UpdateFunctionCodeCommandInput } from '@aws-sdk/client-lambda';
import type { Bench, Check } from './check.fixtures';
import {
  check,
  failure,
  idle,
  newBucket,
  newFunction,
  sha256Base64,
  uniqueName,
  zipOf,
} from './check.fixtures';
import { put } from './s3-objects.fixtures';

const ZIP = zipOf('updated');
const INVALID = '400 InvalidParameterValueException';
const CONFLICT = '409 ResourceConflictException';
const Key = 'package.zip';

type Source = Partial<UpdateFunctionCodeCommandInput>;

/** Each leaves the code as it was. */
const REFUSALS: readonly [
  what: string,
  refused: string,
  source: (bench: Bench) => Source | Promise<Source>,
][] = [
  ['Code in a missing bucket', INVALID, () => inBucket(uniqueName('missing'))],
  ['Code under a missing key', INVALID, async (bench) => inBucket(await newBucket(bench))],
  ['A broken zip', INVALID, () => ({ ZipFile: Buffer.from('not a zip') })],
  ['More than 250 MB unzipped', INVALID, () => ({ ZipFile: zipOf('big', 262_144_001) })],
  [
    'More than 50 MB in the request',
    '413 RequestEntityTooLargeException',
    () => ({ ZipFile: Buffer.concat([Buffer.alloc(53_000_000), ZIP]) }),
  ],
];

export const CODE_CHECKS: readonly Check[] = [
  check(
    'An update is InProgress, then Successful, and CodeSha256 is that of the zip',
    async (bench) => {
      const FunctionName = await newFunction(bench);
      const CodeSha256 = sha256Base64(ZIP);
      const answer = await update(bench, FunctionName);
      expect(answer).toMatchObject({ LastUpdateStatus: 'InProgress', CodeSha256 });
      const after = await idle(bench, FunctionName);
      expect(after).toMatchObject({ LastUpdateStatus: 'Successful', CodeSha256 });
    },
  ),
  check('Code comes from the named version of an object in S3', async (bench) => {
    const Bucket = await newBucket(bench, { versioning: true });
    const { VersionId } = await put(bench, Bucket, { Key, Body: ZIP });
    await put(bench, Bucket, { Key, Body: zipOf('newer') });
    const FunctionName = await newFunction(bench);
    const source = inBucket(Bucket);
    const old = await update(bench, FunctionName, { ...source, S3ObjectVersion: VersionId });
    expect(old.CodeSha256).toBe(sha256Base64(ZIP));
    await idle(bench, FunctionName);
    const current = await update(bench, FunctionName, source);
    expect(current.CodeSha256).toBe(sha256Base64(zipOf('newer')));
  }),
  check(
    'In REFERENCE mode GetFunction names the object; every update must ask for it',
    async (bench) => {
      const Bucket = await newBucket(bench, { versioning: true });
      const { VersionId } = await put(bench, Bucket, { Key, Body: ZIP });
      const FunctionName = await newFunction(bench);
      const source = { S3Bucket: Bucket, S3Key: Key, S3ObjectVersion: VersionId };
      const resolved = async (S3ObjectStorageMode?: 'REFERENCE') => {
        await update(bench, FunctionName, { ...source, ZipFile: undefined, S3ObjectStorageMode });
        await idle(bench, FunctionName);
        const { Code } = await bench.lambda.getFunction({ FunctionName });
        expect(Code?.Location === undefined).toBe(S3ObjectStorageMode === 'REFERENCE');
        return Code?.ResolvedS3Object;
      };
      expect(await resolved('REFERENCE')).toEqual(source);
      expect(await resolved()).toBeUndefined();
    },
  ),
  check(
    'GetFunction names the key of the code, which must be sent in every update',
    async (bench) => {
      const FunctionName = await newFunction(bench);
      const keyOf = async (SourceKMSKeyArn?: string) => {
        await update(bench, FunctionName, { SourceKMSKeyArn });
        await idle(bench, FunctionName);
        const { Code } = await bench.lambda.getFunction({ FunctionName });
        return Code?.SourceKMSKeyArn;
      };
      const key = 'arn:aws:kms:eu-west-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab';
      expect(await keyOf(key)).toBe(key);
      expect(await keyOf()).toBeUndefined();
    },
  ),
  ...REFUSALS.map(([what, refused, source]) =>
    check(`${what} is ${refused}`, async (bench) => {
      const FunctionName = await newFunction(bench);
      const sent = update(bench, FunctionName, await source(bench));
      expect(await failure(sent)).toBe(refused);
      const after = await idle(bench, FunctionName);
      expect(after?.CodeSha256).toBe(sha256Base64(zipOf('initial')));
    }),
  ),
  check(
    'A second update while one is InProgress is 409 ResourceConflictException',
    async (bench) => {
      const FunctionName = await newFunction(bench);
      const { lambda } = bench;
      await update(bench, FunctionName);
      const second = update(bench, FunctionName, { ZipFile: zipOf('second') });
      expect(await failure(second)).toBe(CONFLICT);
      const configured = lambda.updateFunctionConfiguration({ FunctionName, Timeout: 9 });
      expect(await failure(configured)).toBe(CONFLICT);
      expect(await failure(lambda.publishVersion({ FunctionName }))).toBe(CONFLICT);
    },
    'slow updates',
  ),
  check('DryRun answers with the new CodeSha256 and changes nothing', async (bench) => {
    const FunctionName = await newFunction(bench);
    const before = await idle(bench, FunctionName);
    const dry = await update(bench, FunctionName, { DryRun: true });
    expect(dry.CodeSha256).toBe(sha256Base64(ZIP));
    const after = await idle(bench, FunctionName);
    expect(after?.CodeSha256).toBe(before?.CodeSha256);
    expect(after?.RevisionId).toBe(before?.RevisionId);
  }),
  check('A stale RevisionId is 412 PreconditionFailedException', async (bench) => {
    const FunctionName = await newFunction(bench);
    const RevisionId = (await idle(bench, FunctionName))?.RevisionId;
    await update(bench, FunctionName, { RevisionId });
    await idle(bench, FunctionName);
    const stale = update(bench, FunctionName, { RevisionId });
    expect(await failure(stale)).toBe('412 PreconditionFailedException');
  }),
  check('The end of an update gives the function a new RevisionId', async (bench) => {
    const FunctionName = await newFunction(bench);
    const { RevisionId } = await update(bench, FunctionName);
    expect((await idle(bench, FunctionName))?.RevisionId).not.toBe(RevisionId);
  }),
  check('An update without Architectures makes the function x86_64', async (bench) => {
    const FunctionName = await newFunction(bench, { Architectures: ['arm64'] });
    const kept = await update(bench, FunctionName, { Architectures: ['arm64'] });
    expect(kept.Architectures).toEqual(['arm64']);
    await idle(bench, FunctionName);
    const reset = await update(bench, FunctionName);
    expect(reset.Architectures).toEqual(['x86_64']);
  }),
  check('The code’s Location gives the zip back', async (bench) => {
    const FunctionName = await newFunction(bench, { zip: ZIP });
    const { Code } = await bench.lambda.getFunction({ FunctionName });
    const response = await fetch(Code?.Location ?? '');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(ZIP);
  }),
];

function inBucket(S3Bucket: string): Source {
  return { S3Bucket, S3Key: Key, ZipFile: undefined };
}

function update({ lambda }: Bench, FunctionName: string, input: Source = {}) {
  return lambda.updateFunctionCode({ FunctionName, ZipFile: ZIP, ...input });
}
