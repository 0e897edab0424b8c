import { copiedFiles } from './copied-files';

const FILES: Readonly<Record<string, string>> = {
  'README.md': '',
  LICENSE: '',
  'MANIFEST.in': '',
  'tasks.py': '',
  'docs/intro.md': '',
  'src/common/__init__.py': '"""A library."""\n\n__version__ = "1.0"\n',
  'src/common/core.py': '',
  'src/common/data.json': '',
  'src/common/LICENSE.txt': '',
  'src/common/.secret': '',
};
const INIT = 'src/common/__init__.py';
const ALL = ['tasks.py', 'docs/intro.md', INIT, 'src/common/core.py', 'src/common/data.json'];
const WITHOUT_INIT = ALL.filter((path) => path !== INIT);

function copied(pyproject: string, more: Readonly<Record<string, string>> = {}) {
  const files: Record<string, string> = { ...FILES, 'pyproject.toml': pyproject, ...more };
  const found = copiedFiles(Object.keys(files), (path) => files[path]);
  return found && [...found.paths];
}

const system = (requires: string, hooks: string) =>
  `[build-system]\nrequires = [${requires}]\nbuild-backend = "${hooks}"\n`;
const project = (more = 'version = "1.0"') => `[project]\nname = "common"\n${more}\n`;
const dynamic = (...fields: string[]) => project(`dynamic = ${JSON.stringify(fields)}`);
const SETUPTOOLS = system('"setuptools>=68", "wheel"', 'setuptools.build_meta');
const HATCH = system('"hatchling"', 'hatchling.build');
const POETRY = system('"poetry-core>=1"', 'poetry.core.masonry.api');
const FLIT = system('"flit_core>=3.4"', 'flit_core.buildapi');
const PDM = system('"pdm-backend"', 'pdm.backend');
const UV = system('"uv_build>=0.8,<0.9"', 'uv_build');

it.each([
  ['setuptools', SETUPTOOLS + project()],
  ['no build system, which is setuptools', project()],
  ['hatchling', HATCH + project()],
  ['poetry-core', `${POETRY}[tool.poetry]\nname = "common"\nversion = "1.0"\n`],
  ['flit-core', FLIT + project()],
  ['pdm-backend', PDM + project()],
  ['uv_build', UV + project()],
])('%s copies what is neither at the root nor hidden nor a licence', (_, pyproject) => {
  expect(copied(pyproject)).toEqual(ALL);
});

it.each([
  [
    'attr of setuptools',
    `${SETUPTOOLS}${dynamic('version')}[tool.setuptools.dynamic]\nversion = { attr = "common.__version__" }`,
  ],
  [
    'a path of hatchling',
    `${HATCH}${dynamic('version')}[tool.hatch.version]\npath = "src/common/__init__.py"`,
  ],
  [
    'a file of pdm-backend',
    `${PDM}${dynamic('version')}[tool.pdm.version]\nsource = "file"\npath = "./src/common/__init__.py"`,
  ],
  ['the module of flit-core', FLIT + dynamic('version', 'description')],
])('a version by %s is read from that file', (_, pyproject) => {
  expect(copied(pyproject)).toEqual(WITHOUT_INIT);
});

it('a readme and licences are read wherever they are', () => {
  const text = `${HATCH}${project()}readme = "docs/intro.md"\nlicense-files = ["src/common/d*"]\n`;
  expect(copied(text)).toEqual(['tasks.py', INIT, 'src/common/core.py']);
});

describe('any file may be read by', () => {
  const imported = { [INIT]: 'from .core import __version__\n' };
  it.each<[string, string, Readonly<Record<string, string>>?]>([
    ['a setup.py', SETUPTOOLS + project(), { 'setup.py': '' }],
    ['a setup.cfg', SETUPTOOLS + project(), { 'setup.cfg': '' }],
    ['a hook of pdm-backend by its name', PDM + project(), { 'pdm_build.py': '' }],
    ['a file of settings beside pyproject.toml', HATCH + project(), { 'hatch.toml': '' }],
    ['a backend that is not known', system('"maturin"', 'maturin') + project()],
    ['a plugin', system('"setuptools", "setuptools-scm"', 'setuptools.build_meta') + project()],
    ['a backend of its own', `${HATCH}backend-path = ["."]\n${project()}`],
    ['an extension', `${SETUPTOOLS}${project()}[tool.setuptools]\next-modules = []`],
    ['a command', `${SETUPTOOLS}${project()}[tool.setuptools.cmdclass]\nbuild_py = "x.y"`],
    [
      'another place of a package',
      `${SETUPTOOLS}${project()}[tool.setuptools.package-dir]\na = "b"`,
    ],
    ['fields that nothing gives', SETUPTOOLS + dynamic('version')],
    ['a hook of hatchling', `${HATCH}${project()}[tool.hatch.build.hooks.custom]`],
    ['a hook of its wheels', `${HATCH}${project()}[tool.hatch.build.targets.wheel.hooks.x]`],
    ['a hook of its metadata', `${HATCH}${project()}[tool.hatch.metadata.hooks.custom]`],
    ['another name', `${HATCH}${project()}[tool.hatch.build.targets.wheel.force-include]\na = "b"`],
    ['another name by prefix', `${HATCH}${project()}[tool.hatch.build.sources]\n"a" = "b"`],
    [
      'a version that is computed',
      `${HATCH}${dynamic('version')}[tool.hatch.version]\nsource = "code"\npath = "src/common/__init__.py"`,
    ],
    ['a script of Poetry', `${POETRY}${project()}[tool.poetry.build]\nscript = "build.py"`],
    [
      'another name of a package',
      `${POETRY}${project()}[tool.poetry]\npackages = [{ include = "a", to = "b" }]`,
    ],
    ['a version from git', `${PDM}${dynamic('version')}[tool.pdm.version]\nsource = "scm"`],
    ['a hook of pdm-backend', `${PDM}${project()}[tool.pdm.build]\ncustom-hook = "x.py"`],
    ['an import by flit-core', FLIT + dynamic('version'), imported],
    ['an import for its docstring', FLIT + dynamic('description'), imported],
    [
      'an import by setuptools',
      `${SETUPTOOLS}${dynamic('version')}[tool.setuptools.dynamic]\nversion = { attr = "common.__version__" }`,
      imported,
    ],
    [
      'settings of uv_build that are not known',
      `${UV}${project()}[tool.uv.build-backend.data]\nx = "y"`,
    ],
  ])('%s', (_, pyproject, more = {}) => {
    expect(copied(pyproject, more)).toBeUndefined();
  });
});
