import {
  GetFunctionCommand,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Bench } from './clients.fixtures';
import { ORDERS, startBench, stoppedClock, stopBenches } from './clients.fixtures';
import type { Fault, FaultKind } from './faults';
import { FaultPlan } from './faults';
import type { Call } from './protocol';
import { placeholderZip } from './seeding';
import { sha256Base64, zipOf } from './conformance/check.fixtures';

afterEach(stopBenches);

const ZIP = zipOf('new');
const FunctionName = ORDERS.name;
const OBJECT = { Bucket: 'releases', Key: 'orders/package.zip' };

async function startWith(fault: Fault, options = {}, sdk = {}): Promise<Bench> {
  const bench = await startBench({ faults: [fault], updateMilliseconds: 0, ...options }, sdk);
  await bench.account.createFunction(ORDERS);
  await bench.account.createBucket('releases');
  return bench;
}

const update = ({ lambda }: Bench, signal?: AbortSignal) =>
  lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: ZIP }), {
    abortSignal: signal,
  });
const put = ({ s3 }: Bench) =>
  s3.send(new PutObjectCommand({ ...OBJECT, Body: ZIP, ChecksumSHA256: sha256Base64(ZIP) }));
const read = ({ lambda }: Bench) => lambda.send(new GetFunctionCommand({ FunctionName }));

describe('a fault that answers instead of the operation', () => {
  const LAMBDA: [FaultKind, string, number][] = [
    ['409', 'ResourceConflictException', 409],
    ['412', 'PreconditionFailedException', 412],
    ['429', 'TooManyRequestsException', 429],
    ['500', 'ServiceException', 500],
    ['503', 'ServiceUnavailableException', 503],
    ['passing-400', 'ThrottlingException', 400],
    ['clock-skew', 'InvalidSignatureException', 403],
    ['access-denied', 'AccessDeniedException', 403],
    ['expired-credentials', 'ExpiredTokenException', 403],
    ['invalid-parameter', 'InvalidParameterValueException', 400],
    ['code-storage-exceeded', 'CodeStorageExceededException', 400],
    ['s3-access-denied', 'AccessDeniedException', 403],
  ];
  test.each(LAMBDA)('%s is %s in Lambda, once, and changes nothing', async (kind, name, status) => {
    const bench = await startWith({ operation: 'UpdateFunctionCode', kind });
    const error = { name, $metadata: { httpStatusCode: status } };
    await expect(update(bench)).rejects.toMatchObject(error);
    expect(await bench.account.functionCode(FunctionName)).toEqual(placeholderZip());
    await expect(update(bench)).resolves.toHaveProperty('CodeSha256', sha256Base64(ZIP));
  });

  const S3: [FaultKind, string, number][] = [
    ['409', 'ConditionalRequestConflict', 409],
    ['412', 'PreconditionFailed', 412],
    ['429', 'SlowDown', 503],
    ['500', 'InternalError', 500],
    ['503', 'ServiceUnavailable', 503],
    ['passing-400', 'RequestTimeout', 400],
    ['clock-skew', 'RequestTimeTooSkewed', 403],
    ['access-denied', 'AccessDenied', 403],
    ['expired-credentials', 'ExpiredToken', 400],
    ['invalid-parameter', 'InvalidArgument', 400],
  ];
  test.each(S3)('%s is %s in S3, once, and stores nothing', async (kind, name, status) => {
    const bench = await startWith({ operation: 'PutObject', kind });
    const error = { name, $metadata: { httpStatusCode: status } };
    await expect(put(bench)).rejects.toMatchObject(error);
    const head = bench.s3.send(new HeadObjectCommand(OBJECT));
    await expect(head).rejects.toMatchObject({ name: 'NotFound' });
    await expect(put(bench)).resolves.toHaveProperty('ETag');
  });

  test('429 says when to come back', async () => {
    const fault = { operation: 'UpdateFunctionCode', kind: '429', retryAfterSeconds: 7 } as const;
    const bench = await startWith(fault);
    await expect(update(bench)).rejects.toMatchObject({
      retryAfterSeconds: '7',
      Reason: 'CallerRateLimitExceeded',
      Type: 'User',
    });
  });

  test('the SDK’s own retries get past it', async () => {
    const fault = { operation: 'UpdateFunctionCode', kind: '500' } as const;
    const bench = await startWith(fault, {}, { maxAttempts: 2 });
    await update(bench);
    expect(bench.account.requests.map(({ status }) => status)).toEqual([500, 200]);
  });
});

describe('a fault of the network', () => {
  test('reset closes the connection before anything happens', async () => {
    const bench = await startWith({ operation: 'UpdateFunctionCode', kind: 'reset' });
    await expect(update(bench)).rejects.toThrow(/ECONNRESET/);
    expect(await bench.account.functionCode(FunctionName)).toEqual(placeholderZip());
  });

  test('lost-response closes it after the operation has run', async () => {
    const bench = await startWith({ operation: 'UpdateFunctionCode', kind: 'lost-response' });
    await expect(update(bench)).rejects.toThrow(/ECONNRESET/);
    expect(await bench.account.functionCode(FunctionName)).toEqual(ZIP);
  });

  test('timeout leaves the client waiting', async () => {
    const bench = await startWith({ operation: 'UpdateFunctionCode', kind: 'timeout' });
    await expect(update(bench, AbortSignal.timeout(100))).rejects.toMatchObject({
      name: 'AbortError',
    });
    const call = { service: 'lambda', operation: 'UpdateFunctionCode', target: FunctionName };
    expect(bench.account.requests).toMatchObject([{ ...call, status: undefined }]);
    expect(await bench.account.functionCode(FunctionName)).toEqual(placeholderZip());
  });
});

