import type { CreateDependenciesContext, ProjectConfiguration } from '@nx/devkit';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createDependencies } from '../plugin';
import { temporaryDirectory, writeFiles } from '../temporary.fixtures';
import { graphCacheFile } from './graph-cache';
import type { PluginOptions } from './options';

let workspace: string;
let warnings: string[];
beforeEach(() => {
  workspace = temporaryDirectory();
  warnings = [];
  jest.spyOn(console, 'warn').mockImplementation((text) => void warnings.push(String(text)));
});
afterEach(() => jest.restoreAllMocks());

const MARKER = '[tool.nx-lambda-python]\npackage = "orders"\nruntime = "python3.13"\n';
const LIBRARY = '[project]\nname = "x"\n';
const service = (root: string, options?: object): ProjectConfiguration => ({
  root,
  targets: { build: { executor: 'nx-lambda-python:build', options } },
});
const PROJECTS: Record<string, ProjectConfiguration> = {
  orders: service('services/orders'),
  common: { root: 'libs/common' },
  libs: { root: 'libs' },
  commonly: { root: 'libs/commonly' },
  other: { root: 'services/other' },
};

interface Given {
  projects?: Record<string, ProjectConfiguration>;
  options?: PluginOptions;
}

/** `orders -> common`, with the file for edges of imports. */
async function edges(
  files: Record<string, string>,
  { projects = PROJECTS, options }: Given = {},
): Promise<string[]> {
  const services = Object.values(projects).filter(({ targets }) => targets);
  const markers = services.map(({ root }) => [
    `${root.replaceAll('\\', '/')}/pyproject.toml`,
    MARKER,
  ]);
  const all: Record<string, string> = { ...Object.fromEntries(markers), ...files };
  writeFiles(workspace, all);
  const innermost = Object.entries(projects).sort(([, a], [, b]) => b.root.length - a.root.length);
  const projectFileMap: CreateDependenciesContext['fileMap']['projectFileMap'] = {};
  for (const [file, text] of Object.entries(all)) {
    const [owner] =
      innermost.find(([, { root }]) => file.startsWith(`${root.replaceAll('\\', '/')}/`)) ?? [];
    const hash = createHash('sha1').update(text).digest('hex');
    if (owner) (projectFileMap[owner] ??= []).push({ file, hash });
  }
  const context = {
    ...{ projects, workspaceRoot: workspace },
    fileMap: { projectFileMap, nonProjectFiles: [] },
  } as unknown as CreateDependenciesContext;
  const found = await createDependencies(options, context);
  return found
    .map(({ source, target, type, ...rest }) => {
      const { sourceFile } = rest as { sourceFile?: string };
      expect(type).toBe(sourceFile ? 'static' : 'implicit');
      return sourceFile ? `${source} -> ${target}: ${sourceFile}` : `${source} -> ${target}`;
    })
    .sort();
}

describe('edges of requirements', () => {
  it('lead from a service to the innermost project of each library, once', async () => {
    expect(
      await edges({
        'services/orders/requirements.txt':
          '-e ../../libs/common\n../../libs/common[x]\n../../libs/a\n',
        'libs/common/pyproject.toml': LIBRARY,
        'libs/a/setup.py': '',
        'services/other/requirements.txt': '-e ../../libs/common\n',
      }),
    ).toEqual(['orders -> common', 'orders -> libs']);
  });

  it('know those that the target has as an option', async () => {
    const projects = {
      ...PROJECTS,
      orders: service('services/orders', { requirements: ['deps/base.txt'] }),
    };
    const files = {
      'services/orders/deps/base.txt': '-r ../more.txt\n',
      'services/orders/more.txt': `common @ file://${workspace}/libs/common\n`,
      'libs/common/pyproject.toml': LIBRARY,
    };
    expect(await edges(files, { projects })).toEqual(['orders -> common']);
  });

  it.each([
    ['root = "../other"', ['orders -> other']],
    ['roots = [".", "../../libs/common/src", "../other"]', ['orders -> common', 'orders -> other']],
  ])('lead to the projects whose code the service takes: %s', async (line, expected) => {
    const files = {
      'services/orders/pyproject.toml': `${MARKER}${line}\n`,
      'services/orders/requirements.txt': '',
    };
    expect(await edges(files)).toEqual(expected);
  });

  it('lead both ways between services that have the code of each other', async () => {
    const files = {
      'services/orders/requirements.txt': '',
      'services/orders/pyproject.toml': `${MARKER}roots = [".", "../other"]\n`,
      'services/other/requirements.txt': '',
      'services/other/pyproject.toml': `${MARKER}roots = [".", "../orders"]\n`,
    };
    const projects = { ...PROJECTS, other: service('services/other') };
    expect(await edges(files, { projects })).toEqual(['orders -> other', 'other -> orders']);
  });

  it.each([
    ['a file URL', 'dependencies = ["y @ file:../commonly"]\n'],
    ['an extra', '[project.optional-dependencies]\nfast = ["y @ file:../commonly"]\n'],
    ['a source of uv', 'dependencies = ["y"]\n[tool.uv.sources]\ny = { path = "../commonly" }\n'],
    ['a path of Poetry', '[tool.poetry.dependencies]\ny = { path = "../commonly" }\n'],
  ])('lead from a library to a library: %s', async (_, text) => {
    expect(await edges({ 'libs/common/pyproject.toml': `${LIBRARY}${text}` })).toEqual([
      'common -> commonly',
    ]);
  });

  it.each<Record<string, string>>([
    {},
    { 'services/orders/requirements.txt': '-e ../../libs/missing\n' },
    { 'services/orders/requirements.txt': '-e ../../../x\n' },
    { 'services/orders/uv.lock': 'not TOML' },
    { 'services/orders/pylock.toml': 'lock-version = "9"' },
    { 'services/orders/requirements.txt/x': 'a directory' },
    { 'libs/common/pyproject.toml': 'not TOML', 'libs/commonly/pyproject.toml': 'project = 1' },
  ])('are silent about what is wrong: %j', async (files) => {
    expect(await edges(files)).toEqual([]);
    expect(warnings).toEqual([]);
  });
});

