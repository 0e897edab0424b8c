/** Releases that are listed, undone, killed on their way and taken up again, as a user types it. */

import {
  startSimulatedAccount,
  type SimulatedAccount,
} from '../../packages/nx-lambda-python/src/testing';
import { commitAll } from '../../tools/fresh-workspace';
import {
  awsEnvironment,
  codeDigests,
  createFunctions,
  recordFrom,
  writesIn,
} from './support/account';
import { killRunning, startNx, succeedNx } from './support/nx-process';
import { serviceFiles, Workspace } from './support/workspace';

const SHOP = 'services/shop';
const HANDLER = 'def handler(event, context):\n    return {}\n';
const HANDLERS = { 'shop/handlers/a.py': HANDLER, 'shop/handlers/b.py': HANDLER };

describe('a service that is released again and again', () => {
  let workspace: Workspace;
  let account: SimulatedAccount;
  let names: string[];
  const packages: string[] = [];

  const environment = () => ({ ...awsEnvironment(account), GITHUB_ACTOR: 'ada' });
  const succeed = (...args: string[]) => succeedNx(workspace, args, environment());
  const change = (text: string) => {
    workspace.write(`${SHOP}/shop/handlers/a.py`, `${HANDLER}# ${text}\n`);
    commitAll(workspace.root, `feat: ${text}`);
  };
  const live = () => codeDigests(account, names);

  beforeAll(async () => {
    workspace = new Workspace('rollback');
    workspace.succeed(['g', 'nx-lambda-python:init']);
    workspace.writeAll(serviceFiles(SHOP, 'package = "shop"\nruntime = "python3.11"\n', HANDLERS));
    workspace.setDefaults('upload', { bucket: 'packages' });
    commitAll(workspace.root, 'feat: shop');
    workspace.succeed(['build', 'shop']);
    account = await startSimulatedAccount();
    await account.createBucket('packages', { versioning: true });
    names = await createFunctions(account, workspace, SHOP, (handler) => `shop-${handler}`);
  });
  afterEach(killRunning);
  afterAll(() => account.stop());

  it('lists its releases', async () => {
    for (const text of ['first', 'second']) {
      change(text);
      await succeed('deploy', 'shop');
      packages.push(workspace.packageDigest(SHOP));
    }
    const output = await succeed('releases', 'shop');
    expect(output).toMatch(/^2 +deploy +succeeded .* 2 of 2 +ada$/m);
    expect(output).toMatch(/^1 +deploy +succeeded /m);
  });

  it('goes back, after it has shown what that means', async () => {
    const requests = recordFrom(account);
    expect(await succeed('rollback', 'shop', '--dryRun')).toContain(
      '2 update; nothing was changed',
    );
    expect(writesIn(requests())).toEqual([]);
    expect(await succeed('rollback', 'shop')).toContain('2 updated');
    expect(await live()).toEqual([packages[0]]);
  });

  it('is taken up where a deploy was killed, and undone as a whole', async () => {
    change('third');
    await succeed('upload', 'shop');
    account.inject({ operation: 'UpdateFunctionCode', nth: 2, kind: 'timeout' });
    const requests = recordFrom(account);
    const killed = startNx(workspace, ['deploy', 'shop'], environment());
    await killed.until('the second write', () =>
      requests().some(({ operation, status }) => operation === 'UpdateFunctionCode' && !status),
    );
    await killed.interrupt('SIGKILL');
    expect(await live()).toHaveLength(2);
    expect(await succeed('releases', 'shop')).toMatch(/^4 +deploy +started /m);

    // Its process has ended on this very machine: nobody waits for its lock.
    expect(await succeed('deploy', 'shop')).toContain('1 updated');
    expect(await live()).toEqual([workspace.packageDigest(SHOP)]);

    expect(await succeed('rollback', 'shop')).toContain('2 updated');
    expect(await live()).toEqual([packages[0]]);
    expect(await succeed('rollback', 'shop', '--to=2')).toContain('2 updated');
    expect(await live()).toEqual([packages[1]]);
  });
});
