import { LambdaPythonError } from '../errors';
import { discoverHandlers, type Handler } from './discover';
import { parseModule } from '../python/module';
import { parseMarker } from './marker';

const HANDLER = 'def handler(event, context):\n    return {}\n';

function discover(toml: string, sources: Record<string, string>): Promise<Handler[]> {
  const marker = parseMarker(
    `[tool.nx-lambda-python]\nruntime = "python3.13"\n${toml}`,
    'pyproject.toml',
  );
  return discoverHandlers(marker, Object.keys(sources), (path) => parseModule(sources[path] ?? ''));
}

async function failure(toml: string, sources: Record<string, string>): Promise<LambdaPythonError> {
  const error: unknown = await discover(toml, sources).catch((thrown: unknown) => thrown);
  if (error instanceof LambdaPythonError) return error;
  throw new Error(`expected an error, got ${JSON.stringify(error)}`);
}

const ORDERS = 'package = "orders"';
const FUNCTIONS = '[tool.nx-lambda-python.functions]';

describe('layouts', () => {
  it('finds every module of handlers/, sorted, without __init__ and private ones', async () => {
    const handlers = await discover(ORDERS, {
      'orders/handlers/refund.py': 'from .x import handler\n',
      'orders/handlers/create_order.py': HANDLER,
      'orders/handlers/with-dash.py': HANDLER,
      'orders/handlers/__init__.py': '',
      'orders/handlers/_shared.py': '',
      'orders/handlers/test_refund.py': 'import pytest\n',
      'orders/handlers/admin/purge.py': '',
    });
    expect(handlers).toEqual([
      {
        name: 'create_order',
        file: 'orders/handlers/create_order.py',
        handler: 'orders.handlers.create_order.handler',
      },
      {
        name: 'refund',
        file: 'orders/handlers/refund.py',
        handler: 'orders.handlers.refund.handler',
      },
      {
        name: 'with-dash',
        file: 'orders/handlers/with-dash.py',
        handler: 'orders.handlers.with-dash.handler',
      },
    ]);
  });

  it('lambda_handler, in a src layout', async () => {
    const [handler] = await discover(`${ORDERS}\nroot = "src"\nhandler-name = "lambda_handler"`, {
      'src/orders/handlers/create.py': 'lambda_handler = Mangum(app)\n',
    });
    expect(handler).toEqual({
      name: 'create',
      file: 'src/orders/handlers/create.py',
      handler: 'orders.handlers.create.lambda_handler',
    });
  });

  it('subpackages', async () => {
    const handlers = await discover(`${ORDERS}\nhandlers = ["orders/handlers/**/*.py"]`, {
      'orders/handlers/create.py': HANDLER,
      'orders/handlers/admin/__init__.py': '',
      'orders/handlers/admin/purge.py': HANDLER,
      'orders/handlers/_lib/x.py': '',
    });
    expect(handlers.map(({ name, handler }) => [name, handler])).toEqual([
      ['admin-purge', 'orders.handlers.admin.purge.handler'],
      ['create', 'orders.handlers.create.handler'],
    ]);
  });

  it('two handler packages, side by side with libraries, and a base.py that is none', async () => {
    const handlers = await discover(
      'handlers = ["handlers/*.py", "jobs/*.py", "!handlers/base.py"]\ninclude = ["handlers/", "jobs/", "lib/"]',
      { 'handlers/base.py': '', 'handlers/a.py': HANDLER, 'jobs/b.py': HANDLER, 'lib/c.py': '' },
    );
    expect(handlers.map(({ handler }) => handler)).toEqual([
      'handlers.a.handler',
      'jobs.b.handler',
    ]);
  });

  it('a directory per function: the directory names the handler', async () => {
    const handlers = await discover(
      'handlers = ["functions/*/app.py", "lambda_function.py"]\ninclude = ["functions/", "/lambda_function.py"]',
      {
        'functions/create/app.py': HANDLER,
        'functions/refund/app.py': HANDLER,
        'lambda_function.py': HANDLER,
      },
    );
    expect(handlers.map(({ name, handler }) => [name, handler])).toEqual([
      ['create', 'functions.create.app.handler'],
      ['lambda_function', 'lambda_function.handler'],
      ['refund', 'functions.refund.app.handler'],
    ]);
  });

  it('several functions in one module, and no handlers directory at all', async () => {
    const handlers = await discover(
      `${ORDERS}\n${FUNCTIONS}\npurge = { handler = "orders.admin.purge_all", name = "orders-purge" }\naudit = { handler = "orders.admin.audit" }\nroot = { handler = "orders.handler" }`,
      {
        'orders/admin.py': 'def purge_all(e, c): pass\naudit = purge_all\n',
        'orders/__init__.py': HANDLER,
      },
    );
    expect(handlers).toEqual([
      { name: 'audit', file: 'orders/admin.py', handler: 'orders.admin.audit' },
      {
        name: 'purge',
        file: 'orders/admin.py',
        handler: 'orders.admin.purge_all',
        functionName: 'orders-purge',
      },
      { name: 'root', file: 'orders/__init__.py', handler: 'orders.handler' },
    ]);
  });

  it('a functions entry names a handler, renames one, and frees a module of the usual name', async () => {
    const handlers = await discover(
      `${ORDERS}\n${FUNCTIONS}\ncreate = "legacy-create"\nback = { handler = "orders.handlers.refund.handler" }\nx = { handler = "orders.handlers.multi.x" }`,
      {
        'orders/handlers/create.py': HANDLER,
        'orders/handlers/refund.py': HANDLER,
        'orders/handlers/multi.py': 'def x(e, c): pass\n',
      },
    );
    expect(handlers.map(({ name, functionName }) => [name, functionName])).toEqual([
      ['back', undefined],
      ['create', 'legacy-create'],
      ['x', undefined],
    ]);
  });
});

