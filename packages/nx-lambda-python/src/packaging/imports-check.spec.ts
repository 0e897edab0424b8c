import { parseModule } from '../python/module';
import { findRuntime, type Runtime } from '../service/runtimes';
import { modulesOf } from './dependency-part';
import { checkImports, describeMissing, hiddenLibrary, hiddenModules } from './imports-check';
import { hexDigest } from './requirements/canonical-json';
import { openWheel, partOf } from './packaging.fixtures';

const FILES: Record<string, string> = {
  'orders/__init__.py': '',
  'orders/handlers/__init__.py': '',
  'orders/handlers/a.py': '',
  'orders/handlers/sibling.py': '',
  'orders/shared/__init__.py': 'VERSION = 1\n',
  'orders/shared/money.py': '',
  'orders/native.cpython-311-x86_64-linux-gnu.so': '',
  'orders/data/rates.json': '{}',
  'one.py': 'x = 1\n',
  'space/inner.py': '',
};
const DEPENDENCIES = [
  'yaml/__init__.py',
  'six.py',
  'google/cloud/storage.py',
  '_cffi_backend.cpython-311-x86_64-linux-gnu.so',
  'readme.txt',
  'x-1.dist-info/METADATA',
];

async function check(
  source: string,
  {
    runtime = 'python3.11',
    path = 'orders/handlers/a.py',
    leftOut = {},
  }: { runtime?: string; path?: string; leftOut?: Record<string, string> } = {},
) {
  const { imports } = await parseModule(source);
  return checkImports([{ file: `src/${path}`, path, imports }], {
    runtime: findRuntime(runtime) as Runtime,
    files: Object.entries(FILES).map(([path, text]) => ({
      path,
      sha256: hexDigest(Buffer.from(text)),
    })),
    modules: modulesOf(DEPENDENCIES.map((path) => ({ path }))),
    leftOut: () => new Map(Object.entries(leftOut)),
  });
}

it.each([
  'import json, os.path\nfrom collections.abc import Mapping\n',
  'import boto3\nfrom botocore.exceptions import ClientError\nimport urllib3, dateutil, snapshot_restore_py\n',
  'import yaml\nfrom yaml.anything import x\nimport six.moves\nfrom google.cloud import storage\nimport _cffi_backend\n',
  'import orders, orders.shared.money\nfrom orders.handlers import sibling\nfrom orders.shared import anything\n',
  'from orders import native, shared, data\nimport one\nfrom one import whatever\nimport space.inner\n',
  'from . import sibling\nfrom .sibling import x\nfrom .. import shared\nfrom ..shared import y\nfrom ..shared.money import *\n',
  'from orders import *\n',
  'if DEBUG:\n    import debugpy\n',
  'import tomllib\n',
])('finds nothing in %j', async (source) => {
  expect(await check(source)).toEqual({ missing: [], leftOut: [] });
});

it.each<[string, string, string?]>([
  ['import requests\n', "`requests`: neither the package nor Lambda's python3.11 has it"],
  ['from requests.adapters import A\n', '`requests`: neither the package nor'],
  ['import sibling\n', '`sibling`: in the package it is `orders.handlers.sibling`'],
  ['import shared.money\n', '`shared`: in the package it is `orders.shared`'],
  ['import readme\n', '`readme`: neither'],
  ['import orders.gone\n', '`orders.gone`: `orders/gone` does not exist in the package'],
  ['from orders.gone.deep import x\n', '`orders.gone.deep`: `orders/gone/deep` does not exist'],
  ['from orders import gone\n', '`orders.gone`: `orders/gone` does not exist'],
  ['import one.inner\n', '`one.inner`: `one/inner` does not exist'],
  ['from ..gone import x\n', '`..gone`: `orders/gone` does not exist in the package'],
  ['from . import gone\n', '`.gone`: `orders/handlers/gone` does not exist'],
  ['from .... import x\n', '`....`: it is outside of the package'],
  ['import distutils.core\n', '`distutils`: Python 3.12 does not have it', 'python3.12'],
  ['import tomllib\n', '`tomllib`: Python 3.9 does not have it', 'python3.9'],
  ['import winreg\n', '`winreg`: neither'],
])('finds in %j that %s', async (source, words, runtime = 'python3.11') => {
  const { missing, leftOut } = await check(source, { runtime });
  expect(missing).toEqual([
    expect.stringContaining(`\`src/orders/handlers/a.py:1\` imports ${words}`),
  ]);
  expect(leftOut).toEqual([]);
});

it('knows where relative imports start', async () => {
  const at = async (path: string, source: string) => (await check(source, { path })).missing.length;
  expect(await at('one.py', 'from . import orders\n')).toBe(1);
  expect(await at('orders/__init__.py', 'from . import shared\nfrom .handlers import a\n')).toBe(0);
  expect(await at('orders/__init__.py', 'from .. import shared\n')).toBe(1);
});

