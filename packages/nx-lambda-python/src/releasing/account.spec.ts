/** Whose account a deploy writes to, before it writes anything. */

import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import './short-waits.fixtures';
import { nodeArguments } from '../process.fixtures';
import { HANDLERS } from './fault-matrix.fixtures';
import type { DeployExecutorSchema } from '../schemas/deploy';
import { BUCKET, Service } from './service.fixtures';
import { writes } from './workspace.fixtures';

const MARKER = `[project]
name = "svc"
[tool.nx-lambda-python]
package = "company.svc"
runtime = "python3.13"
architecture = "arm64"
[tool.nx-lambda-python.create]
role = "arn:aws:iam::000000000000:role/svc"
`;

let service: Service;

async function start(functionsExist = false): Promise<void> {
  service = await Service.start(functionsExist);
  service.writeFile('services/svc/pyproject.toml', MARKER);
  await service.bring('first');
}

/** @param options of a deploy that must be refused @returns what it said, without any write */
async function refused(options: DeployExecutorSchema): Promise<string> {
  const before = writes(service.account).length;
  expect(await service.deploy(options)).toBe(false);
  expect(writes(service.account).slice(before)).toEqual([]);
  return service.printed();
}

describe('credentials that do not work', () => {
  beforeEach(() => start(true));

  it('expired: no write, not even of a lock or a record', async () => {
    const asked = service.account.requests.length;
    service.account.inject({ operation: '*', kind: 'expired-credentials', times: Infinity });
    const text = await refused({});
    expect(text).toContain('error[CREDENTIALS_EXPIRED]');
    expect(text).toContain('new values for AWS_ACCESS_KEY_ID');
    // The account has been asked, and what it was asked for was to read.
    expect(service.account.requests.length).toBeGreaterThan(asked);
  });

  const sso = {
    ...{ sso_start_url: 'https://corp.example', sso_region: 'eu-west-1' },
    ...{ sso_account_id: '111122223333', sso_role_name: 'r' },
  };
  it.each([
    ['missing', '-c local', () => delete process.env['AWS_ACCESS_KEY_ID']],
    [
      'an SSO profile without a login',
      '`aws sso login --profile work`',
      () => service.useProfile('work', sso),
    ],
  ])('%s: no request at all', async (_, words, lose) => {
    const asked = service.account.requests.length;
    lose();
    const text = await refused({});
    expect(text).toContain('error[CREDENTIALS_MISSING]');
    expect(text).toContain(words);
    expect(service.account.requests).toHaveLength(asked);
  });
});

describe('an account in which no function exists', () => {
  it('is guarded by accountId all the same', async () => {
    await start();
    const text = await refused({ missing: 'create', accountId: '111122223333' });
    expect(text).toContain(
      'error[FUNCTION_MISMATCH]: the credentials are of an identity in account 000000000000, expected 111122223333; nothing was changed',
    );
    expect(await service.deploy({ missing: 'create', accountId: '000000000000' })).toBe(true);
    expect((await service.look()).map(({ name }) => name)).toHaveLength(HANDLERS.length);
  });

  it('is told before what is wrong with the package, and nothing is built for a wrong one', async () => {
    await start();
    const wrong = { missing: 'create', accountId: '111122223333' } as const;
    service.writeFile('services/svc/requirements.txt', 'six\n');
    // STS takes its time.
    service.account.inject({ operation: 'GetCallerIdentity', kind: '503', times: 2 });
    const warned = jest.spyOn(console, 'warn').mockImplementation();
    expect(await refused(wrong)).toContain('error[FUNCTION_MISMATCH]');
    expect(warned).not.toHaveBeenCalled();
    rmSync(service.workspace.output, { recursive: true });
    expect(await refused(wrong)).toContain('error[FUNCTION_MISMATCH]');
  });

  it('is refused where nobody tells it', async () => {
    await start();
    service.account.inject({ operation: 'GetCallerIdentity', kind: 'access-denied', times: 9 });
    expect(await refused({ missing: 'create', accountId: '000000000000' })).toContain(
      'error[ACCOUNT_UNKNOWN]: neither a function nor STS names the account, expected 000000000000',
    );
    expect(await refused({ missing: 'create' })).toContain(
      'error[ACCOUNT_UNKNOWN]: AWS does not tell the account of these credentials',
    );
  });

  it('is named by the plan', async () => {
    await start();
    expect(await refused({})).toContain('do not exist in 000000000000/eu-west-1');
  });
});

it('functions tell the account where STS does not, and accountId is asked for', async () => {
  await start(true);
  service.account.inject({ operation: 'GetCallerIdentity', kind: 'access-denied', times: 9 });
  expect(await refused({ accountId: '111122223333' })).toContain(
    'the functions are in account 000000000000, expected 111122223333',
  );
  expect(await service.deploy({ accountId: '000000000000' })).toBe(true);
});

describe('the first line says where it will be written', () => {
  const first = () => service.printed().split('\n')[0];
  const place = 'account 000000000000, region eu-west-1, bucket packages';

  it('of a deploy, and of its dry run', async () => {
    await start(true);
    expect(await service.deploy({ dryRun: true, stage: 'prod' })).toBe(true);
    expect(first()).toBe(`svc: would deploy to stage prod, ${place}`);
    expect(await service.deploy({ stage: 'prod' })).toBe(true);
    expect(first()).toBe(`svc: deploys to stage prod, ${place}`);
  });

  it('of an upload, which goes on where nobody tells the account', async () => {
    await start();
    expect(await service.upload()).toBe(true);
    expect(first()).toBe(`svc: uploads to ${place}`);
    service.account.inject({ operation: 'GetCallerIdentity', kind: 'access-denied' });
    expect(await service.upload()).toBe(true);
    expect(first()).toBe('svc: uploads to an unknown account, region eu-west-1, bucket packages');
  });
});

it('names of the functions table are filled, also where the function is created', async () => {
  await start();
  service.workspace.names = { create: 'legacy-{stage}-{package}' };
  await service.bring('named');
  expect(await service.deploy({ missing: 'create', stage: 'prod' })).toBe(true);
  expect(await service.account.readFunction('legacy-prod-company-svc')).toBeDefined();
});

it.each(['upload', 'deploy'] as const)(
  'AWS is spoken to without the simulated account: %s',
  async (name) => {
    await start(true);
    const options = name === 'upload' ? { bucket: BUCKET } : {};
    const script = `require(process.argv[1]).default(...JSON.parse(process.argv[2])).then((result) => {
    const loaded = Object.keys(require.cache).filter((file) => /src.(testing|releasing)/.test(file));
    console.log(JSON.stringify([result, loaded.map((file) => file.replace(/.*src./, ''))]));
  })`;
    const given = JSON.stringify([options, service.workspace.context(name)]);
    const executor = join(__dirname, '../executors', `${name}.ts`);
    const args = nodeArguments(script, executor, given);
    const { env } = process;
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    const [result, loaded] = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as [
      object,
      string[],
    ];
    expect(result).toEqual({ success: true });
    expect(loaded).toContain('releasing/account.ts');
    expect(loaded.filter((file) => file.startsWith('testing'))).toEqual([]);
  },
);
