/** What a conformance check is, and what all of them use. Runs on any server of S3 and Lambda. */

import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DurableConfig, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateFunctionCommand, GetFunctionCommand } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import { CreateBucketCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { smallZip } from '../seeding';

export interface Server {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

export interface Bench extends Server {
  s3: S3Client;
  lambda: LambdaClient;
}

/** AWS's quota of calls, or updates that take long; all other checks run without either. */
export type CheckNeeds = 'quota' | 'slow updates';

export interface Check {
  /** A sentence about AWS; the list of differences refers to it. */
  name: string;
  needs?: CheckNeeds;
  run(bench: Bench): Promise<void>;
}

export interface Failure {
  name: string;
  status: number | undefined;
}

/** What AWS said no with; a success is a value too, so that a check fails in `expect`. */
export async function failure(promise: Promise<unknown>): Promise<Failure> {
  try {
    await promise;
    return { name: 'none', status: 200 };
  } catch (error) {
    const { name, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    return { name, status: $metadata?.httpStatusCode };
  }
}

export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(6).toString('hex')}`;
}

export function sha256Base64(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64');
}

export async function newBucket({ s3 }: Bench, { versioning = false } = {}): Promise<string> {
  const Bucket = uniqueName('conformance');
  await s3.send(new CreateBucketCommand({ Bucket }));
  if (versioning) {
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  }
  return Bucket;
}

/** A function that is Active, with `zip` as its code. */
export async function newFunction(
  bench: Bench,
  {
    zip = zipOf('initial'),
    architecture = 'x86_64' as 'x86_64' | 'arm64',
    handler = 'handler.handler',
    durable = undefined as DurableConfig | undefined,
  } = {},
): Promise<string> {
  const FunctionName = uniqueName('conformance');
  await bench.lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Role: 'arn:aws:iam::000000000000:role/conformance',
      Runtime: 'python3.12',
      Handler: handler,
      Architectures: [architecture],
      Code: { ZipFile: zip },
      DurableConfig: durable,
    }),
  );
  await idle(bench, FunctionName);
  return FunctionName;
}

/** Waits until the function takes updates; gives its configuration then. */
export async function idle({ lambda }: Bench, FunctionName: string) {
  for (let tries = 0; tries < 200; tries += 1) {
    const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName }));
    const pending = Configuration?.State === 'Pending';
    if (!pending && Configuration?.LastUpdateStatus !== 'InProgress') return Configuration;
    await sleep(25);
  }
  throw new Error(`${FunctionName} did not become idle`);
}

/** A zip of one file, `handler.py`; `claimedSize` is what it says of its size once unpacked. */
export function zipOf(text: string, claimedSize?: number): Buffer {
  const source = `# ${text}\ndef handler(event, context):\n    return event\n`;
  return smallZip('handler.py', source, claimedSize);
}
