import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSimulatedAccount, type SimulatedAccount } from '../testing';
import upload from './upload';
import {
  capturePrinted,
  createFunctions,
  isolateEnvironment,
  restoreEnvironment,
  TestWorkspace,
  writes,
} from '../releasing/workspace.fixtures';
import deploy from './deploy';
import type { DeployExecutorSchema } from '../schemas/deploy';

const HANDLERS = ['cancel', 'create', 'refund'];

describe('the deploy executor', () => {
  let account: SimulatedAccount;
  let workspace: TestWorkspace;
  let printed: () => string;

  beforeEach(async () => {
    account = await startSimulatedAccount({ region: 'eu-west-1', updateMilliseconds: 20 });
    await account.createBucket('packages', { versioning: true });
    workspace = new TestWorkspace();
    isolateEnvironment(account);
    printed = capturePrinted();
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    restoreEnvironment();
    workspace.remove();
    await account.stop();
  });

  const run = (options: DeployExecutorSchema = {}, configuration?: string) =>
    deploy(options, workspace.context('deploy', configuration));

  async function prepare(handlers = HANDLERS, existing = handlers) {
    workspace.build(handlers);
    await createFunctions(account, existing);
    expect(await upload({ bucket: 'packages' }, workspace.context('upload'))).toEqual({
      success: true,
    });
    printed();
  }

  const updates = () => writes(account).filter((one) => one === 'UpdateFunctionCode').length;
  const code = async (handler: string) =>
    (await account.readFunction(`svc-${handler}`))?.codeSha256;

  it('updates every function, reports each, and has nothing to do afterwards', async () => {
    await prepare();
    expect(await run()).toEqual({ success: true });
    expect(printed()).toContain('svc to 000000000000/eu-west-1: 3 update');
    for (const handler of HANDLERS) expect(await code(handler)).toBe(workspace.sha256);
    expect(workspace.readReport()).toMatchObject({
      service: 'svc',
      account: '000000000000',
      region: 'eu-west-1',
      package: { sha256: workspace.sha256, bucket: 'packages', versionId: expect.any(String) },
      functions: HANDLERS.map((name) => ({
        name: `svc-${name}`,
        handler: `svc.handlers.${name}.handler`,
        status: 'updated',
        seconds: expect.any(Number),
      })),
      counts: { updated: 3, unchanged: 0, skipped: 0, failed: 0 },
    });

    expect(await run()).toEqual({ success: true });
    expect(printed()).toContain('3 unchanged in');
    expect(updates()).toBe(3);
  });

  it('stays below the real quota with 40 functions', async () => {
    const handlers = Array.from({ length: 40 }, (_, n) => `h${n}`);
    await prepare(handlers);
    expect(await run({ writesPerSecond: 15 })).toEqual({ success: true });
    expect(workspace.readReport()).toMatchObject({ counts: { updated: 40, failed: 0 } });
  });

  it('bears what happens to single calls', async () => {
    await prepare();
    const on = (handler: string) => ({ operation: 'UpdateFunctionCode', target: `svc-${handler}` });
    account.inject({ ...on('cancel'), kind: '429' });
    account.inject({ ...on('create'), kind: '409' });
    account.inject({ ...on('refund'), kind: 'lost-response' });
    account.inject({ operation: 'GetFunction', kind: '500' });
    expect(await run()).toEqual({ success: true });
    for (const handler of HANDLERS) expect(await code(handler)).toBe(workspace.sha256);
    const toRefund = account.requests.filter(
      ({ operation, target }) => operation === 'UpdateFunctionCode' && target === 'svc-refund',
    );
    expect(toRefund).toHaveLength(1);
  });

  it('shifts a share of the calls once, and another share by its aliases alone', async () => {
    await prepare();
    expect(await run({ alias: 'live' })).toEqual({ success: true });
    workspace.build(HANDLERS, 'second');
    await upload({ bucket: 'packages' }, workspace.context('upload'));
    const since = (count: number) => writes(account).slice(count);
    const asked = () => account.requests.filter((one) => one.operation === 'GetAlias').length;
    expect(await run({ alias: 'live', aliasWeight: 0.1 })).toEqual({ success: true });
    expect(asked()).toBe(0);

    const before = writes(account).length;
    const again = { alias: 'live', aliasWeight: 0.1 };
    expect(await run(again)).toEqual({ success: true });
    expect(since(before)).toEqual([]);
    expect(await run({ ...again, dryRun: true, failOnChanges: true })).toEqual({ success: true });
    expect(asked()).toBe(2 * HANDLERS.length);

    expect(await run({ alias: 'live', aliasWeight: 0.5 })).toEqual({ success: true });
    const changed = since(before).filter((one) => one.startsWith('Update'));
    expect(changed).toEqual(HANDLERS.map(() => 'UpdateAlias'));
    expect(await run({ alias: 'live' })).toEqual({ success: true });
    const moved = await account.readFunction('svc-create');
    expect(moved).toHaveProperty('aliases', { live: '2' });
    expect(moved).toHaveProperty('aliasWeights', {});
    expect(await run(again)).toEqual({ success: true });
    expect(workspace.readReport()).toMatchObject({ counts: { unchanged: 3 } });
  });

  it('fails for one function that fails, and finishes the others', async () => {
    await prepare();
    account.inject({
      operation: 'UpdateFunctionCode',
      target: 'svc-create',
      kind: 'update-failed',
      reason: 'the layer is gone',
    });
    expect(await run()).toEqual({ success: false });
    expect(printed()).toContain('failed: svc-create: the layer is gone');
    expect(workspace.readReport()).toMatchObject({ counts: { updated: 2, failed: 1 } });

    expect(await run()).toEqual({ success: true });
    expect(workspace.readReport()).toMatchObject({ counts: { updated: 1, unchanged: 2 } });
  });

  it('stops when credentials expire midway, and the next run resumes', async () => {
    const handlers = Array.from({ length: 30 }, (_, n) => `h${n}`);
    await prepare(handlers);
    account.inject({ operation: 'UpdateFunctionCode', nth: 4, kind: 'expired-credentials' });
    expect(await run()).toEqual({ success: false });
    const report = workspace.readReport();
    expect(report).toMatchObject({ counts: { failed: 1, unchanged: 0 } });
    expect(printed()).toMatch(/not tried after UpdateFunctionCode: ExpiredTokenException/);

    expect(await run()).toEqual({ success: true });
    for (const handler of handlers) expect(await code(handler)).toBe(workspace.sha256);
  });

  it('names missing functions before any write', async () => {
    await prepare(HANDLERS, ['create']);
    expect(await run()).toEqual({ success: false });
    expect(printed()).toContain(
      'error[FUNCTION_MISSING]: 2 of 3 functions do not exist in 000000000000/eu-west-1: svc-cancel, svc-refund; nothing was changed',
    );
    expect(updates()).toBe(0);
    expect(existsSync(join(workspace.output, 'deploy-report.json'))).toBe(false);

    expect(await run({ missing: 'skip' })).toEqual({ success: true });
    expect(workspace.readReport()).toMatchObject({ counts: { updated: 1, skipped: 2 } });
  });

  it('refuses another account and functions that do not fit, before any write', async () => {
    await prepare();
    expect(await run({ accountId: '111122223333' })).toEqual({ success: false });
    expect(printed()).toContain('in account 000000000000, expected 111122223333');
    // As Nx passes it from the command line.
    expect(await run({ accountId: 22223333 })).toEqual({ success: false });
    expect(printed()).toContain('expected 000022223333');
    await account.createFunction({
      name: 'other-create',
      runtime: 'python3.9',
      handler: 'svc.handlers.create.handler',
      architecture: 'x86_64',
    });
    expect(await run({ functionName: 'other-{handler}', only: ['create'] })).toEqual({
      success: false,
    });
    expect(printed()).toContain(
      'other-create (runtime is python3.9, expected python3.13; architecture is x86_64, expected arm64)',
    );
    expect(updates()).toBe(0);
  });

  it('tells what is denied', async () => {
    await prepare();
    account.inject({ operation: 'GetFunction', kind: 'access-denied' });
    expect(await run()).toEqual({ success: false });
    expect(printed()).toContain('error[ACCESS_DENIED]: AWS denied lambda:GetFunction on function');

    account.inject({ operation: 'UpdateFunctionCode', kind: 's3-access-denied' });
    expect(await run({ writesPerSecond: 2 })).toEqual({ success: false });
    expect(printed()).toContain('denied by S3');
    expect(updates()).toBeLessThanOrEqual(2);
  });

  it('writes nothing in a dry run, and prints the plan in every form', async () => {
    await prepare();
    process.env['GITHUB_STEP_SUMMARY'] = join(workspace.root, 'summary.md');
    expect(await run({ dryRun: true })).toEqual({ success: true });
    expect(printed()).toContain('3 update; nothing was changed');
    expect(await run({ dryRun: true, format: 'json' })).toEqual({ success: true });
    expect(JSON.parse(printed().replace(/^svc: .*\n/, ''))).toMatchObject({
      counts: { update: 3 },
    });
    expect(updates()).toBe(0);
    expect(existsSync(join(workspace.output, 'deploy-report.json'))).toBe(false);
    expect(readFileSync(process.env['GITHUB_STEP_SUMMARY'], 'utf8')).toContain('| svc-create |');
  });

  it('says what to run before the package is uploaded', async () => {
    workspace.build(HANDLERS);
    await createFunctions(account, HANDLERS);
    workspace.targets['upload'] = {
      options: {},
      configurations: { production: { bucket: 'packages' } },
    };
    expect(await run({}, 'production')).toEqual({ success: false });
    const text = printed();
    expect(text).toContain('error[PACKAGE_NOT_UPLOADED]');
    expect(text).toContain('`npx nx upload svc -c production`');
    expect(await run()).toEqual({ success: false });
    expect(printed()).toContain('error[BUCKET_NOT_SET]: the upload target of `svc`');
  });

  it('reads the upload target, in its default configuration too, under its own options', async () => {
    await prepare();
    workspace.targets['upload'] = {
      options: { bucket: 'wrong', region: 'eu-west-1' },
      defaultConfiguration: 'test',
      configurations: { test: { bucket: 'packages' } },
    };
    expect(await run({ region: 'us-east-1' })).toEqual({ success: false });
    expect(printed()).toContain('bucket `packages` is in eu-west-1, expected us-east-1');
    workspace.targets['deploy'] = {
      executor: 'nx-lambda-python:deploy',
      configurations: { 'unknown-to-upload': {} },
    };
    expect(await run({}, 'unknown-to-upload')).toEqual({ success: true });
  });

  it('says which target is meant to be there', async () => {
    workspace.build(HANDLERS);
    expect(await run({ uploadTarget: 'ship' })).toEqual({ success: false });
    expect(printed()).toContain('error[OPTION_INVALID]: `uploadTarget` names the target `ship`');
  });

  it('needs nothing but the workspace with -c local', async () => {
    isolateEnvironment();
    workspace.build(HANDLERS);
    workspace.targets['upload'] = { configurations: { local: { simulated: true } } };
    expect(await run({ dryRun: true }, 'local')).toEqual({ success: false });
    expect(printed()).toContain('`npx nx upload svc -c local`');
    await upload({ simulated: true }, workspace.context('upload', 'local'));
    expect(await run({ dryRun: true }, 'local')).toEqual({ success: false });
    expect(printed()).toContain('error[FUNCTION_MISSING]: 3 of 3');

    expect(await run({}, 'local')).toEqual({ success: true });
    expect(printed()).toContain('3 updated in');
    workspace.build(HANDLERS, 'second');
    await upload({ simulated: true }, workspace.context('upload', 'local'));
    expect(await run({ only: ['c*'] }, 'local')).toEqual({ success: true });
    expect(printed()).toContain('2 updated in');
    expect(account.requests).toEqual([]);
  });
});
