/** Releases to an account that is reached by the standard AWS variables alone. */

import { join } from 'node:path';
import {
  startSimulatedAccount,
  type SimulatedAccount,
} from '../../packages/nx-lambda-python/src/testing';
import { commitAll } from '../../tools/fresh-workspace';
import {
  awsEnvironment,
  codeDigests,
  createFunctions,
  packageWrites,
  recordFrom,
  writesIn,
} from './support/account';
import { killRunning, runNx, succeedNx } from './support/nx-process';
import { SHOP, SHOP_MARKER } from './support/shop';
import {
  expectFailure,
  HANDLER,
  serviceFiles,
  Workspace,
  type Environment,
} from './support/workspace';

const HANDLERS = { 'shop/handlers/a.py': HANDLER, 'shop/handlers/b.py': HANDLER };

let workspace: Workspace;
let account: SimulatedAccount;

const named = (handler: string) => `prod-${handler}`;
const nx = (args: string[], environment: Environment = awsEnvironment(account)) =>
  runNx(workspace, args, environment);
const succeed = (args: string[], environment: Environment = awsEnvironment(account)) =>
  succeedNx(workspace, args, environment);

beforeAll(async () => {
  const files = {
    ...serviceFiles(SHOP, SHOP_MARKER, HANDLERS),
    ...serviceFiles('services/other', SHOP_MARKER, HANDLERS),
  };
  workspace = new Workspace('release-errors').init(files, {
    upload: { bucket: 'packages' },
    deploy: { functionName: named('{handler}') },
  });
  commitAll(workspace.root, 'feat: shop');
  workspace.succeed(['build', 'shop']);
});

afterEach(killRunning);

interface Report {
  functions: { name: string; status: string; seconds: number; error?: string }[];
}

const report = () => JSON.parse(workspace.read(`${OUTPUT}/deploy-report.json`)) as Report;
const OUTPUT = `dist/${SHOP}`;
const statuses = () => report().functions.map(({ name, status }) => [name, status]);

describe('a release by the standard AWS variables', () => {
  const summary = () => join(workspace.root, 'summary.md');
  let names: string[];

  beforeAll(async () => {
    account = await startSimulatedAccount({ region: 'eu-central-1' });
    await account.createBucket('packages', { versioning: true });
    names = await createFunctions(account, workspace, SHOP, named);
  });
  afterAll(() => account.stop());

  it('reaches S3 and Lambda, and reports on each function', async () => {
    const output = await succeed(['deploy', 'shop'], {
      ...awsEnvironment(account),
      GITHUB_STEP_SUMMARY: summary(),
    });
    const { sha256 } = workspace.manifest(SHOP).package;
    expect(await codeDigests(account, names)).toEqual([sha256]);
    expect(output).toContain('2 updated');
    expect(report()).toMatchObject({
      service: 'shop',
      region: 'eu-central-1',
      package: { sha256, bucket: 'packages' },
      functions: [
        { name: 'prod-a', status: 'updated', seconds: expect.any(Number) as number },
        { name: 'prod-b', status: 'updated', seconds: expect.any(Number) as number },
      ],
    });
    const markdown = workspace.read('summary.md');
    expect(markdown).toMatch(/^### Deploy: shop to \d{12}\/eu-central-1$/m);
    expect(markdown).toMatch(/prod-a.*\| a \|.*\d+\.\d s/);
  });

  it('writes nothing in a dry run', async () => {
    workspace.write(`${SHOP}/shop/shared.py`, 'X = 1\n');
    const requests = recordFrom(account);
    expect(await succeed(['upload', 'shop', '--dryRun'])).toContain('would upload');
    expect(writesIn(requests())).toEqual([]);

    await succeed(['upload', 'shop']);
    const [before, later] = [workspace.read(`${OUTPUT}/deploy-report.json`), recordFrom(account)];
    const output = await succeed(['deploy', 'shop', '--dryRun']);
    expect(output).toMatch(/update \(2\): \w+ → \w+\n[^\n]*\n\s+prod-a\s+a\b/);
    expect(output).toContain('nothing was changed');
    expect(packageWrites(later())).toEqual([]);
    expect(workspace.read(`${OUTPUT}/deploy-report.json`)).toBe(before);
  });

  it('deploys what a changed line affects, and no other service', async () => {
    commitAll(workspace.root, 'feat: shared');
    workspace.write(`${SHOP}/shop/handlers/a.py`, `${HANDLER}# changed\n`);
    const requests = recordFrom(account);
    const output = await succeed(['affected', '-t', 'deploy', '--base=HEAD']);
    const order = ['shop:build', 'shop:upload', 'shop:deploy'].map((task) => output.indexOf(task));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order[0]).toBeGreaterThanOrEqual(0);
    expect(output).not.toContain('other:');
    expect(packageWrites(requests())).toEqual([
      'PutObject',
      'UpdateFunctionCode prod-a',
      'UpdateFunctionCode prod-b',
    ]);
    expect(await codeDigests(account, names)).toEqual([workspace.packageDigest(SHOP)]);
  });

  it('fails with one function that fails, and repairs it the next time', async () => {
    workspace.write(`${SHOP}/shop/handlers/a.py`, `${HANDLER}# changed again\n`);
    const reason = 'The image of the moon is not an image';
    account.inject({
      operation: 'UpdateFunctionCode',
      target: 'prod-b',
      kind: 'update-failed',
      reason,
    });
    const output = expectFailure(await nx(['deploy', 'shop']), ['1 updated, 1 failed']);
    expect(output).toMatch(new RegExp(`prod-b.*${reason}`));
    expect(report().functions).toMatchObject([
      { name: 'prod-a', status: 'updated' },
      { name: 'prod-b', status: 'failed', error: expect.stringContaining(reason) as string },
    ]);

    const requests = recordFrom(account);
    await succeed(['deploy', 'shop']);
    expect(statuses()).toEqual([
      ['prod-a', 'unchanged'],
      ['prod-b', 'updated'],
    ]);
    expect(packageWrites(requests())).toEqual(['UpdateFunctionCode prod-b']);
    expect(await codeDigests(account, names)).toEqual([workspace.packageDigest(SHOP)]);
  });

  it('uploads by AWS_ENDPOINT_URL_S3 alone', async () => {
    workspace.write(`${SHOP}/shop/shared.py`, 'X = 2\n');
    const requests = recordFrom(account);
    const { AWS_ENDPOINT_URL: endpoint, ...others } = awsEnvironment(account);
    await succeed(['upload', 'shop'], { ...others, AWS_ENDPOINT_URL_S3: endpoint });
    expect(writesIn(requests())).toMatchObject(
      ['PutObject', 'PutObject'].map((operation) => ({ operation, status: 200 })),
    );
  });
});

// What S3 and Lambda refuse otherwise: executors/upload.spec.ts and executors/deploy.spec.ts of the plugin.
describe('without credentials', () => {
  it('nothing is sent, and no secret is printed', async () => {
    account = await startSimulatedAccount();
    const none = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
    const result = await nx(['upload', 'shop'], { ...awsEnvironment(account), ...none });
    await account.stop();
    expectFailure(result, ['error[CREDENTIALS_MISSING]', 'hint: ', 'AWS_PROFILE', '-c local']);
    expect(result.output).not.toContain(account.credentials.secretAccessKey);
    expect(account.requests).toEqual([]);
  });
});
