import { logger, type Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { errorWith } from '../../errors.fixtures';
import { defines, parseModule } from '../../python/module';
import { projectGenerator } from '../project/project';
import { handlerGenerator } from './handler';

let tree: Tree;
beforeEach(async () => {
  tree = createTreeWithEmptyWorkspace();
  await projectGenerator(tree, { directory: 'services/orders', skipFormat: true });
});

const handler = (name: string, project?: string) =>
  handlerGenerator(tree, { name, project, skipFormat: true });

function marker(body: string): void {
  tree.write(
    'services/orders/pyproject.toml',
    `[tool.nx-lambda-python]\nruntime = "python3.13"\n${body}`,
  );
}

async function added(run: () => Promise<void>): Promise<string[]> {
  const before = new Set(tree.listChanges().map(({ path }) => path));
  await run();
  return tree
    .listChanges()
    .map(({ path }) => path)
    .filter((path) => !before.has(path))
    .sort();
}

describe('where it goes', () => {
  it.each<[string, string | undefined]>([
    ['refund', 'orders'],
    ['refund.py', undefined],
    ['refund', 'services/orders'],
    ['./services/orders/orders/handlers/refund', 'orders'],
    ['services/orders/orders/handlers/refund.py', undefined],
    ['services/orders/orders/handlers/refund', undefined],
    ['services/orders/orders/handlers/refund.py', 'orders'],
  ])('%s in %s', async (name, project) => {
    expect(await added(() => handler(name, project))).toEqual([
      'services/orders/orders/handlers/refund.py',
    ]);
    const source = tree.read('services/orders/orders/handlers/refund.py', 'utf-8') ?? '';
    const module = await parseModule(source);
    expect(module.syntaxError).toBeUndefined();
    expect(defines(module, 'handler')).toBe(true);
    expect(source).toContain('"handler": "refund"');
  });

  it('a subpackage, where globs cover it', async () => {
    marker('package = "orders"\nhandlers = ["orders/handlers/**/*.py"]');
    expect(await added(() => handler('admin/tools/purge', 'orders'))).toEqual([
      'services/orders/orders/handlers/admin/__init__.py',
      'services/orders/orders/handlers/admin/tools/__init__.py',
      'services/orders/orders/handlers/admin/tools/purge.py',
    ]);
    const source = tree.read('services/orders/orders/handlers/admin/tools/purge.py', 'utf-8');
    expect(source).toContain('admin-tools-purge');
  });

  it('a directory per function, a root and another name, without packages', async () => {
    marker(
      'handlers = ["functions/*/app.py"]\ninclude = ["functions/"]\nroot = "src"\nhandler-name = "lambda_handler"',
    );
    expect(await added(() => handler('refund', 'orders'))).toEqual([
      'services/orders/src/functions/refund/app.py',
    ]);
    expect(tree.read('services/orders/src/functions/refund/app.py', 'utf-8')).toContain(
      'def lambda_handler(event',
    );
  });

  it('the first glob that covers it', async () => {
    marker(
      'package = "orders"\nhandlers = ["orders/main.py", "orders/jobs/*.py", "!orders/jobs/base.py"]',
    );
    expect(await added(() => handler('nightly', 'orders'))).toEqual([
      'services/orders/orders/jobs/nightly.py',
    ]);
  });

  it('a service at the root of the workspace', async () => {
    tree.write(
      'pyproject.toml',
      '[project]\nname = "all"\n[tool.nx-lambda-python]\nruntime = "python3.13"\npackage = "app"\nhandlers = ["app/handlers/**/*.py"]',
    );
    tree.write('project.json', '{ "name": "all" }');
    expect(await added(() => handler('admin/purge', 'all'))).toEqual([
      'app/handlers/admin/purge.py',
    ]);
    expect(await added(() => handler('app/handlers/refund'))).toEqual(['app/handlers/refund.py']);
  });
});

it.each<[string, string]>([
  ['bad-name', 'bad_name'],
  ['services/orders/orders/handlers/Bad-Name.py', 'bad_name'],
])('changes %s to %s, and says so', async (typed, name) => {
  const info = jest.spyOn(logger, 'info').mockImplementation(() => undefined);
  expect(await added(() => handler(typed))).toEqual([`services/orders/orders/handlers/${name}.py`]);
  expect(info.mock.calls).toEqual([
    [expect.stringMatching(/^note: `[Bb]ad-[Nn]ame` is not .* named `bad_name`$/)],
  ]);
  info.mockRestore();
});

describe('what it refuses', () => {
  it.each<[string, string | undefined, string, RegExp]>([
    ['class', 'orders', 'HANDLER_NAME_INVALID', /`class` is not a valid Python identifier: use/],
    ['1st', 'orders', 'HANDLER_NAME_INVALID', /`1st`/],
    ['_private', 'orders', 'HANDLER_NAME_INVALID', /would not be a handler/],
    ['test_refund', 'orders', 'HANDLER_NAME_INVALID', /would not be a handler/],
    ['admin/purge', 'orders', 'HANDLER_NAME_INVALID', /`admin\/purge` would not be a handler/],
    ['services/orders/orders/x.py', undefined, 'HANDLER_NAME_INVALID', /would not be a handler/],
    ['hello', 'orders', 'HANDLER_EXISTS', /`services\/orders\/orders\/handlers\/hello\.py`/],
    [
      'refund',
      'ordres',
      'PROJECT_NOT_FOUND',
      /no service is named `ordres`; did you mean `orders`/,
    ],
    ['libs/x/refund.py', undefined, 'PROJECT_NOT_FOUND', /is not in a service/],
    [
      'services/orders-two/orders/handlers/x.py',
      undefined,
      'PROJECT_NOT_FOUND',
      /is not in a service/,
    ],
  ])('%s in %s', async (name, project, code, message) => {
    const before = tree.listChanges().length;
    await expect(handler(name, project)).rejects.toThrow(errorWith(code, message));
    expect(tree.listChanges()).toHaveLength(before);
  });

  it('names that a package or the functions table has', async () => {
    tree.write('services/orders/orders/handlers/report/__init__.py', '');
    await expect(handler('report', 'orders')).rejects.toMatchObject({ code: 'HANDLER_EXISTS' });
    marker(
      'package = "orders"\n[tool.nx-lambda-python.functions]\npurge = { handler = "orders.admin.purge" }',
    );
    await expect(handler('purge', 'orders')).rejects.toMatchObject({ code: 'HANDLER_EXISTS' });
  });

  it('files that are there, and keeps those that make directories packages', async () => {
    const init = 'services/orders/orders/handlers/admin/__init__.py';
    tree.write(init, 'MINE = 1\n');
    marker('package = "orders"\nhandlers = ["orders/handlers/**/*.py"]\n');
    await handler('admin/purge', 'orders');
    expect(tree.read(init, 'utf-8')).toBe('MINE = 1\n');
    const file = 'services/orders/orders/handlers/admin/purge.py';
    tree.write(file, '# mine\n');
    await expect(handler('admin/purge', 'orders')).rejects.toThrow(errorWith('HANDLER_EXISTS'));
    expect(tree.read(file, 'utf-8')).toBe('# mine\n');
  });

  it('says how to cover subpackages', async () => {
    await expect(handler('admin/purge', 'orders')).rejects.toMatchObject({
      hint: expect.stringContaining('handlers = ["orders/handlers/**/*.py"]'),
    });
  });
});
