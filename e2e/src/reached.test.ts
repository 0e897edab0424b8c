/** `updates: reached`, as a user types it: one edit, the functions that reach it, and the way back. */

import { GetFunctionCommand } from '@aws-sdk/client-lambda';
import { packageWrites, recordFrom } from './support/account';
import { openShop, SHOP, SHOP_NAMES as NAMES, type Shop } from './support/shop';
import { HANDLER } from './support/workspace';

const DEPLOY = ['deploy', 'shop', '--updates=reached'];

describe('a service of which only what an edit reaches is updated', () => {
  let shop: Shop;
  let { workspace, account, lambda, succeed }: Shop = {} as Shop;

  const codes = () =>
    Promise.all(
      NAMES.map(async (FunctionName) => {
        const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName }));
        return Configuration?.CodeSha256;
      }),
    );

  beforeAll(async () => {
    shop = await openShop('reached');
    ({ workspace, account, lambda, succeed } = shop);
    workspace.write(`${SHOP}/shop/handlers/b.py`, `import shop.shared\n${HANDLER}`);
    workspace.write(`${SHOP}/shop/shared.py`, '');
    await succeed(...DEPLOY);
  });
  afterAll(() => shop.stop());

  it.each<[what: string, path: string, text: string, updated: string[]]>([
    ['a handler', 'shop/handlers/a.py', `${HANDLER}# a\n`, ['shop-a']],
    ['a module of one handler', 'shop/shared.py', 'X = 1\n', ['shop-b']],
    ['a module that none imports', 'shop/unused.py', 'X = 1\n', []],
    ['a file that is not Python', 'shop/data.json', '{}', ['shop-a', 'shop-b']],
    ['a test', 'tests/test_a.py', 'X = 1\n', []],
    ['a README', 'README.md', 'Shop\n', []],
  ])('%s', async (_, path, text, updated) => {
    const before = await codes();
    workspace.write(`${SHOP}/${path}`, text);
    const requests = recordFrom(account);
    await succeed(...DEPLOY);
    const after = await codes();
    expect(NAMES.filter((_, at) => after[at] !== before[at])).toEqual(updated);
    const written = packageWrites(requests()).filter((one) => /Function/.test(one));
    expect(written).toEqual(updated.map((name) => `UpdateFunctionCode ${name}`));
    expect(await succeed(...DEPLOY)).toContain('2 unchanged');
  });

  it('goes back function by function, and is found in order', async () => {
    const before = await codes();
    workspace.write(`${SHOP}/shop/handlers/a.py`, `${HANDLER}# again\n`);
    const output = await succeed(...DEPLOY);
    expect(output).toMatch(/unchanged, same code \(1\)[^]*1 unchanged, 1 updated/);
    expect(await succeed('releases', 'shop')).toContain('1 of 2, 1 with the same code');
    await succeed(...DEPLOY, '--dryRun', '--failOnChanges');
    await succeed('rollback', 'shop');
    expect(await codes()).toEqual(before);
  });
});
