import { packagedModules } from './existing';
import { findLayout, type AdoptedLayout } from './layout';
import { renderMarker } from './marker-text';
import { discoverHandlers } from '../../service/discover';
import { parseMarker } from '../../service/marker';
import { parseModule } from '../../python/module';
import { findRuntime, type Runtime } from '../../service/runtimes';

const HANDLER = 'def handler(event, context):\n    return 1\n';
const LAMBDA_HANDLER = 'def lambda_handler(event, context):\n    return 1\n';

type Files = Record<string, string>;

async function layoutOf(files: Files): Promise<AdoptedLayout | undefined> {
  const modules = await Promise.all(
    packagedModules(Object.keys(files)).map(async (file) => {
      const text = files[file] ?? '';
      return [file, { text, module: await parseModule(text) }] as const;
    }),
  );
  return findLayout(new Map(modules));
}

/** The handlers that a build finds by the marker that is written, and the files of the package's tops. */
async function handlersOf(files: Files): Promise<string[]> {
  const layout = await layoutOf(files);
  const runtime = findRuntime('python3.13') as Runtime;
  const text = renderMarker({ ...layout, runtime, architecture: 'x86_64' });
  const marker = parseMarker(text, 'pyproject.toml');
  const handlers = await discoverHandlers(marker, Object.keys(files), (path) =>
    parseModule(files[path] ?? ''),
  );
  return handlers.map(({ name, handler }) => `${name} ${handler}`);
}

const USUAL: AdoptedLayout = {
  root: '',
  importPackage: 'orders',
  handlers: undefined,
  handlerName: 'handler',
  include: undefined,
  functions: [],
};

