/** Releases that are listed, undone, killed on their way and taken up again, as a user types it. */

import { commitAll } from '../../tools/fresh-workspace';
import { recordFrom, writesIn } from './support/account';
import { killRunning, startNx } from './support/nx-process';
import { openShop, SHOP, type Shop } from './support/shop';
import { HANDLER } from './support/workspace';

describe('a service that is released several times', () => {
  let shop: Shop;
  let { workspace, account, environment, succeed, live }: Shop = {} as Shop;
  const packages: string[] = [];

  const change = (text: string) => {
    workspace.write(`${SHOP}/shop/handlers/a.py`, `${HANDLER}# ${text}\n`);
    commitAll(workspace.root, `feat: ${text}`);
  };

  beforeAll(async () => {
    shop = await openShop('rollback', { environment: () => ({ GITHUB_ACTOR: 'ada' }) });
    ({ workspace, account, environment, succeed, live } = shop);
    commitAll(workspace.root, 'feat: shop');
  });
  afterEach(killRunning);
  afterAll(() => shop.stop());

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