describe('bad input', () => {
  it('reports every bad module at once', async () => {
    const error = await failure(ORDERS, {
      'orders/handlers/a.py': 'x = 1\ndef handler(event, context)\n    pass\n',
      'orders/handlers/b.py': 'def main(): pass\n',
      'orders/handlers/c.py': HANDLER,
    });
    expect(error.code).toBe('HANDLER_SYNTAX');
    expect(error.message).toContain('2 faults');
    expect(error.message).toContain(
      '`orders/handlers/a.py:2:1` is not valid Python: `def handler(event, context)`',
    );
    expect(error.message).toContain(
      '`orders/handlers/b.py` has no top-level `def handler(event, context)`',
    );
  });

  it('reports a name that all modules miss once, with the name that they have', async () => {
    const sources = {
      'orders/handlers/a.py': 'import json\ndef lambda_handler(event, context): ...\n',
      'orders/handlers/b.py': 'from orders.lib import lambda_handler\nimport json\n',
    };
    const { code, message, hint } = await failure(ORDERS, sources);
    expect(code).toBe('HANDLER_NOT_FOUND');
    expect(message).toBe(
      '2 of 2 handler modules have no top-level `def handler(event, context)`: `orders/handlers/a.py`, `orders/handlers/b.py`',
    );
    expect(hint).not.toContain('!orders');
    const line = /handler-name = "[a-z_]*"/.exec(hint)?.[0] ?? '';
    await expect(discover(`${ORDERS}\n${line}`, sources)).resolves.toHaveLength(2);
  });

  it('proposes to rename a handler that only some modules have', async () => {
    const { message, hint } = await failure(ORDERS, {
      'orders/handlers/a.py': HANDLER,
      'orders/handlers/b.py': 'def lambda_handler(event, context): ...\n',
    });
    expect(message).toMatch(/^`orders\/handlers\/b\.py` has no/);
    expect(hint).toMatch(
      /^rename `lambda_handler` to `handler`, or take it out .*"!orders.*b\.py"/,
    );
  });

  it('shows how to take a module out, with a glob that works', async () => {
    const sources = { 'orders/handlers/a.py': HANDLER, 'orders/handlers/base.py': '' };
    const { code, hint } = await failure(ORDERS, sources);
    expect(code).toBe('HANDLER_NOT_FOUND');
    const line = /handlers = \[.*\]/.exec(hint)?.[0] ?? '';
    await expect(discover(`${ORDERS}\n${line}`, sources)).resolves.toHaveLength(1);
  });

  it.each<[string, string, Record<string, string>, string, RegExp]>([
    [
      'package directory missing',
      ORDERS,
      { 'order/a.py': '' },
      'PACKAGE_DIRECTORY_MISSING',
      /`orders\/` does not exist/,
    ],
    [
      'no module',
      ORDERS,
      { 'orders/a.py': '' },
      'NO_HANDLERS',
      /`orders\/handlers\/\*\.py`.*match no module/,
    ],
    [
      'one glob of two without a match',
      `${ORDERS}\nhandlers = ["orders/a.py", "orders/b/*.py"]`,
      { 'orders/a.py': HANDLER },
      'NO_HANDLERS',
      /`orders\/b\/\*\.py`/,
    ],
    [
      'modules outside the package',
      `${ORDERS}\nhandlers = ["jobs/*.py"]`,
      { 'orders/a.py': '', 'jobs/b.py': HANDLER },
      'NO_HANDLERS',
      /match `jobs\/b\.py`, which is not in the package/,
    ],
    [
      'include without a match',
      'handlers = ["a.py"]\ninclude = ["a.py", "libs/"]',
      { 'a.py': HANDLER },
      'MARKER_INVALID',
      /`libs\/` in `include`/,
    ],
    [
      'dots in a file name',
      ORDERS,
      { 'orders/handlers/create.v2.py': HANDLER },
      'HANDLER_NAME_INVALID',
      /create\.v2\.py` cannot be imported/,
    ],
    [
      'too long',
      ORDERS,
      { [`orders/handlers/${'a'.repeat(120)}.py`]: HANDLER },
      'HANDLER_NAME_INVALID',
      /Lambda allows 128/,
    ],
    [
      'unknown function',
      `${ORDERS}\n${FUNCTIONS}\ncraete = "x"`,
      { 'orders/handlers/create.py': HANDLER },
      'MARKER_INVALID',
      /names `craete`, which is not the name of a handler/,
    ],
    [
      'function without module',
      `${ORDERS}\n${FUNCTIONS}\np = { handler = "orders.admn.purge" }`,
      { 'orders/admin.py': '' },
      'HANDLER_NOT_FOUND',
      /neither `orders\/admn\.py` nor/,
    ],
    [
      'function without name',
      `${ORDERS}\n${FUNCTIONS}\np = { handler = "orders.admin.purge" }`,
      { 'orders/admin.py': 'def purge_all(): pass' },
      'HANDLER_NOT_FOUND',
      /no top-level `purge`/,
    ],
  ])('%s', async (_, toml, sources, code, message) => {
    const error = await failure(toml, sources);
    expect(error.message).toMatch(message);
    expect(error.code).toBe(code);
  });

  it('a duplicate goes away with the entry that the hint proposes', async () => {
    const toml = `${ORDERS}\nhandlers = ["orders/api/*.py", "orders/jobs/*.py"]`;
    const sources = { 'orders/api/purge.py': HANDLER, 'orders/jobs/purge.py': HANDLER };
    const { code, message, hint } = await failure(toml, sources);
    expect(code).toBe('HANDLER_DUPLICATE');
    expect(message).toBe(
      '`orders/api/purge.py` and `orders/jobs/purge.py` both define the handler name `purge`',
    );
    const entry = /other_name = .*$/.exec(hint)?.[0] ?? '';
    const handlers = await discover(`${toml}\n${FUNCTIONS}\n${entry}`, sources);
    expect(handlers.map(({ name }) => name)).toEqual(['other_name', 'purge']);
  });

  it('points to root = "src" where the package lies there', async () => {
    const { hint } = await failure(ORDERS, { 'src/orders/handlers/a.py': HANDLER });
    expect(hint).toContain('root = "src"');
  });

  it('suggests near names', async () => {
    const { hint } = await failure(`${ORDERS}\n${FUNCTIONS}\ncreat = "x"`, {
      'orders/handlers/create.py': HANDLER,
    });
    expect(hint).toContain('did you mean `create`?');
  });
});