const HANDLER = 'services/orders/orders/a.py';
const EDGE = [`orders -> common: ${HANDLER}`];
/** What the handler imports, what else there is, and the edges. */
const IMPORTS: Record<string, [text: string, files: Record<string, string>, expected?: string[]]> =
  {
    'a package in src': ['import acme', { 'libs/common/src/acme/__init__.py': '' }],
    'a package beside pyproject.toml': [
      'from acme import x',
      { 'libs/common/acme/__init__.py': '' },
    ],
    'a module': ['import acme', { 'libs/common/acme.py': '' }],
    'a namespace package': [
      'from acme.common import money',
      {
        'libs/common/src/acme/common/money.py': '',
        'libs/commonly/src/acme/billing/__init__.py': '',
      },
    ],
    'a namespace package itself': ['import acme.common', { 'libs/common/acme/common/x.py': '' }],
    'an import in a function': [
      'def f():\n  import acme.x',
      { 'libs/common/acme/__init__.py': '' },
    ],
    import_module: [
      'import importlib\nimportlib.import_module("acme.x")',
      { 'libs/common/acme/__init__.py': '' },
    ],
    'directories of setuptools': [
      'import acme',
      {
        'libs/common/pyproject.toml': `${LIBRARY}[tool.setuptools.package-dir]\n"" = "python"\n`,
        'libs/common/python/acme.py': '',
      },
    ],
    'modules of setuptools': [
      'import scripts\nimport acme',
      {
        'libs/common/pyproject.toml': `${LIBRARY}[tool.setuptools]\npy-modules = ["acme"]\n`,
        'libs/common/acme.py': '',
      },
    ],
    'packages of Poetry': [
      'import acme.x',
      {
        'libs/common/pyproject.toml':
          '[tool.poetry]\nname = "x"\npackages = [{ include = "acme", from = "py" }]\n',
        'libs/common/py/acme/x.py': '',
      },
    ],
    'packages of hatchling': [
      'import acme',
      {
        'libs/common/pyproject.toml': `${LIBRARY}[tool.hatch.build.targets.wheel]\npackages = ["py/acme"]\n`,
        'libs/common/py/acme/__init__.py': '',
      },
    ],
    'an import for type checkers': [
      'from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n  import acme',
      { 'libs/common/acme.py': '' },
      [],
    ],
    'a relative import': ['from . import acme', { 'libs/common/acme.py': '' }, []],
    'a name in another case': ['import Acme', { 'libs/common/acme.py': '' }, []],
    'a name that begins alike': ['import acme_x', { 'libs/common/acme.py': '' }, []],
    'the standard library': ['import json.decoder', { 'libs/common/json.py': '' }, []],
    'a distribution of an index': [
      'import acme',
      { 'services/orders/requirements.txt': 'Acme==1.0\n', 'libs/common/acme.py': '' },
      [],
    ],
    'tests and scripts of a library': [
      'import tests, scripts.x',
      { 'libs/common/tests/__init__.py': '', 'libs/common/scripts/x.py': '' },
      [],
    ],
    'its own module, which another has too': [
      'import orders.b',
      { 'services/orders/orders/b.py': '', 'libs/common/orders/b.py': '' },
      [],
    ],
    'a library without pyproject.toml': [
      'import acme',
      { 'libs/common/pyproject.toml': '', 'libs/common/acme.py': '' },
      [],
    ],
    'bytes that are not text': ['import acme\nx = "\0"', { 'libs/common/acme.py': '' }, []],
  };