describe('a fault of the outcome', () => {
  test('update-failed: accepted, then Failed, and the old code keeps running', async () => {
    const reason = { reason: 'No KMS access', reasonCode: 'KMSKeyAccessDenied' };
    const fault = { operation: 'UpdateFunctionCode', kind: 'update-failed', ...reason } as const;
    const bench = await startWith(fault);
    expect((await update(bench)).LastUpdateStatus).toBe('InProgress');
    expect((await read(bench)).Configuration).toMatchObject({
      State: 'Active',
      LastUpdateStatus: 'Failed',
      LastUpdateStatusReason: 'No KMS access',
      LastUpdateStatusReasonCode: 'KMSKeyAccessDenied',
    });
    expect(await bench.account.functionCode(FunctionName)).toEqual(placeholderZip());
    // A failed update does not block the next one.
    await update(bench);
    expect((await read(bench)).Configuration?.LastUpdateStatus).toBe('Successful');
  });

  test('slow-update: InProgress for that many reads, 409 for writes meanwhile', async () => {
    const fault = { operation: 'UpdateFunctionCode', kind: 'slow-update', polls: 2 } as const;
    const bench = await startWith(fault);
    await update(bench);
    const statuses = async (count: number) => {
      const seen: (string | undefined)[] = [];
      while (seen.length < count) seen.push((await read(bench)).Configuration?.LastUpdateStatus);
      return seen;
    };
    expect(await statuses(1)).toEqual(['InProgress']);
    const publish = bench.lambda.send(new PublishVersionCommand({ FunctionName }));
    await expect(publish).rejects.toMatchObject({ name: 'ResourceConflictException' });
    expect(await statuses(2)).toEqual(['InProgress', 'Successful']);
  });

  test('wrong-checksum: Lambda names another CodeSha256 than that of the code', async () => {
    const bench = await startWith({ operation: 'GetFunction', kind: 'wrong-checksum' });
    const { Configuration } = await read(bench);
    expect(Configuration?.CodeSha256).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(Configuration?.CodeSha256).not.toBe(sha256Base64(placeholderZip()));
    expect((await read(bench)).Configuration?.CodeSha256).toBe(sha256Base64(placeholderZip()));
  });

  test('wrong-checksum: S3 names another SHA-256, which the SDK notices in GetObject', async () => {
    const bench = await startWith({
      operation: '*',
      target: `releases/${OBJECT.Key}`,
      nth: 2,
      times: 2,
      kind: 'wrong-checksum',
    });
    await put(bench);
    const head = new HeadObjectCommand({ ...OBJECT, ChecksumMode: 'ENABLED' });
    expect((await bench.s3.send(head)).ChecksumSHA256).not.toBe(sha256Base64(ZIP));
    const { Body } = await bench.s3.send(new GetObjectCommand(OBJECT));
    await expect(Body?.transformToByteArray()).rejects.toThrow(/checksum/i);
  });
});

describe('which call a fault hits', () => {
  const call = (operation: string, target: string): Call => ({
    service: 'lambda',
    operation,
    target,
    run: () => {
      throw new Error('not run here');
    },
  });
  const hits = (plan: FaultPlan, ...calls: Call[]) => calls.map((one) => plan.next(one)?.kind);

  test('the nth that matches, and so many in a row', () => {
    const plan = new FaultPlan();
    plan.add({ operation: 'GetFunction', target: 'b', nth: 2, times: 2, kind: '500' });
    const a = call('GetFunction', 'a');
    const b = call('GetFunction', 'b');
    const other = call('PublishVersion', 'b');
    expect(hits(plan, a, b, other, a, b, b, b)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      '500',
      '500',
      undefined,
    ]);
  });

  test('with lasting: every call of any operation from its first hit on', () => {
    const plan = new FaultPlan();
    const fault = { operation: 'A', target: 'x', nth: 2, lasting: true, kind: 'reset' } as const;
    plan.add(fault);
    const [a, b] = [call('A', 'x'), call('B', 'y')];
    expect(hits(plan, b, a, b, a, b, a)).toEqual([
      undefined,
      undefined,
      undefined,
      'reset',
      'reset',
      'reset',
    ]);
  });

  test('every one with times: Infinity, of any operation with *', () => {
    const plan = new FaultPlan();
    plan.add({ operation: '*', times: Infinity, kind: 'access-denied' });
    expect(hits(plan, call('A', 'x'), call('B', 'y'))).toEqual(['access-denied', 'access-denied']);
  });

  test('injected later, it counts from then on', async () => {
    const { account, lambda } = await startBench();
    await account.createFunction(ORDERS);
    const get = () => lambda.send(new GetFunctionCommand({ FunctionName }));
    await get();
    account.inject({ operation: 'GetFunction', kind: 'expired-credentials' });
    await expect(get()).rejects.toMatchObject({ name: 'ExpiredTokenException' });
  });

  test('a refused call takes nothing from the quota, a throttled one is counted by the fault', async () => {
    const clock = stoppedClock();
    const fault = { operation: 'UpdateFunctionCode', nth: 3, kind: '409' } as const;
    const quota = { writesPerSecond: 1, readsPerSecond: 1 };
    const bench = await startWith(fault, { now: clock.now, quota });
    await update(bench);
    await expect(update(bench)).rejects.toMatchObject({ name: 'TooManyRequestsException' });
    clock.pass(1000);
    await expect(update(bench)).rejects.toMatchObject({ name: 'ResourceConflictException' });
    await update(bench);
  });
});
