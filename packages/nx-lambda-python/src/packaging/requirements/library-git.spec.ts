import { gitUse } from './library-git';

const system = (backend: string, ...requires: string[]) =>
  `[build-system]\nbuild-backend = "${backend}"\nrequires = ${JSON.stringify(requires)}\n`;
const SETUPTOOLS = 'setuptools.build_meta';

const use = (files: Readonly<Record<string, string>>, repositories: string[] = ['.']) =>
  gitUse(
    'libs/a',
    (path) => files[path],
    (path) => repositories.includes(path),
  );

it.each<[string, Readonly<Record<string, string>>]>([
  [
    'setuptools-scm',
    { 'pyproject.toml': system(SETUPTOOLS, 'setuptools>=64', 'setuptools_scm[toml]>=8') },
  ],
  ['hatch-vcs', { 'pyproject.toml': system('hatchling.build', 'hatchling', 'hatch-vcs') }],
  [
    'poetry-dynamic-versioning',
    { 'pyproject.toml': system('poetry_dynamic_versioning.backend', 'poetry-dynamic-versioning') },
  ],
  ['versioneer', { 'pyproject.toml': system(SETUPTOOLS, 'setuptools', 'versioneer[toml]') }],
  [
    'pdm-backend',
    {
      'pyproject.toml': `${system('pdm.backend', 'pdm-backend')}[tool.pdm.version]\nsource = "scm"\n`,
    },
  ],
  ['a setup.py with setuptools-scm', { 'setup.py': 'setup(use_scm_version=True)' }],
  ['a setup.py that runs git', { 'setup.py': 'check_output(["git", "describe"])' }],
  ['a setup.cfg with pbr', { 'setup.cfg': '[options]\nsetup_requires = pbr\n' }],
])('%s asks for commits', (_, files) => {
  const placed = Object.entries(files).map(([name, text]) => [`libs/a/${name}`, text] as const);
  expect(use(Object.fromEntries(placed)).commits).toBe(true);
});

it.each<[string, string, boolean]>([
  ['setuptools', system(SETUPTOOLS, 'setuptools>=68', 'wheel'), false],
  ['flit-core', system('flit_core.buildapi', 'flit_core'), false],
  ['uv_build', system('uv_build', 'uv_build'), false],
  ['pdm-backend', system('pdm.backend', 'pdm-backend'), false],
  ['poetry-core', system('poetry.core.masonry.api', 'poetry-core'), true],
])('%s asks for no commits', (_, text, ignored) => {
  const url = 'setup(url="https://github.com/a/b.git")';
  expect(use({ 'libs/a/pyproject.toml': text, 'libs/a/setup.py': url })).toEqual({
    ...{ commits: false, ignored, rules: [] },
  });
});

it.each<[string, Readonly<Record<string, string>>, string[], string[]]>([
  ['the root', { '.gitignore': '' }, ['.'], ['libs/.gitignore', '.gitignore']],
  ['the nearest', { 'libs/.gitignore': '', '.gitignore': '' }, ['.'], ['libs/.gitignore']],
  ['its own', { 'libs/a/.gitignore': '', '.gitignore': '' }, ['.'], []],
  ['its own repository', { '.gitignore': '' }, ['libs/a'], []],
])('hatchling reads the ignore file of %s', (_, files, repositories, expected) => {
  const pyproject = system('hatchling.build', 'hatchling');
  const { rules } = use({ 'libs/a/pyproject.toml': pyproject, ...files }, repositories);
  expect(rules).toEqual(expected);
});
