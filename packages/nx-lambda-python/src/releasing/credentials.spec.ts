import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSimulatedAccount, type SimulatedAccount } from '../testing';
import upload from '../executors/upload';
import {
  capturePrinted,
  createFunctions,
  isolateEnvironment,
  restoreEnvironment,
  TestWorkspace,
  writes,
} from './workspace.fixtures';
import deploy from '../executors/deploy';

describe('credentials that do not work', () => {
  let account: SimulatedAccount;
  let workspace: TestWorkspace;
  let printed: () => string;
  let writesBefore: string[];

  beforeEach(async () => {
    account = await startSimulatedAccount({ region: 'eu-west-1', updateMilliseconds: 20 });
    await account.createBucket('packages', { versioning: true });
    workspace = new TestWorkspace();
    isolateEnvironment(account);
    printed = capturePrinted();
    workspace.build(['create', 'refund']);
    await createFunctions(account, ['create', 'refund']);
    const uploaded = await upload({ bucket: 'packages' }, workspace.context('upload'));
    expect(uploaded).toEqual({ success: true });
    printed();
    writesBefore = writes(account);
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    restoreEnvironment();
    workspace.remove();
    await account.stop();
  });

  async function expectNoWrite(...words: string[]): Promise<void> {
    expect(await deploy({}, workspace.context('deploy'))).toEqual({ success: false });
    const text = printed();
    for (const word of words) expect(text).toContain(word);
    expect(writes(account)).toEqual(writesBefore);
  }

  it('expired: no write, not even of a lock or a record', async () => {
    const asked = account.requests.length;
    account.inject({ operation: '*', kind: 'expired-credentials', times: Infinity });
    await expectNoWrite('error[CREDENTIALS_EXPIRED]', 'new values for AWS_ACCESS_KEY_ID');
    // The account has been asked, and what it was asked for was to read.
    expect(account.requests.length).toBeGreaterThan(asked);
  });

  it('missing: no request at all', async () => {
    const asked = account.requests.length;
    delete process.env['AWS_ACCESS_KEY_ID'];
    await expectNoWrite('error[CREDENTIALS_MISSING]', '-c local');
    expect(account.requests).toHaveLength(asked);
  });

  it('an SSO profile without a login: no request at all', async () => {
    const asked = account.requests.length;
    const file = join(workspace.root, 'aws-config');
    const settings = ['start_url = https://corp.example', 'region = eu-west-1'];
    const role = ['account_id = 111122223333', 'role_name = r'];
    const lines = [...settings, ...role].map((line) => `sso_${line}\n`).join('');
    writeFileSync(file, `[profile work]\n${lines}`);
    Object.assign(process.env, { AWS_CONFIG_FILE: file, AWS_PROFILE: 'work' });
    await expectNoWrite('error[CREDENTIALS_MISSING]', '`aws sso login --profile work`');
    expect(account.requests).toHaveLength(asked);
  });
});
