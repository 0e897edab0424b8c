import type { CreateDependenciesContext, ProjectConfiguration } from '@nx/devkit';
import { createDependencies } from '../plugin';
import { temporaryDirectory, writeFiles } from '../temporary.fixtures';

let workspace: string;
beforeEach(() => (workspace = temporaryDirectory()));

const MARKER = '[tool.nx-lambda-python]\npackage = "orders"\nruntime = "python3.13"\n';
const LIBRARY = '[project]\nname = "x"\n';
const PROJECTS: Record<string, ProjectConfiguration> = {
  orders: { root: 'services/orders', targets: { build: { executor: 'nx-lambda-python:build' } } },
  common: { root: 'libs/common' },
  libs: { root: 'libs' },
  commonly: { root: 'libs/commonly' },
  other: { root: 'services/other' },
};

async function edges(
  files: Record<string, string>,
  projects: Record<string, ProjectConfiguration> = PROJECTS,
) {
  const services = Object.values(projects).filter(({ targets }) => targets);
  const markers = services.map(({ root }) => [`${root}/pyproject.toml`, MARKER]);
  writeFiles(workspace, { ...Object.fromEntries(markers), ...files });
  const context = { projects, workspaceRoot: workspace } as unknown as CreateDependenciesContext;
  const found = await createDependencies(undefined, context);
  return found.map(({ source, target, type }) => `${source} -> ${target} ${type}`);
}

describe('createDependencies', () => {
  it('leads from a service to the innermost project of each library, once', async () => {
    expect(
      await edges({
        'services/orders/requirements.txt':
          '-e ../../libs/common\n../../libs/common[x]\n../../libs/a\n',
        'libs/common/pyproject.toml': LIBRARY,
        'libs/a/setup.py': '',
        'services/other/requirements.txt': '-e ../../libs/common\n',
      }),
    ).toEqual(['orders -> libs implicit', 'orders -> common implicit']);
  });

  it('knows the requirements that the target has as an option', async () => {
    const options = { requirements: ['deps/base.txt'] };
    const orders = {
      root: 'services/orders',
      targets: { pack: { executor: 'nx-lambda-python:build', options } },
    };
    const files = {
      'services/orders/deps/base.txt': '-r ../more.txt\n',
      'services/orders/more.txt': `common @ file://${workspace}/libs/common\n`,
      'libs/common/pyproject.toml': LIBRARY,
    };
    expect(await edges(files, { ...PROJECTS, orders })).toEqual(['orders -> common implicit']);
  });

  it.each([
    ['root = "../other"', ['orders -> other implicit']],
    [
      'roots = [".", "../../libs/common/src", "../other"]',
      ['orders -> common implicit', 'orders -> other implicit'],
    ],
  ])('leads to the projects whose code the service takes: %s', async (line, expected) => {
    const files = {
      'services/orders/pyproject.toml': `${MARKER}${line}\n`,
      'services/orders/requirements.txt': '',
    };
    expect(await edges(files)).toEqual(expected);
  });

  it('leads both ways between services that have the code of each other', async () => {
    const executor = 'nx-lambda-python:build';
    const other = { root: 'services/other', targets: { build: { executor } } };
    const files = {
      'services/orders/requirements.txt': '',
      'services/orders/pyproject.toml': `${MARKER}roots = [".", "../other"]\n`,
      'services/other/requirements.txt': '',
      'services/other/pyproject.toml': `${MARKER}roots = [".", "../orders"]\n`,
    };
    expect(await edges(files, { ...PROJECTS, other })).toEqual([
      'orders -> other implicit',
      'other -> orders implicit',
    ]);
  });

  it.each<Record<string, string>>([
    {},
    { 'services/orders/requirements.txt': '-e ../../libs/missing\n' },
    { 'services/orders/requirements.txt': '-e ../../../x\n' },
    { 'services/orders/uv.lock': 'not TOML' },
    { 'services/orders/pylock.toml': 'lock-version = "9"' },
    { 'services/orders/requirements.txt/x': 'a directory' },
  ])('is silent about what is wrong: %j', async (files) => {
    expect(await edges(files)).toEqual([]);
  });
});
