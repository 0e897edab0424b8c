/** Every fault, in every operation that a release uses, and which call it hits. */

import type { Lambda } from '@aws-sdk/client-lambda';
import type { S3 } from '@aws-sdk/client-s3';
import type { Bench } from '../clients.fixtures';
import { ORDERS, startBench, stoppedClock, stopBenches } from '../clients.fixtures';
import { failure, sha256Base64, zipOf } from '../conformance/check.fixtures';
import type { Fault, FaultKind, CallSubject } from './faults';
import { FaultPlan } from './faults';
import { placeholderZip } from '../seeding';

const ZIP = zipOf('new');
const FunctionName = ORDERS.name;
const Bucket = 'releases';
const OBJECT = { Bucket, Key: 'orders/package.zip' };
const Code = { ZipFile: ZIP };
const NEW_FUNCTION = {
  Runtime: 'python3.13',
  Handler: 'a.b',
  Role: 'arn:aws:iam::000000000000:role/orders',
  Code,
} as const;

const ALIAS = { FunctionName, Name: 'live', FunctionVersion: '1' };
const LAYER = { LayerName: 'shared', VersionNumber: 1 };
const LAMBDA: Record<string, (lambda: Lambda) => Promise<unknown>> = {
  GetFunction: (c) => c.getFunction({ FunctionName }),
  GetFunctionConfiguration: (c) => c.getFunctionConfiguration({ FunctionName }),
  GetAccountSettings: (c) => c.getAccountSettings(),
  UpdateFunctionConfiguration: (c) => c.updateFunctionConfiguration({ FunctionName, Timeout: 9 }),
  UpdateFunctionCode: (c) => c.updateFunctionCode({ FunctionName, ...Code }),
  PublishVersion: (c) => c.publishVersion({ FunctionName }),
  ListVersionsByFunction: (c) => c.listVersionsByFunction({ FunctionName }),
  CreateAlias: (c) => c.createAlias(ALIAS),
  UpdateAlias: (c) => c.updateAlias(ALIAS),
  GetAlias: (c) => c.getAlias(ALIAS),
  ListAliases: (c) => c.listAliases({ FunctionName }),
  PublishLayerVersion: (c) => c.publishLayerVersion({ LayerName: 'shared', Content: Code }),
  GetLayerVersion: (c) => c.getLayerVersion(LAYER),
  Invoke: (c) => c.invoke({ FunctionName, InvocationType: 'DryRun' }),
  CreateFunction: (c) => c.createFunction({ FunctionName: 'new', ...NEW_FUNCTION }),
  DeleteFunction: (c) => c.deleteFunction({ FunctionName }),
};

const UPLOAD = { ...OBJECT, UploadId: 'any' };
const PART = { ...UPLOAD, PartNumber: 1 };
const CopySource = `${Bucket}/${OBJECT.Key}`;
const STORAGE: Record<string, (s3: S3) => Promise<unknown>> = {
  HeadBucket: (c) => c.headBucket({ Bucket }),
  PutObject: (c) => c.putObject({ ...OBJECT, Body: 'x' }),
  HeadObject: (c) => c.headObject(OBJECT),
  GetObject: (c) => c.getObject(OBJECT),
  ListObjectsV2: (c) => c.listObjectsV2({ Bucket }),
  DeleteObject: (c) => c.deleteObject(OBJECT),
  CreateMultipartUpload: (c) => c.createMultipartUpload(OBJECT),
  UploadPart: (c) => c.uploadPart({ ...PART, Body: 'x' }),
  UploadPartCopy: (c) => c.uploadPartCopy({ ...PART, CopySource }),
  CompleteMultipartUpload: (c) => c.completeMultipartUpload(UPLOAD),
  AbortMultipartUpload: (c) => c.abortMultipartUpload(UPLOAD),
};

