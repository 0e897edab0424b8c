/** Functions that a deploy creates, released under an alias, brought back by moving it, and rid of old versions. */

import {
  CreateAliasCommand,
  GetAliasCommand,
  GetFunctionConfigurationCommand,
  ListVersionsByFunctionCommand,
} from '@aws-sdk/client-lambda';
import { answerOf, packageWrites, recordFrom } from './support/account';
import { killRunning } from './support/nx-process';
import { openShop, SHOP, type Shop } from './support/shop';

const MARKER = `package = "shop"
runtime = "python3.11"

[tool.nx-lambda-python.create]
role = "arn:aws:iam::000000000000:role/shop-{stage}"
memory = 512
timeout = 30
environment = { STAGE = "{stage}", NAME = "{project}/{handler}" }

[tool.nx-lambda-python.functions]
b = { create = { memory = 2048, timeout = 900 } }
`;
const HANDLER = `import os
from shop.release import NUMBER

def handler(event, context):
    return [os.environ["STAGE"], NUMBER]
`;
const NAMES = ['prod-a', 'prod-b'];

describe('a service under an alias', () => {
  let shop: Shop;
  let { workspace, account, lambda, succeed }: Shop = {} as Shop;

  const deploy = () => succeed('deploy', 'shop', '--missing=create', '--alias=live');
  /** Makes the package another one, which answers with this number. */
  const change = (number: number) =>
    workspace.write(`${SHOP}/shop/release.py`, `NUMBER = ${number}\n`);
  const ofEach = <T>(read: (name: string) => Promise<T>) => Promise.all(NAMES.map(read));
  const live = () =>
    ofEach(async (name) => {
      const found = await lambda.send(new GetAliasCommand({ FunctionName: name, Name: 'live' }));
      return found.FunctionVersion;
    });
  /** What callers of the alias meet. */
  const answers = () => ofEach((name) => answerOf(lambda, name, 'live'));
  const versions = () =>
    ofEach(async (name) => {
      const command = new ListVersionsByFunctionCommand({ FunctionName: name });
      const { Versions = [] } = await lambda.send(command);
      return Versions.map(({ Version }) => Version).filter((one) => one !== '$LATEST');
    });
  const both = <T>(value: T) => NAMES.map(() => value);
  const ofBoth = (operation: string) => NAMES.map((name) => `${operation} ${name}`);
  /** What is changed for callers comes last, for all functions; the order of the rest is free. */
  const inPhases = (writes: string[]) => ({
    first: writes.slice(0, -NAMES.length).sort(),
    last: writes.slice(-NAMES.length).sort(),
  });

  beforeAll(async () => {
    shop = await openShop('aliases', {
      ...{ marker: MARKER, handler: HANDLER, withoutFunctions: true },
      deploy: { functionName: '{stage}-{handler}', stage: 'prod' },
    });
    ({ workspace, account, lambda, succeed } = shop);
    change(1);
  });
  afterEach(killRunning);
  afterAll(() => shop.stop());

  it('comes into being as its marker says', async () => {
    const requests = recordFrom(account);
    expect(await deploy()).toContain('2 created');
    const settings = await ofEach((name) =>
      lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name })),
    );
    const common = {
      Runtime: 'python3.11',
      Architectures: ['x86_64'],
      Role: 'arn:aws:iam::000000000000:role/shop-prod',
      CodeSha256: workspace.packageDigest(SHOP),
    };
    expect(settings).toMatchObject([
      {
        ...common,
        ...{ Handler: 'shop.handlers.a.handler', MemorySize: 512, Timeout: 30 },
        Environment: { Variables: { STAGE: 'prod', NAME: 'shop/a' } },
      },
      {
        ...common,
        ...{ Handler: 'shop.handlers.b.handler', MemorySize: 2048, Timeout: 900 },
        Environment: { Variables: { STAGE: 'prod', NAME: 'shop/b' } },
      },
    ]);
    // The code comes with the function: it is not sent again.
    expect(inPhases(packageWrites(requests()))).toEqual({
      first: [...ofBoth('CreateFunction'), ...ofBoth('PublishVersion'), 'PutObject'],
      last: ofBoth('CreateAlias'),
    });
    expect(await live()).toEqual(both('1'));
    expect(await answers()).toEqual(both(['prod', 1]));
  });

  it('is left alone by a second deploy', async () => {
    const requests = recordFrom(account);
    expect(await deploy()).toContain('2 unchanged');
    expect(packageWrites(requests())).toEqual([]);
  });

  it('moves its aliases when all versions are there', async () => {
    change(2);
    const requests = recordFrom(account);
    expect(await deploy()).toContain('2 updated');
    expect(inPhases(packageWrites(requests()))).toEqual({
      first: [...ofBoth('PublishVersion'), 'PutObject', ...ofBoth('UpdateFunctionCode')],
      last: ofBoth('UpdateAlias'),
    });
    expect(await live()).toEqual(both('2'));
    expect(await answers()).toEqual(both(['prod', 2]));
  });

  it('goes back by its aliases alone, to the release before and to one that is named', async () => {
    const requests = recordFrom(account);
    expect(await succeed('rollback', 'shop')).toContain('2 updated');
    expect(packageWrites(requests()).sort()).toEqual(ofBoth('UpdateAlias'));
    expect(await live()).toEqual(both('1'));
    expect(await answers()).toEqual(both(['prod', 1]));

    expect(await succeed('rollback', 'shop', '--to=2')).toContain('2 updated');
    expect(await live()).toEqual(both('2'));
    expect(await answers()).toEqual(both(['prod', 2]));
    expect(await versions()).toEqual(both(['1', '2']));
  });

  it('lists all of that', async () => {
    const rows = (await succeed('releases', 'shop')).split('\n').filter((row) => /^\d/.test(row));
    expect(rows.map((row) => row.split(/ {2,}/).slice(0, 3))).toEqual([
      ['4', 'rollback of 2', 'succeeded'],
      ['3', 'rollback of 2', 'succeeded'],
      ['2', 'deploy', 'succeeded'],
      ['1', 'deploy', 'succeeded'],
    ]);
  });

  it('loses old versions when it is told to, none that is used, and can still go back', async () => {
    for (const number of [3, 4]) {
      change(number);
      await deploy();
    }
    const [name] = NAMES;
    await lambda.send(
      new CreateAliasCommand({ FunctionName: name, Name: 'kept', FunctionVersion: '1' }),
    );
    const requests = recordFrom(account);
    const listed = await succeed('prune-versions', 'shop', '--keep=1');
    expect(listed).toMatch(/prod-a +2 .* 1 \(alias kept\)/);
    expect(listed).toMatch(/prod-b +1-2 /);
    expect(packageWrites(requests())).toEqual([]);
    expect(await versions()).toEqual(both(['1', '2', '3', '4']));

    const pruned = await succeed('prune-versions', 'shop', '--keep=1', '--dryRun=false');
    expect(pruned).toContain('3 deleted');
    expect(await versions()).toEqual([
      ['1', '3', '4'],
      ['3', '4'],
    ]);
    expect(await succeed('rollback', 'shop')).toContain('2 updated');
    expect(await answers()).toEqual(both(['prod', 3]));
  });
});