it.each<[string, Files, Partial<AdoptedLayout>, string[]]>([
  [
    'the usual one',
    { 'orders/handlers/a.py': HANDLER, 'orders/handlers/b.py': HANDLER, 'orders/x.py': '' },
    {},
    ['a orders.handlers.a.handler', 'b orders.handlers.b.handler'],
  ],
  [
    'a package in a package',
    { 'company/orders/handlers/a.py': HANDLER, 'company/x.py': '' },
    { importPackage: 'company.orders' },
    ['a company.orders.handlers.a.handler'],
  ],
  [
    'handlers by another name, in subpackages',
    { 'orders/handlers/a.py': LAMBDA_HANDLER, 'orders/handlers/admin/b.py': LAMBDA_HANDLER },
    { handlerName: 'lambda_handler', handlers: ['orders/handlers/**/*.py'] },
    ['a orders.handlers.a.lambda_handler', 'admin-b orders.handlers.admin.b.lambda_handler'],
  ],
  [
    'a base class among them',
    { 'orders/api/a.py': HANDLER, 'orders/api/b.py': HANDLER, 'orders/api/base.py': 'x = 1\n' },
    { handlers: ['orders/api/*.py', '!orders/api/base.py'] },
    ['a orders.api.a.handler', 'b orders.api.b.handler'],
  ],
  [
    'packages side by side',
    {
      'handlers/a.py': `import lib.x\n${HANDLER}`,
      'lib/x.py': 'from services import y\n',
      'services/y.py': '',
      'scripts/load.py': '',
    },
    {
      importPackage: undefined,
      handlers: ['handlers/*.py'],
      include: ['/handlers/', '/lib/', '/services/'],
    },
    ['a handlers.a.handler'],
  ],
  [
    'a directory for each function below src',
    {
      'src/functions/create/app.py': `from shared.x import y\n${LAMBDA_HANDLER}`,
      'src/functions/refund/app.py': LAMBDA_HANDLER,
      'src/shared/x.py': '',
      'tests/test_app.py': HANDLER,
    },
    {
      root: 'src',
      importPackage: undefined,
      handlerName: 'lambda_handler',
      handlers: ['functions/*/app.py'],
      include: ['/functions/', '/shared/'],
    },
    ['create functions.create.app.lambda_handler', 'refund functions.refund.app.lambda_handler'],
  ],
  [
    'src as a package of its own',
    { 'src/__init__.py': '', 'src/a.py': `from src.b import x\n${HANDLER}`, 'src/b.py': '' },
    { importPackage: 'src', handlers: ['src/*.py', '!src/b.py'] },
    ['a src.a.handler'],
  ],
  [
    'a directory that was a package of its own in Lambda',
    { 'hello_world/app.py': `import helper\n${LAMBDA_HANDLER}`, 'hello_world/helper.py': '' },
    {
      root: 'hello_world',
      importPackage: undefined,
      handlerName: 'lambda_handler',
      handlers: ['app.py'],
      include: ['/app.py', '/helper.py'],
    },
    ['app app.lambda_handler'],
  ],
  [
    'one module at the top',
    { 'lambda_function.py': LAMBDA_HANDLER, 'setup.py': '' },
    {
      importPackage: undefined,
      handlerName: 'lambda_handler',
      handlers: ['lambda_function.py'],
      include: ['/lambda_function.py'],
    },
    ['lambda_function lambda_function.lambda_handler'],
  ],
  [
    'several functions in one module',
    {
      'orders/api.py':
        'def create(event, context): pass\n\n\ndef refund(event, _context): pass\n\n\ndef _help(event, context): pass\n',
    },
    {
      handlers: ['orders/*.py'],
      functions: [
        { key: 'create', handler: 'orders.api.create' },
        { key: 'refund', handler: 'orders.api.refund' },
      ],
    },
    ['create orders.api.create', 'refund orders.api.refund'],
  ],
  [
    'one that differs, and one in an __init__.py',
    {
      'orders/handlers/a.py': HANDLER,
      'orders/handlers/b.py': 'import json\nhandler = Mangum(app)\n',
      'orders/jobs/nightly.py': 'async def run(event: dict, context: object) -> None: pass\n',
      'orders/purge/__init__.py': HANDLER,
    },
    {
      functions: [
        { key: 'run', handler: 'orders.jobs.nightly.run' },
        { key: 'purge', handler: 'orders.purge.handler' },
      ],
    },
    [
      'a orders.handlers.a.handler',
      'b orders.handlers.b.handler',
      'purge orders.purge.handler',
      'run orders.jobs.nightly.run',
    ],
  ],
  [
    'names that globs would give twice',
    { 'orders/a/app.py': HANDLER, 'orders/b/app.py': LAMBDA_HANDLER, 'orders/b/x/app.py': HANDLER },
    {
      handlers: [],
      functions: [
        { key: 'a-app', handler: 'orders.a.app.handler' },
        { key: 'b-app', handler: 'orders.b.app.lambda_handler' },
        { key: 'x-app', handler: 'orders.b.x.app.handler' },
      ],
    },
    [
      'a-app orders.a.app.handler',
      'b-app orders.b.app.lambda_handler',
      'x-app orders.b.x.app.handler',
    ],
  ],
  [
    'directories of which one has another name',
    {
      'f/a/app.py': HANDLER,
      'f/b/app.py': HANDLER,
      'f/c/app.py': 'def record(event, context): pass\n',
    },
    {
      importPackage: 'f',
      handlers: ['f/*/app.py', '!f/c/app.py'],
      functions: [{ key: 'record', handler: 'f.c.app.record' }],
    },
    ['a f.a.app.handler', 'b f.b.app.handler', 'record f.c.app.record'],
  ],
  [
    'names that would be one',
    { 'orders/a/app.py': HANDLER, 'orders/b/app.py': HANDLER, 'orders/b/x.py': '' },
    { handlers: ['orders/*/app.py'] },
    ['a orders.a.app.handler', 'b orders.b.app.handler'],
  ],
])('finds %s', async (_, files, expected, handlers) => {
  expect(await layoutOf(files)).toEqual({ ...USUAL, ...expected });
  expect(await handlersOf(files)).toEqual(handlers);
});

it.each<Files>([
  {},
  { 'orders/x.py': 'VALUE = 1\n' },
  { 'orders/x.py': '"""\ndef handler(event, context):\n"""\n' },
  { 'orders/x.py': 'class A:\n    def handler(event, context): pass\n' },
  { 'tests/test_x.py': HANDLER, 'conftest.py': HANDLER, 'setup.py': HANDLER },
])('finds none in %j', async (files) => expect(await layoutOf(files)).toBeUndefined());