const ANSWERS: [FaultKind, lambda: string, s3?: string][] = [
  ['409', '409 ResourceConflictException', '409 ConditionalRequestConflict'],
  ['412', '412 PreconditionFailedException', '412 PreconditionFailed'],
  ['429', '429 TooManyRequestsException', '503 SlowDown'],
  ['500', '500 ServiceException', '500 InternalError'],
  ['503', '503 ServiceUnavailableException', '503 ServiceUnavailable'],
  ['passing-400', '400 ThrottlingException', '400 RequestTimeout'],
  ['clock-skew', '403 InvalidSignatureException', '403 RequestTimeTooSkewed'],
  ['expired-credentials', '403 ExpiredTokenException', '400 ExpiredToken'],
  ['access-denied', '403 AccessDeniedException', '403 AccessDenied'],
  ['invalid-parameter', '400 InvalidParameterValueException', '400 InvalidArgument'],
  ['code-storage-exceeded', '400 CodeStorageExceededException'],
  ['s3-access-denied', '403 AccessDeniedException'],
];

let bench: Bench;
beforeEach(async () => {
  const quota = { writesPerSecond: 1e6, readsPerSecond: 1e6 };
  bench = await startBench({ updateMilliseconds: 0, quota });
  await bench.account.createBucket(Bucket);
  await bench.account.createFunction(ORDERS);
});
afterEach(stopBenches);

const update = (signal?: AbortSignal) =>
  bench.lambda.updateFunctionCode({ FunctionName, ...Code }, { abortSignal: signal });
const put = () => bench.s3.putObject({ ...OBJECT, Body: ZIP, ChecksumSHA256: sha256Base64(ZIP) });
const read = async (name: string = FunctionName, Qualifier?: string) =>
  (await bench.lambda.getFunction({ FunctionName: name, Qualifier })).Configuration;

describe('every kind of fault that answers, or cuts the connection', () => {
  const sends = async (
    operation: string,
    send: () => Promise<unknown>,
    service: 'lambda' | 's3',
  ) => {
    const { account } = bench;
    for (const [kind, inLambda, inS3] of ANSWERS) {
      const expected = service === 'lambda' ? inLambda : inS3;
      if (expected === undefined) continue;
      account.inject({ operation, kind });
      const [status = '', name] = (await failure(send())).split(' ');
      // An answer to HEAD has no body, hence no name, as on AWS.
      const isNamed = !operation.startsWith('Head');
      expect([kind, isNamed ? `${status} ${name}` : status]).toEqual([
        kind,
        isNamed ? expected : expected.slice(0, 3),
      ]);
      expect(account.requests.at(-1)).toMatchObject({ operation, status: Number(status) });
    }
    for (const kind of ['reset', 'lost-response'] as const) {
      account.inject({ operation, kind });
      expect(await failure(send())).toMatch(/^no answer/);
    }
    account.inject({ operation, kind: 'timeout' });
    const before = account.requests.length;
    void send().catch(() => undefined);
    while (account.requests.length === before) await new Promise(setImmediate);
    expect(account.requests.at(-1)).toMatchObject({ operation, status: undefined });
  };

  test.each(Object.entries(LAMBDA))('%s of Lambda', async (operation, send) => {
    await bench.lambda.publishVersion({ FunctionName });
    await sends(operation, () => send(bench.lambda), 'lambda');
  });

  test.each(Object.entries(STORAGE))('%s of S3', (operation, send) =>
    sends(operation, () => send(bench.s3), 's3'),
  );

  const kinds = ANSWERS.map(([kind, , inS3]) => ({ kind, inS3 }));
  test.each(kinds)('$kind hits once and changes nothing', async ({ kind, inS3 }) => {
    bench.account.inject({ operation: 'UpdateFunctionCode', kind });
    await expect(update()).rejects.toThrow();
    expect(await bench.account.functionCode(FunctionName)).toEqual(placeholderZip());
    expect(await update()).toHaveProperty('CodeSha256', sha256Base64(ZIP));
    if (inS3 === undefined) return;
    bench.account.inject({ operation: 'PutObject', kind });
    await expect(put()).rejects.toThrow();
    expect(await failure(bench.s3.headObject(OBJECT))).toBe('404 NotFound');
    await put();
  });

  test('429 says when to come back', async () => {
    bench.account.inject({ operation: 'UpdateFunctionCode', kind: '429', retryAfterSeconds: 7 });
    const said = { retryAfterSeconds: '7', Reason: 'CallerRateLimitExceeded', Type: 'User' };
    await expect(update()).rejects.toMatchObject(said);
  });

  test('the SDK’s own retries get past it', async () => {
    const faults = [{ operation: 'UpdateFunctionCode', kind: '500' } as const];
    bench = await startBench({ faults }, { maxAttempts: 2 });
    await bench.account.createFunction(ORDERS);
    await update();
    expect(bench.account.requests.map(({ status }) => status)).toEqual([500, 200]);
  });
});

