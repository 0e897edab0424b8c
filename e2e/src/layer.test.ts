/** `"layer": true` from build to deploy: one layer for all functions, beside layers that somebody else attached. */

import {
  ListLayerVersionsCommand,
  PublishLayerVersionCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { buildArchive } from '../../packages/nx-lambda-python/src/packaging/zip/archive.fixtures';
import { answerOf, packageWrites, recordFrom } from './support/account';
import { killRunning } from './support/nx-process';
import { startPackageIndex, type PackageIndex } from './support/package-index';
import { openShop, SHOP, SHOP_MARKER, SHOP_NAMES as NAMES, type Shop } from './support/shop';

const MARKER = `${SHOP_MARKER}
[tool.nx-lambda-python.create]
role = "arn:aws:iam::000000000000:role/shop"
`;
const HANDLER = 'import alpha\n\ndef handler(event, context):\n    return alpha.VERSION\n';
const WHEELS = ['1.0', '2.0'].map((version) => ({
  name: 'alpha',
  version,
  files: { 'alpha.py': `VERSION = "${version}"\n` },
}));

describe('a service whose dependencies are in a layer', () => {
  let shop: Shop;
  let { workspace, account, lambda, succeed }: Shop = {} as Shop;
  let index: PackageIndex;
  /** Layers of somebody else, before and after the service's own. */
  let before: string;
  let after: string;

  const require = (version: string) =>
    workspace.write(`${SHOP}/requirements.txt`, `alpha==${version}\n`);
  const own = (version: number) =>
    `arn:aws:lambda:us-east-1:000000000000:layer:shop-dependencies:${version}`;
  const layersOf = async (name: string) => (await account.readFunction(name))?.layers;
  const published = async () => {
    const listed = await lambda.send(
      new ListLayerVersionsCommand({ LayerName: 'shop-dependencies' }),
    );
    return (listed.LayerVersions ?? []).map(({ LayerVersionArn }) => LayerVersionArn);
  };
  const answers = (...names: string[]) => Promise.all(names.map((name) => answerOf(lambda, name)));
  const somebodysLayer = async (name: string) => {
    const ZipFile = buildArchive([{ path: `python/${name}.py`, content: 'X = 1\n' }]);
    const command = new PublishLayerVersionCommand({ LayerName: name, Content: { ZipFile } });
    return (await lambda.send(command)).LayerVersionArn ?? '';
  };
  const attach = (name: string, Layers: string[]) =>
    lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, Layers }));

  beforeAll(async () => {
    index = await startPackageIndex(WHEELS);
    shop = await openShop('layer', {
      ...{ marker: MARKER, handler: HANDLER, build: { engine: 'host', layer: true } },
      environment: () => ({ PIP_INDEX_URL: index.url }),
    });
    ({ workspace, account, lambda, succeed } = shop);
    require('1.0');
    before = await somebodysLayer('before');
    after = await somebodysLayer('after');
    await attach('shop-a', [before]);
  });
  afterEach(killRunning);
  afterAll(() => Promise.all([shop.stop(), index.stop()]));

  it('publishes it once and attaches it to every function, after what is there', async () => {
    const requests = recordFrom(account);
    expect(await succeed('deploy', 'shop')).toContain('2 updated');
    expect(packageWrites(requests()).sort()).toEqual([
      'PublishLayerVersion shop-dependencies',
      // The layer, and the service's own files.
      'PutObject',
      'PutObject',
      'UpdateFunctionCode shop-a',
      'UpdateFunctionCode shop-b',
      'UpdateFunctionConfiguration shop-a',
      'UpdateFunctionConfiguration shop-b',
    ]);
    expect(await layersOf('shop-a')).toEqual([before, own(1)]);
    expect(await layersOf('shop-b')).toEqual([own(1)]);
    expect(workspace.packagePaths(SHOP)).not.toContain('alpha.py');
    expect(await answers(...NAMES)).toEqual(['1.0', '1.0']);
  });

  it('writes nothing a second time, also beside a layer that came later', async () => {
    await attach('shop-a', [before, own(1), after]);
    const requests = recordFrom(account);
    expect(await succeed('deploy', 'shop')).toContain('2 unchanged');
    expect(packageWrites(requests())).toEqual([]);
  });

  it('leaves the layer alone when only the source is another, and gives it to a new function', async () => {
    workspace.write(`${SHOP}/shop/handlers/b.py`, HANDLER.replace('VERSION', 'VERSION + "!"'));
    workspace.write(`${SHOP}/shop/handlers/c.py`, HANDLER);
    const requests = recordFrom(account);
    expect(await succeed('deploy', 'shop', '--missing=create')).toContain('1 created, 2 updated');
    expect(packageWrites(requests()).sort()).toEqual([
      'CreateFunction shop-c',
      'PutObject',
      'UpdateFunctionCode shop-a',
      'UpdateFunctionCode shop-b',
    ]);
    expect(await published()).toEqual([own(1)]);
    expect(await layersOf('shop-a')).toEqual([before, own(1), after]);
    expect(await layersOf('shop-c')).toEqual([own(1)]);
    expect(await answers('shop-a', 'shop-b', 'shop-c')).toEqual(['1.0', '1.0!', '1.0']);
  });

  it('puts a new version in the place of the old one when requirements change', async () => {
    require('2.0');
    const requests = recordFrom(account);
    expect(await succeed('deploy', 'shop')).toContain('3 updated');
    // The code is what it was.
    expect(packageWrites(requests()).sort()).toEqual([
      'PublishLayerVersion shop-dependencies',
      'PutObject',
      'UpdateFunctionConfiguration shop-a',
      'UpdateFunctionConfiguration shop-b',
      'UpdateFunctionConfiguration shop-c',
    ]);
    expect(await published()).toEqual([own(2), own(1)]);
    expect(await layersOf('shop-a')).toEqual([before, own(2), after]);
    expect(await layersOf('shop-b')).toEqual([own(2)]);
    expect(await answers(...NAMES)).toEqual(['2.0', '2.0!']);
  });

  it('goes back to the layers of the release before', async () => {
    expect(await succeed('rollback', 'shop')).toContain('3 updated');
    expect(await layersOf('shop-a')).toEqual([before, own(1), after]);
    expect(await layersOf('shop-b')).toEqual([own(1)]);
    expect(await answers(...NAMES)).toEqual(['1.0', '1.0!']);
  });
});