describe('edges of imports', () => {
  const libraries = {
    'libs/common/pyproject.toml': LIBRARY,
    'libs/commonly/pyproject.toml': LIBRARY,
    'services/orders/requirements.txt': '',
  };

  it.each(Object.entries(IMPORTS))('%s', async (_, [text, files, expected = EDGE]) => {
    expect(await edges({ ...libraries, ...files, [HANDLER]: text })).toEqual(expected);
  });

  it('lead from libraries, from tests, and to services, also in a circle', async () => {
    const files = {
      ...libraries,
      'libs/common/common.py': 'import commonly',
      'libs/commonly/commonly.py': 'import common',
      'libs/commonly/tests/test_it.py': 'import orders.a',
      [HANDLER]: '',
    };
    expect(await edges(files)).toEqual([
      'common -> commonly: libs/common/common.py',
      'commonly -> common: libs/commonly/commonly.py',
      'commonly -> orders: libs/commonly/tests/test_it.py',
    ]);
  });

  it('know a library that is a service as well', async () => {
    const files = {
      ...libraries,
      'libs/common/common.py': 'import shared',
      'libs/commonly/commonly.py': 'import orders.a',
      'services/orders/pyproject.toml': `${MARKER}${LIBRARY}[tool.setuptools]\npy-modules = ["shared"]\n`,
      'services/orders/shared.py': '',
      [HANDLER]: '',
    };
    expect(await edges(files)).toEqual([
      'common -> orders: libs/common/common.py',
      'commonly -> orders: libs/commonly/commonly.py',
    ]);
  });

  it('are none for a module of two projects, which is reported once, unless one is required', async () => {
    const files = {
      ...libraries,
      'libs/common/acme.py': '',
      'libs/commonly/acme.py': '',
      'services/orders/orders/b.py': 'import acme as other',
      [HANDLER]: 'import acme',
    };
    expect(await edges(files)).toEqual([]);
    expect(await edges(files)).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(/`acme` .*`common` and `commonly`/)]);
    const required = { ...files, 'services/orders/requirements.txt': '../../libs/commonly\n' };
    expect(await edges(required)).toContain(`orders -> commonly: ${HANDLER}`);
  });

  it('are none for a file that cannot be parsed, which is reported once', async () => {
    const files = {
      ...libraries,
      'libs/common/acme.py': '',
      'services/orders/orders/b.py': 'import acme',
      [HANDLER]: 'import acme\ndef broken(:\n',
    };
    expect(await edges(files)).toEqual(['orders -> common: services/orders/orders/b.py']);
    expect(await edges(files)).toHaveLength(1);
    expect(warnings).toEqual([expect.stringContaining(`\`${HANDLER}:2\` cannot be parsed`)]);
  });

  it('come from the cache for all but the edited file', async () => {
    const other = 'services/orders/orders/b.py';
    const files = { ...libraries, 'libs/common/acme.py': '', [other]: 'import acme' };
    expect(await edges({ ...files, [HANDLER]: 'import acme.x' })).toHaveLength(2);
    const cache = graphCacheFile('edges', undefined, workspace, {}) ?? '';
    writeFileSync(cache, readFileSync(cache, 'utf8').replaceAll('"acme', '"gone'));
    expect(await edges({ ...files, [HANDLER]: 'import acme.y' })).toEqual(EDGE);
  });

  it('can be switched off', async () => {
    const files = { ...libraries, 'libs/common/acme.py': '', [HANDLER]: 'import acme' };
    expect(await edges(files, { options: { importEdges: false } })).toEqual([]);
  });

  it('are the same where a plugin gives roots with the separators of Windows', async () => {
    const projects = { orders: service('services\\orders'), common: { root: 'libs\\common' } };
    const files = { ...libraries, 'libs/common/acme.py': '', [HANDLER]: 'import acme' };
    expect(await edges(files, { projects })).toEqual(EDGE);
  });
});