describe('a fault of the network', () => {
  test.each([
    ['reset', 'before anything happens', placeholderZip()],
    ['lost-response', 'after the operation has run', ZIP],
  ] as const)('%s closes the connection %s', async (kind, _, code) => {
    bench.account.inject({ operation: 'UpdateFunctionCode', kind });
    await expect(update()).rejects.toThrow(/ECONNRESET/);
    expect(await bench.account.functionCode(FunctionName)).toEqual(code);
  });

  test('timeout leaves the client waiting, and nothing happens', async () => {
    bench.account.inject({ operation: 'UpdateFunctionCode', kind: 'timeout' });
    await expect(update(AbortSignal.timeout(100))).rejects.toMatchObject({ name: 'AbortError' });
    const call = { service: 'lambda', operation: 'UpdateFunctionCode', target: FunctionName };
    expect(bench.account.requests).toMatchObject([{ ...call, status: undefined }]);
    expect(await bench.account.functionCode(FunctionName)).toEqual(placeholderZip());
  });
});

describe('a fault of the outcome', () => {
  test('update-failed: accepted, then Failed, and the old code keeps running', async () => {
    const reason = { reason: 'No KMS access', reasonCode: 'KMSKeyAccessDenied' };
    bench.account.inject({ operation: 'UpdateFunctionCode', kind: 'update-failed', ...reason });
    expect((await update()).LastUpdateStatus).toBe('InProgress');
    expect(await read()).toMatchObject({
      State: 'Active',
      LastUpdateStatus: 'Failed',
      LastUpdateStatusReason: 'No KMS access',
      LastUpdateStatusReasonCode: 'KMSKeyAccessDenied',
    });
    expect(await bench.account.functionCode(FunctionName)).toEqual(placeholderZip());
    // A failed update does not block the next one.
    await update();
    expect((await read())?.LastUpdateStatus).toBe('Successful');
  });

  test('update-failed: a new function is Failed, and can be updated', async () => {
    const name = { FunctionName: 'failing' };
    bench.account.inject({ operation: 'CreateFunction', kind: 'update-failed', reason: 'no' });
    await bench.lambda.createFunction({ ...name, ...NEW_FUNCTION });
    expect(await read('failing')).toMatchObject({ State: 'Failed', StateReason: 'no' });
    await bench.lambda.updateFunctionCode({ ...name, ...Code });
    expect((await read('failing'))?.State).toBe('Active');
  });

  test('slow-update: InProgress for that many reads, 409 for writes meanwhile', async () => {
    bench.account.inject({ operation: 'UpdateFunctionCode', kind: 'slow-update', polls: 2 });
    await update();
    const status = async () => (await read())?.LastUpdateStatus;
    expect(await status()).toBe('InProgress');
    const published = bench.lambda.publishVersion({ FunctionName });
    expect(await failure(published)).toBe('409 ResourceConflictException');
    expect([await status(), await status()]).toEqual(['InProgress', 'Successful']);
  });

  test('update-failed and slow-update: UpdateFunctionConfiguration', async () => {
    const configure = () => bench.lambda.updateFunctionConfiguration({ FunctionName, Timeout: 9 });
    const status = async () => (await read())?.LastUpdateStatus;
    const operation = 'UpdateFunctionConfiguration';
    bench.account.inject({ operation, kind: 'update-failed' });
    await configure();
    expect(await status()).toBe('Failed');
    bench.account.inject({ operation, kind: 'slow-update', polls: 1 });
    await configure();
    expect([await status(), await status()]).toEqual(['InProgress', 'Successful']);
  });

  test('update-failed and slow-update: a version that is published', async () => {
    const publish = async () => {
      await update();
      return (await bench.lambda.publishVersion({ FunctionName })).Version;
    };
    const state = async (Qualifier?: string) => (await read(FunctionName, Qualifier))?.State;
    bench.account.inject({ operation: 'PublishVersion', kind: 'slow-update', polls: 1 });
    const slow = await publish();
    expect([await state(slow), await state(slow)]).toEqual(['Pending', 'Active']);
    bench.account.inject({ operation: 'PublishVersion', kind: 'update-failed' });
    expect(await state(await publish())).toBe('Failed');
  });

  test('wrong-checksum: Lambda names another CodeSha256 than that of the code', async () => {
    bench.account.inject({ operation: 'GetFunction', kind: 'wrong-checksum' });
    const wrong = await read();
    expect(wrong?.CodeSha256).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(wrong?.CodeSha256).not.toBe(sha256Base64(placeholderZip()));
    expect((await read())?.CodeSha256).toBe(sha256Base64(placeholderZip()));
  });

  test('wrong-checksum: S3 names another SHA-256, which the SDK notices in GetObject', async () => {
    await put();
    const target = `${Bucket}/${OBJECT.Key}`;
    bench.account.inject({ operation: '*', target, times: 2, kind: 'wrong-checksum' });
    const head = await bench.s3.headObject({ ...OBJECT, ChecksumMode: 'ENABLED' });
    expect(head.ChecksumSHA256).not.toBe(sha256Base64(ZIP));
    const { Body } = await bench.s3.getObject(OBJECT);
    await expect(Body?.transformToByteArray()).rejects.toThrow(/checksum/i);
  });

  test('function-error: Invoke says so, and runs nothing', async () => {
    bench.account.inject({ operation: 'Invoke', kind: 'function-error', reason: 'no stock' });
    const answer = await bench.lambda.invoke({ FunctionName });
    expect(answer).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
    const payload: unknown = JSON.parse(answer.Payload?.transformToString() ?? '');
    expect(payload).toMatchObject({ errorMessage: 'no stock' });
  });
});

