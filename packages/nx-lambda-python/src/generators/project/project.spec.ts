import { addProjectConfiguration, logger, readJson, readNxJson, type Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { errorWith } from '../../errors.fixtures';
import { parseMarker } from '../../service/marker';
import { discoverHandlers } from '../../service/discover';
import { parseModule } from '../../python/module';
import { RUNTIMES } from '../../service/runtimes';
import generate, { projectGenerator } from './project';
import schema from './schema.json';
import type { ProjectGeneratorSchema } from './schema';

let tree: Tree;
beforeEach(() => {
  tree = createTreeWithEmptyWorkspace();
});

const project = (directory: string, options: Partial<ProjectGeneratorSchema> = {}) =>
  projectGenerator(tree, { directory, skipFormat: true, ...options });

const created = () =>
  tree
    .listChanges()
    .map(({ path }) => path)
    .filter((path) => path.startsWith('services/'))
    .sort();

it('creates a service that discovery reads, and registers the plugin', async () => {
  await project('services/orders', { runtime: 'python3.11' });
  expect(created()).toEqual([
    'services/orders/.gitignore',
    'services/orders/README.md',
    'services/orders/orders/__init__.py',
    'services/orders/orders/handlers/__init__.py',
    'services/orders/orders/handlers/hello.py',
    'services/orders/project.json',
    'services/orders/pyproject.toml',
    'services/orders/requirements.txt',
  ]);
  expect(readNxJson(tree)?.plugins).toEqual(['nx-lambda-python']);
  expect(readJson(tree, 'services/orders/project.json')).toEqual({
    $schema: '../../node_modules/nx/schemas/project-schema.json',
    name: 'orders',
  });
  const readme = tree.read('services/orders/README.md', 'utf-8') ?? '';
  expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(10);

  const text = tree.read('services/orders/pyproject.toml', 'utf-8') ?? '';
  expect(text).toContain('requires-python = ">=3.11"');
  const marker = parseMarker(text, 'pyproject.toml');
  const files = created().map((path) => path.replace('services/orders/', ''));
  const handlers = await discoverHandlers(marker, files, async (path) =>
    parseModule(tree.read(`services/orders/${path}`) ?? ''),
  );
  expect(handlers).toEqual([
    { name: 'hello', file: 'orders/handlers/hello.py', handler: 'orders.handlers.hello.handler' },
  ]);
});

it('turns names with dashes into packages, and takes options', async () => {
  await project('services/my-orders', { architecture: 'arm64', tags: 'scope:shop, type:api' });
  expect(tree.read('services/my-orders/pyproject.toml', 'utf-8')).toContain(
    'name = "my-orders"\nversion = "0.0.0"\nrequires-python = ">=3.13"\n\n[tool.nx-lambda-python]\npackage = "my_orders"\nruntime = "python3.13"\narchitecture = "arm64"\n',
  );
  expect(readJson(tree, 'services/my-orders/project.json').tags).toEqual([
    'scope:shop',
    'type:api',
  ]);
  expect(tree.exists('services/my-orders/my_orders/handlers/hello.py')).toBe(true);
});

it('nests a dotted package', async () => {
  await project('services/orders', { name: '@shop/orders', package: 'company.orders' });
  expect(tree.exists('services/orders/company/__init__.py')).toBe(true);
  expect(tree.exists('services/orders/company/orders/handlers/hello.py')).toBe(true);
  expect(tree.read('services/orders/pyproject.toml', 'utf-8')).toContain('name = "shop-orders"');
});

it('writes no .gitignore where the root ignores it all', async () => {
  tree.write('.gitignore', '__pycache__\n.venv\n');
  await project('services/orders');
  expect(tree.exists('services/orders/.gitignore')).toBe(false);
});

it.each<[string, Partial<ProjectGeneratorSchema>, string, RegExp]>([
  ['services/2fa', {}, 'OPTION_INVALID', /`2fa` is not a valid project name/],
  [
    'services/x',
    { package: 'my-orders' },
    'OPTION_INVALID',
    /`my-orders` is not a valid name for a Python package/,
  ],
  ['services/email', {}, 'OPTION_INVALID', /would hide the module `email`/],
  ['services/class', {}, 'OPTION_INVALID', /cannot be made into/],
  ['../outside', {}, 'OPTION_INVALID', /not a path inside the workspace/],
  ['/etc/orders', {}, 'OPTION_INVALID', /not a path inside the workspace/],
  [
    'services/x',
    { runtime: 'python3.8' as 'python3.9' },
    'RUNTIME_UNKNOWN',
    /unknown runtime `python3\.8`/,
  ],
  ['services/taken', {}, 'PROJECT_EXISTS', /`services\/taken` is already a service/],
  ['apps/web', { name: 'site' }, 'OPTION_INVALID', /`apps\/web` is already the project `web`/],
  [
    'services/new',
    { name: 'taken' },
    'PROJECT_EXISTS',
    /`taken` already exists in `services\/taken`/,
  ],
  ['services/new', { name: 'web' }, 'PROJECT_EXISTS', /`web` already exists in `apps\/web`/],
])('refuses %s with %j, and writes nothing', async (directory, options, code, message) => {
  tree.write('services/taken/pyproject.toml', '[tool.nx-lambda-python]\npackage = "taken"\n');
  addProjectConfiguration(tree, 'web', { root: 'apps/web' });
  const before = tree.listChanges().length;
  await expect(project(directory, options)).rejects.toThrow(errorWith(code, message));
  expect(tree.listChanges()).toHaveLength(before);
});

describe('a directory that holds something', () => {
  const ROOT = 'services/orders';
  const at = (path: string) => `${ROOT}/${path}`;
  const HANDLER = 'def handler(event, context):\n    return 1\n';
  let said: string;

  beforeEach(() => {
    said = '';
    for (const level of ['info', 'warn'] as const) {
      jest
        .spyOn(logger, level)
        .mockImplementation((...lines) => void (said += `${lines.join(' ')}\n`));
    }
  });
  afterEach(() => jest.restoreAllMocks());

  function fill(files: Record<string, string>): void {
    for (const [path, text] of Object.entries(files)) tree.write(at(path), text);
  }

  async function adopt(files: Record<string, string>, options = {}) {
    fill(files);
    await project(ROOT, options);
    // What was there is there, byte for byte.
    for (const [path, text] of Object.entries(files)) {
      const kept = tree.read(at(path), 'utf-8') ?? '';
      expect(path === 'pyproject.toml' ? kept.slice(0, text.length) : kept).toBe(text);
    }
    const written = created().map((path) => path.slice(ROOT.length + 1));
    return {
      news: written.filter((path) => !(path in files)),
      marker: parseMarker(tree.read(at('pyproject.toml'), 'utf-8') ?? '', 'pyproject.toml'),
    };
  }

  it('keeps all its files, and adopts its handlers and requirements', async () => {
    const { news, marker } = await adopt({
      'requirements.txt': 'requests==2.32.5   # pinned\n',
      'README.md': '#   Mine\n',
      '.gitignore': 'build\n',
      'orders/handlers/hello.py': '# mine\ndef   handler(event, context): pass\n',
      'orders/shared.py': '',
      'scripts/load.py': '',
    });
    expect(news).toEqual(['project.json', 'pyproject.toml']);
    expect(marker).toMatchObject({ importPackage: 'orders', handlersGiven: false });
    expect(said).toContain('unchanged in services/orders: .gitignore, README.md, orders/, ');
    expect(said).toContain('1 handler: hello (orders.handlers.hello.handler)');
    expect(said).toContain('check: `scripts/` is not in the package, as no handler imports it: ');
    expect(said).toContain('dependencies: `requirements.txt`');
  });

  it('adds no requirements.txt to what pyproject.toml declares', async () => {
    const pyproject = '[project]\nname = "orders"\ndependencies = ["requests"]\n';
    const { news } = await adopt({ 'pyproject.toml': pyproject });
    expect(news).toContain('orders/handlers/hello.py');
    expect(news).not.toContain('requirements.txt');
  });

  it('keeps a project that it is already, with its name', async () => {
    const projectJson = '{ "name": "shop-orders",\n  "tags": [] }';
    const { news } = await adopt(
      { 'project.json': projectJson, 'orders/handlers/a.py': HANDLER },
      { tags: 'scope:shop' },
    );
    expect(news).toEqual(['pyproject.toml']);
    expect(said).toContain('the tags scope:shop were not written');
  });

  it('gets a first handler where it has none, over nothing', async () => {
    const { news, marker } = await adopt({
      'README.md': 'x',
      'shop/__init__.py': '"""Mine."""\n',
      'shop/prices.py': 'RATE = 1\n',
    });
    expect(marker.importPackage).toBe('shop');
    expect(news).toContain('shop/handlers/hello.py');
    expect(said).toContain('no handler was found: added a first one');
  });
});

it('shows errors in the form that executors print, without a stack', async () => {
  const error: unknown = await generate(tree, { directory: 'services/email' }).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Error);
  const { message, stack } = error as Error;
  expect(message).toMatch(
    /^error\[OPTION_INVALID\]: a package `email`.*\nhint: pass another one: `--package=email_service`$/,
  );
  expect(stack).toBeUndefined();
});

it('offers exactly the runtimes that are known', () => {
  const names = RUNTIMES.map(({ name }) => name);
  expect(schema.properties.runtime.enum).toEqual(names);
  expect(schema.properties.runtime['x-prompt'].items.map(({ value }) => value)).toEqual(
    [...names].reverse(),
  );
});
