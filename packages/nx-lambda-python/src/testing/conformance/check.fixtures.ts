/** What a conformance check is, and what all of them use. Runs on any server of S3 and Lambda. */

import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CreateFunctionCommandInput, Lambda } from '@aws-sdk/client-lambda';
import type { S3 } from '@aws-sdk/client-s3';
import { smallZip } from '../seeding';

export interface Server {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

export interface Bench extends Server {
  s3: S3;
  lambda: Lambda;
}

/** AWS's quota of calls, or updates that take long; all other checks run without either. */
export type CheckNeeds = 'quota' | 'slow updates';

export interface Check {
  /** A sentence about AWS; the list of differences refers to it. */
  name: string;
  needs?: CheckNeeds;
  run(bench: Bench): Promise<void>;
}

/** A check of AWS's behaviour, by the sentence that it is. */
export function check(name: string, run: Check['run'], needs?: CheckNeeds): Check {
  return needs === undefined ? { name, run } : { name, run, needs };
}

/** A check that a call is refused: `404 NoSuchKey`. */
export function refusal(
  name: string,
  refused: string,
  send: (bench: Bench) => Promise<unknown>,
): Check {
  return check(name, async (bench) => expect(await failure(send(bench))).toBe(refused));
}

/** `404 NoSuchKey`, as AWS refused; `none` for a success, so that a check fails in `expect`. */
export async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    const { name, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    return `${$metadata?.httpStatusCode ?? 'no answer:'} ${name}`;
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
  await s3.createBucket({ Bucket });
  if (versioning) {
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await s3.putBucketVersioning({ Bucket, VersioningConfiguration });
  }
  return Bucket;
}

/** A function of Python 3.12, as CreateFunction answers. */
export function create({ lambda }: Bench, settings: Partial<CreateFunctionCommandInput> = {}) {
  return lambda.createFunction({
    FunctionName: uniqueName('conformance'),
    Role: 'arn:aws:iam::000000000000:role/conformance',
    Runtime: 'python3.12',
    Handler: 'handler.handler',
    Code: { ZipFile: zipOf('initial') },
    ...settings,
  });
}

/** The name of a function that is Active, with `zip` as its code. */
export async function newFunction(
  bench: Bench,
  {
    zip = zipOf('initial'),
    ...settings
  }: Partial<CreateFunctionCommandInput> & { zip?: Buffer } = {},
): Promise<string> {
  const { FunctionName = '' } = await create(bench, { Code: { ZipFile: zip }, ...settings });
  await idle(bench, FunctionName);
  return FunctionName;
}

/** Waits until the function takes updates; gives its configuration then. */
export async function idle({ lambda }: Bench, FunctionName: string) {
  for (let tries = 0; tries < 200; tries += 1) {
    const { Configuration } = await lambda.getFunction({ FunctionName });
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