describe('which call a fault hits', () => {
  /** Calls as `operation target`, and what hits each: `-` for nothing. */
  const hits = (fault: Fault, ...calls: string[]) => {
    const plan = new FaultPlan();
    plan.add(fault);
    return calls.map((call) => {
      const [operation = '', target = ''] = call.split(' ');
      const one: CallSubject = { service: 'lambda', operation, target };
      return plan.next(one)?.kind ?? '-';
    });
  };

  test('the nth that matches, and so many in a row', () => {
    const fault = { operation: 'Get', target: 'b', nth: 2, times: 2, kind: '500' } as const;
    const calls = ['Get a', 'Get b', 'Publish b', 'Get a', 'Get b', 'Get b', 'Get b'];
    expect(hits(fault, ...calls)).toEqual(['-', '-', '-', '-', '500', '500', '-']);
  });

  test('with lasting: every call of any operation from its first hit on', () => {
    const fault = { operation: 'A', target: 'x', nth: 2, lasting: true, kind: 'reset' } as const;
    const calls = ['B y', 'A x', 'B y', 'A x', 'B y', 'A x'];
    expect(hits(fault, ...calls)).toEqual(['-', '-', '-', 'reset', 'reset', 'reset']);
  });

  test('every one with times: Infinity, of any operation with *', () => {
    const fault = { operation: '*', times: Infinity, kind: 'access-denied' } as const;
    expect(hits(fault, 'A x', 'B y')).toEqual(['access-denied', 'access-denied']);
  });

  test('injected later, it counts from then on; healed, it hits no more', async () => {
    await read();
    bench.account.inject({ operation: 'GetFunction', times: 9, kind: 'expired-credentials' });
    await expect(read()).rejects.toMatchObject({ name: 'ExpiredTokenException' });
    bench.account.heal();
    await read();
  });

  test('a refused call takes nothing from the quota, a throttled one is counted by the fault', async () => {
    const clock = stoppedClock();
    const faults = [{ operation: 'UpdateFunctionCode', nth: 3, kind: '409' } as const];
    const quota = { writesPerSecond: 1, readsPerSecond: 1 };
    bench = await startBench({ faults, now: clock.now, quota, updateMilliseconds: 0 });
    await bench.account.createFunction(ORDERS);
    await update();
    expect(await failure(update())).toBe('429 TooManyRequestsException');
    clock.pass(1000);
    expect(await failure(update())).toBe('409 ResourceConflictException');
    await update();
  });
});