it('tells what was left out on purpose from what is missing', async () => {
  const { missing, leftOut } = await check('import numpy\nimport pandas\n', {
    leftOut: { numpy: 'NumPy' },
  });
  expect(missing).toEqual([expect.stringContaining('a.py:2` imports `pandas`')]);
  expect(leftOut).toEqual(['`src/orders/handlers/a.py:1` imports `numpy` of `NumPy`']);
});

it('names what many modules import once', async () => {
  const { imports } = await parseModule('import requests\n');
  const modules = ['a', 'b', 'c'].map((name) => ({
    file: `${name}.py`,
    path: `${name}.py`,
    imports,
  }));
  const { missing } = checkImports(modules, {
    runtime: findRuntime('python3.13') as Runtime,
    files: [],
    modules: [],
    leftOut: () => new Map(),
  });
  expect(describeMissing(missing)).toBe(
    "an import leads nowhere, so Lambda could not load these modules:\n  `a.py:1` imports `requests` (and 2 more): neither the package nor Lambda's python3.13 has it",
  );
});

async function warnings(
  distribution: string,
  version: string,
  paths: string[],
  runtime = 'python3.11',
  files: string[] = [],
) {
  const wheel = openWheel({
    name: distribution,
    version,
    files: Object.fromEntries(paths.map((path) => [path, ''])),
  });
  const { facts } = await partOf([wheel]);
  return hiddenLibrary(
    facts,
    files.map((path) => ({ path })),
    findRuntime(runtime) as Runtime,
  );
}

it('names a distribution that takes the place of a standard module', async () => {
  expect(await warnings('typing', '3.7.4.3', ['typing.py'])).toEqual([
    '`typing 3.7.4.3` hides `typing` of Python 3.11\'s standard library from everything that imports it: remove it from the requirements or, if another distribution requires it, from the package with "excludeDistributions": ["typing"]',
  ]);
});

it.each([
  ['enum34', ['enum/__init__.py'], 'python3.9', 1],
  ['dataclasses', ['dataclasses.py'], 'python3.11', 1],
  ['futures', ['concurrent/__init__.py', 'concurrent/futures/__init__.py'], 'python3.12', 1],
  ['fast', ['zlib.cpython-311-x86_64-linux-gnu.so'], 'python3.11', 1],
  ['both', ['typing.py', 'enum.py'], 'python3.11', 2],
  // A backport of what the runtime's Python does not have.
  ['pyasyncore', ['asyncore/__init__.py'], 'python3.12', 0],
  ['pyasyncore', ['asyncore/__init__.py'], 'python3.11', 1],
  ['tomllib', ['tomllib.py'], 'python3.10', 0],
  // One under another name.
  ['importlib_metadata', ['importlib_metadata/__init__.py'], 'python3.11', 0],
  ['typing_extensions', ['typing_extensions.py'], 'python3.11', 0],
  // A directory without `__init__.py` comes after every module of its name.
  ['portion', ['email/extra.py'], 'python3.11', 0],
  ['data', ['html/index.html', 'code'], 'python3.11', 0],
  // Never looked for in files.
  ['systime', ['time.py', 'sys.py'], 'python3.11', 0],
] as [string, string[], string, number][])(
  '%s with %j on %s: %s',
  async (name, paths, runtime, count) => {
    expect(await warnings(name, '1.0', paths, runtime)).toHaveLength(count);
  },
);

it('names files of the service, too', async () => {
  const files = ['types/__init__.py', 'handlers/json.py', 'queue.py', 'orders/x.py'];
  expect(await warnings('six', '1.0', ['six.py'], 'python3.11', files)).toEqual([
    expect.stringMatching(/^the service's own `queue` hides `queue` of Python 3\.11/),
    expect.stringMatching(/^the service's own `types` hides/),
  ]);
});

it.each([
  [
    ['a/two.py', 'a/two/__init__.py'],
    'a/two.py` is never imported, since Python takes the package `a/two/',
  ],
  [
    ['requests.py'],
    'requests.py` is never imported, since Python takes the package `requests/` of `demo`',
  ],
  [
    ['six/__init__.py'],
    'six.py` of `demo` is never imported, since Python takes the package `six/',
  ],
  [
    ['a/two.py', 'a/two/x.py', 'b/requests.py', 'requests/x.py', 'six/x.py', 'spaces.py'],
    undefined,
  ],
])('of %j, tells what a package of its name hides', async (paths, words) => {
  const files = { 'requests/__init__.py': '', 'six.py': '', 'spaces/x.py': '' };
  const { facts } = await partOf([openWheel({ files })]);
  const found = hiddenModules(
    facts,
    paths.map((path) => ({ path, file: path })),
  );
  expect(found).toEqual(words === undefined ? [] : [expect.stringContaining(words)]);
});
