import { LambdaPythonError } from '../errors';
import { parseMarker } from './marker';
import { declaredName, hasMarker } from './pyproject';

const PATH = 'services/orders/pyproject.toml';

function marker(body: string) {
  return parseMarker(`[project]\nname = "orders"\n\n[tool.nx-lambda-python]\n${body}`, PATH);
}

function failure(run: () => unknown): LambdaPythonError {
  try {
    run();
  } catch (error) {
    if (error instanceof LambdaPythonError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('parseMarker', () => {
  it('fills everything in from a package and a runtime', () => {
    expect(marker('package = "orders"\nruntime = "python3.11"')).toMatchObject({
      path: PATH,
      root: '',
      importPackage: 'orders',
      runtime: { name: 'python3.11' },
      architecture: 'x86_64',
      handlers: ['orders/handlers/*.py'],
      handlersGiven: false,
      handlerName: 'handler',
      include: ['/orders/'],
      exclude: [],
      functions: [],
    });
  });

  it('takes the whole top-level directory of a nested package', () => {
    const { handlers, include } = marker('package = "company.orders"\nruntime = "python3.11"');
    expect(handlers).toEqual(['company/orders/handlers/*.py']);
    expect(include).toEqual(['/company/']);
  });

  it('reads a layout without one package, and a src layout', () => {
    const body =
      'runtime = "python3.13"\nhandlers = ["handlers/*.py"]\ninclude = ["handlers/", "lib/"]';
    expect(marker(body)).toMatchObject({ importPackage: undefined, handlersGiven: true });
    expect(marker(`${body}\nroot = "./src/"`).root).toBe('src');
    expect(marker(body).directory).toBe('services/orders');
    const other = marker(`${body}\nroot = "../other/src"`);
    expect(other).toMatchObject({ directory: 'services/other/src', root: '' });
  });

  it('reads the functions table, sorted', () => {
    const { functions } = marker(`package = "orders"
runtime = "python3.13"
[tool.nx-lambda-python.functions]
purge = { handler = "orders/admin.purge_all", name = "{stage}-purge" }
create_order = "legacy-create-order"
audit = { handler = "orders.admin.audit" }`);
    expect(functions).toEqual([
      { key: 'audit', name: undefined, handler: 'orders.admin.audit' },
      { key: 'create_order', name: 'legacy-create-order', handler: undefined },
      { key: 'purge', name: '{stage}-purge', handler: 'orders.admin.purge_all' },
    ]);
  });

  const valid = 'package = "orders"\nruntime = "python3.13"\n';
  it.each([
    [
      'packge = "orders"',
      'MARKER_INVALID',
      /pyproject\.toml:5`: unknown key `packge`; did you mean `package`\?/,
    ],
    [
      'package = "my-orders"\nruntime = "python3.13"',
      'MARKER_INVALID',
      /toml:5`: `package` is `my-orders`/,
    ],
    ['package = "orders"', 'MARKER_INVALID', /`runtime` is missing/],
    [
      'package = "orders"\nruntime = "python3.13"\nmetadata = "yes"',
      'MARKER_INVALID',
      /toml:7`: `metadata` is a string, expected true or false/,
    ],
    [
      'package = "orders"\nruntime = "python3.13"\nmetadata = true',
      'MARKER_INVALID',
      /toml:7`: `metadata` needs `name` and `version` under `\[project\]`/,
    ],
    ['runtime = "python3.13"\nhandlers = ["a/*.py"]', 'MARKER_INVALID', /`package` is missing/],
    [
      'package = "orders"\nruntime = "python3.31"',
      'RUNTIME_UNKNOWN',
      /toml:6`.*unknown runtime `python3.31`; did you mean `python3.1[13]`/,
    ],
    [`${valid}architecture = "arm"`, 'MARKER_INVALID', /toml:7`: unknown architecture `arm`/],
    [
      `${valid}handlers = "orders/*.py"`,
      'MARKER_INVALID',
      /`handlers` is a string, expected an array/,
    ],
    [`${valid}handlers = ["./orders/*.py"]`, 'MARKER_INVALID', /pattern `\.\/orders/],
    [`${valid}include = ["../shared"]`, 'MARKER_INVALID', /pattern `\.\.\/shared`/],
    [`${valid}root = "../../../x"`, 'MARKER_INVALID', /`root` is `\.\.\/\.\.\/\.\.\/x`/],
    [`${valid}handler-name = "a.b"`, 'MARKER_INVALID', /`handler-name` is `a\.b`/],
    [
      `${valid}[tool.nx-lambda-python.functions]\na = 1`,
      'MARKER_INVALID',
      /toml:8`: the function `a` is `1`/,
    ],
    [
      `${valid}[tool.nx-lambda-python.functions]\na = "no blanks"`,
      'MARKER_INVALID',
      /name `no blanks`/,
    ],
    [
      `${valid}[tool.nx-lambda-python.functions]\na = { handler = "purge" }`,
      'MARKER_INVALID',
      /a module and a name in it/,
    ],
    [
      `${valid}[tool.nx-lambda-python.functions]\na = { nam = "x" }`,
      'MARKER_INVALID',
      /unknown key `nam`; did you mean `name`/,
    ],
    [
      `${valid}[tool.nx-lambda-python.functions]\na = "x"\nb = "x"`,
      'MARKER_INVALID',
      /`a` and `b` have the same function name/,
    ],
  ])('refuses %j', (body, code, message) => {
    const error = failure(() => marker(body));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.hint).not.toBe('');
  });

  it('lists the known runtimes', () => {
    const { hint } = failure(() => marker('package = "orders"\nruntime = "python3.8"'));
    expect(hint).toContain('`python3.9`, `python3.10`');
  });

  it('names line and column of broken TOML, and a missing marker', () => {
    expect(failure(() => marker('package = orders')).message).toContain(
      `${PATH}:5:11\` is not valid TOML`,
    );
    expect(failure(() => parseMarker('[project]\nname = "x"\n', PATH)).code).toBe('MARKER_MISSING');
    expect(failure(() => parseMarker('[tool]\nnx-lambda-python = 1\n', PATH)).code).toBe(
      'MARKER_INVALID',
    );
  });
});

describe('hasMarker', () => {
  it.each([
    ['[tool.nx-lambda-python]\npackage = "a"', true],
    ['[ tool . "nx-lambda-python" ]', true],
    ['[tool]\nnx-lambda-python.package = "a"', true],
    ['[tool.nx-lambda-python.functions]\na = "b"', true],
    ['[tool.nx-lambda-python]\npackage = orders', true],
    ['\uFEFF[tool.nx-lambda-python]\r\npackage = "a"\r\n', true],
    ['# [tool.nx-lambda-python]\n[tool.ruff]', false],
    ['# [tool.nx-lambda-python]\n[tool.ruff', false],
    ['[project]\ndependencies = ["nx-lambda-python"]', false],
    ['[tool.nx-lambda-python-extra]\na = 1', false],
    ['', false],
  ])('%j: %s', (text, expected) => expect(hasMarker(text)).toBe(expected));
});

describe('declaredName', () => {
  it('reads [project] and [tool.poetry], and survives broken files', () => {
    expect(declaredName('[project]\nname = "a"')).toBe('a');
    expect(declaredName('[tool.poetry]\nname = "b"')).toBe('b');
    expect(declaredName('[project')).toBeUndefined();
    expect(declaredName('project = 3')).toBeUndefined();
  });
});
