import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HANDLERS } from '../releasing/fault-matrix.fixtures';
import { all, Service } from '../releasing/service.fixtures';
import {
  ARCHITECTURE,
  createFunctions,
  handlerOf,
  isolateEnvironment,
  RUNTIME,
  writes,
} from '../releasing/workspace.fixtures';

const FORTY = Array.from({ length: 40 }, (_, n) => `h${n}`);

describe('the deploy executor', () => {
  let service: Service;
  let sha256: string;

  beforeEach(async () => {
    // AWS's own quota.
    service = await Service.start(true, { updateMilliseconds: 20, quota: undefined });
    sha256 = await service.bring('first');
  });

  const updates = () => service.wrote('UpdateFunctionCode');

  it('updates every function, reports each, and has nothing to do afterwards', async () => {
    expect(await service.deploy()).toBe(true);
    expect(service.printed()).toContain('svc to 000000000000/eu-west-1: 3 update');
    expect(await service.codes()).toEqual(all(sha256));
    expect(service.report()).toMatchObject({
      service: 'svc',
      account: '000000000000',
      region: 'eu-west-1',
      package: { sha256, bucket: 'packages', versionId: expect.any(String) },
      functions: HANDLERS.map((name) => ({
        name: `svc-${name}`,
        handler: `svc.handlers.${name}.handler`,
        status: 'updated',
        seconds: expect.any(Number),
      })),
      counts: { updated: 3, unchanged: 0, skipped: 0, failed: 0 },
    });

    expect(await service.deploy()).toBe(true);
    expect(service.printed()).toContain('3 unchanged in');
    expect(updates()).toBe(3);
  });

  it('takes the names that another tool wrote down, in this account alone', async () => {
    const write = (account: string) => {
      const names = HANDLERS.map((name) => [name, `${account}:function:svc-${name}`]);
      const text = JSON.stringify({
        functions: { sensitive: false, value: Object.fromEntries(names) },
      });
      writeFileSync(join(service.workspace.root, 'out.prod.json'), text);
    };
    const options = {
      functionName: '{project}-{handler}',
      functionNames: 'out.{stage}.json',
      functionNamesPath: 'functions',
      stage: 'prod',
    };
    write('111122223333');
    expect(await service.deploy(options)).toBe(false);
    expect(service.printed()).toContain('names functions elsewhere than in 000000000000/eu-west-1');
    expect(updates()).toBe(0);
    write('000000000000');
    expect(await service.deploy({ ...options, dryRun: true, format: 'json' })).toBe(true);
    expect(service.printed()).toContain('"namedBy": "out.prod.json: functions.cancel"');
    expect(await service.deploy(options)).toBe(true);
    expect(await service.codes()).toEqual(all(sha256));
  });

  it('stays below the real quota with 40 functions', async () => {
    await createFunctions(service.account, FORTY);
    await service.bring('forty', FORTY);
    expect(await service.deploy({ writesPerSecond: 15 })).toBe(true);
    expect(service.report()).toMatchObject({ counts: { updated: 40, failed: 0 } });
  });

  it('bears what happens to single calls', async () => {
    const on = (handler: string) => ({ operation: 'UpdateFunctionCode', target: `svc-${handler}` });
    service.account.inject({ ...on('cancel'), kind: '429' });
    service.account.inject({ ...on('create'), kind: '409' });
    service.account.inject({ ...on('refund'), kind: 'lost-response' });
    service.account.inject({ operation: 'GetFunction', kind: '500' });
    expect(await service.deploy()).toBe(true);
    expect(await service.codes()).toEqual(all(sha256));
    const toRefund = service.account.requests.filter(
      ({ operation, target }) => operation === 'UpdateFunctionCode' && target === 'svc-refund',
    );
    expect(toRefund).toHaveLength(1);
  });

  it('shifts a share of the calls once, and another share by its aliases alone', async () => {
    expect(await service.deploy({ alias: 'live' })).toBe(true);
    await service.bring('second');
    const since = (count: number) => writes(service.account).slice(count);
    const asked = () =>
      service.account.requests.filter((one) => one.operation === 'GetAlias').length;
    expect(await service.deploy({ alias: 'live', aliasWeight: 0.1 })).toBe(true);
    expect(asked()).toBe(0);

    const before = writes(service.account).length;
    const again = { alias: 'live', aliasWeight: 0.1 };
    expect(await service.deploy(again)).toBe(true);
    expect(since(before)).toEqual([]);
    expect(await service.deploy({ ...again, dryRun: true, failOnChanges: true })).toBe(true);
    expect(asked()).toBe(2 * HANDLERS.length);

    expect(await service.deploy({ alias: 'live', aliasWeight: 0.5 })).toBe(true);
    const changed = since(before).filter((one) => one.startsWith('Update'));
    expect(changed).toEqual(HANDLERS.map(() => 'UpdateAlias'));
    expect(await service.deploy({ alias: 'live' })).toBe(true);
    const moved = await service.account.readFunction('svc-create');
    expect(moved).toHaveProperty('aliases', { live: '2' });
    expect(moved).toHaveProperty('aliasWeights', {});
    expect(await service.deploy(again)).toBe(true);
    expect(service.report()).toMatchObject({ counts: { unchanged: 3 } });
  });

  it('fails for one function that fails, and finishes the others', async () => {
    service.account.inject({
      operation: 'UpdateFunctionCode',
      target: 'svc-create',
      kind: 'update-failed',
      reason: 'the layer is gone',
    });
    expect(await service.deploy()).toBe(false);
    expect(service.printed()).toContain('failed: svc-create: the layer is gone');
    expect(service.report()).toMatchObject({ counts: { updated: 2, failed: 1 } });

    expect(await service.deploy()).toBe(true);
    expect(service.report()).toMatchObject({ counts: { updated: 1, unchanged: 2 } });
  });

  it('stops when credentials expire midway, and the next run resumes', async () => {
    await createFunctions(service.account, FORTY);
    const forty = await service.bring('forty', FORTY);
    service.account.inject({
      operation: 'UpdateFunctionCode',
      nth: 4,
      kind: 'expired-credentials',
    });
    expect(await service.deploy({ writesPerSecond: 12 })).toBe(false);
    expect(service.report()).toMatchObject({ counts: { failed: 1, unchanged: 0 } });
    expect(service.printed()).toMatch(/not tried after UpdateFunctionCode: ExpiredTokenException/);

    expect(await service.deploy({ writesPerSecond: 12 })).toBe(true);
    for (const handler of FORTY) {
      expect(await service.account.readFunction(`svc-${handler}`)).toMatchObject({
        codeSha256: forty,
      });
    }
  });

  it('names missing functions before any write', async () => {
    const functionName = '{handler}-new';
    await service.account.createFunction({
      ...{ name: 'create-new', runtime: RUNTIME, handler: handlerOf('create') },
      architecture: ARCHITECTURE,
    });
    expect(await service.deploy({ functionName })).toBe(false);
    expect(service.printed()).toContain(
      'error[FUNCTION_MISSING]: 2 of 3 functions do not exist in 000000000000/eu-west-1: cancel-new, refund-new; nothing was changed',
    );
    expect(updates()).toBe(0);
    expect(existsSync(join(service.workspace.output, 'deploy-report.json'))).toBe(false);

    expect(await service.deploy({ functionName, missing: 'skip' })).toBe(true);
    expect(service.report()).toMatchObject({ counts: { updated: 1, skipped: 2 } });
  });

  it('refuses another account and functions that do not fit, before any write', async () => {
    expect(await service.deploy({ accountId: '111122223333' })).toBe(false);
    expect(service.printed()).toContain('in account 000000000000, expected 111122223333');
    // As Nx passes it from the command line.
    expect(await service.deploy({ accountId: 22223333 })).toBe(false);
    expect(service.printed()).toContain('expected 000022223333');
    await service.account.createFunction({
      name: 'other-create',
      runtime: 'python3.9',
      handler: 'svc.handlers.create.handler',
      architecture: 'x86_64',
    });
    expect(await service.deploy({ functionName: 'other-{handler}', only: ['create'] })).toBe(false);
    expect(service.printed()).toContain(
      'other-create (runtime is python3.9, expected python3.13; architecture is x86_64, expected arm64)',
    );
    expect(updates()).toBe(0);
  });

  it('tells what is denied', async () => {
    service.account.inject({ operation: 'GetFunction', kind: 'access-denied' });
    expect(await service.deploy()).toBe(false);
    expect(service.printed()).toContain(
      'error[ACCESS_DENIED]: AWS denied lambda:GetFunction on function',
    );

    service.account.inject({ operation: 'UpdateFunctionCode', kind: 's3-access-denied' });
    expect(await service.deploy({ writesPerSecond: 2 })).toBe(false);
    expect(service.printed()).toContain('denied by S3');
    expect(updates()).toBeLessThanOrEqual(2);
  });

  it('writes nothing in a dry run, and prints the plan in every form', async () => {
    process.env['GITHUB_STEP_SUMMARY'] = join(service.workspace.root, 'summary.md');
    expect(await service.deploy({ dryRun: true })).toBe(true);
    expect(service.printed()).toContain('3 update; nothing was changed');
    expect(await service.deploy({ dryRun: true, format: 'json' })).toBe(true);
    expect(JSON.parse(service.printed().replace(/^svc: .*\n/, ''))).toMatchObject({
      counts: { update: 3 },
    });
    expect(updates()).toBe(0);
    expect(existsSync(join(service.workspace.output, 'deploy-report.json'))).toBe(false);
    expect(readFileSync(process.env['GITHUB_STEP_SUMMARY'], 'utf8')).toContain('| svc-create |');
  });

  it('says what to run before the package is uploaded', async () => {
    service.workspace.build(HANDLERS, 'not uploaded');
    service.workspace.targets['upload'] = {
      options: {},
      configurations: { production: { bucket: 'packages' } },
    };
    expect(await service.deploy({}, 'production')).toBe(false);
    const text = service.printed();
    expect(text).toContain('error[PACKAGE_NOT_UPLOADED]');
    expect(text).toContain('`npx nx upload svc -c production`');
    expect(await service.deploy()).toBe(false);
    expect(service.printed()).toContain('error[BUCKET_NOT_SET]: the upload target of `svc`');
  });

  it('reads the upload target, in its default configuration too, under its own options', async () => {
    service.workspace.targets['upload'] = {
      options: { bucket: 'wrong', region: 'eu-west-1' },
      defaultConfiguration: 'test',
      configurations: { test: { bucket: 'packages' } },
    };
    expect(await service.deploy({ region: 'us-east-1' })).toBe(false);
    expect(service.printed()).toContain('bucket `packages` is in eu-west-1, expected us-east-1');
    service.workspace.targets['deploy'] = {
      executor: 'nx-lambda-python:deploy',
      configurations: { 'unknown-to-upload': {} },
    };
    expect(await service.deploy({}, 'unknown-to-upload')).toBe(true);
  });

  it('says which target is meant to be there', async () => {
    expect(await service.deploy({ uploadTarget: 'ship' })).toBe(false);
    expect(service.printed()).toContain(
      'error[OPTION_INVALID]: `uploadTarget` names the target `ship`',
    );
  });

  it('needs nothing but the workspace with -c local', async () => {
    isolateEnvironment();
    const asked = service.account.requests.length;
    service.workspace.targets['upload'] = { configurations: { local: { simulated: true } } };
    expect(await service.deploy({ dryRun: true }, 'local')).toBe(false);
    expect(service.printed()).toContain('`npx nx upload svc -c local`');
    await service.upload({ bucket: undefined, simulated: true }, 'local');
    expect(await service.deploy({ dryRun: true }, 'local')).toBe(false);
    expect(service.printed()).toContain('error[FUNCTION_MISSING]: 3 of 3');

    expect(await service.deploy({}, 'local')).toBe(true);
    expect(service.printed()).toContain('3 updated in');
    service.workspace.build(HANDLERS, 'second');
    await service.upload({ bucket: undefined, simulated: true }, 'local');
    expect(await service.deploy({ only: ['c*'] }, 'local')).toBe(true);
    expect(service.printed()).toContain('2 updated in');
    expect(service.account.requests).toHaveLength(asked);
  });
});
