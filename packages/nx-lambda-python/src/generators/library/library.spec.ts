import { logger, readJson, type Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { errorWith } from '../../errors.fixtures';
import { libraryGenerator } from './library';
import type { LibraryGeneratorSchema } from './schema';

const ROOT = 'services/orders';
const MARKER = '[tool.nx-lambda-python]\npackage = "orders"\nruntime = "python3.11"\n';
const PROJECT = '[project]\nname = "orders"\n';

let tree: Tree;
let said: string[];
beforeEach(() => {
  tree = createTreeWithEmptyWorkspace();
  said = [];
  jest.spyOn(logger, 'info').mockImplementation((line: string) => void said.push(line));
});
afterEach(() => jest.restoreAllMocks());

const library = (directory: string, options: Partial<LibraryGeneratorSchema> = {}) =>
  libraryGenerator(tree, { directory, skipFormat: true, ...options });

const textOf = (path: string) => tree.read(path, 'utf-8');

it('creates a package with a test, for every runtime', async () => {
  await library('libs/my-common', { tags: 'scope:shop' });
  const files = tree.listChanges().map(({ path }) => path);
  expect(files.filter((path) => path.startsWith('libs/')).sort()).toEqual([
    'libs/my-common/project.json',
    'libs/my-common/pyproject.toml',
    'libs/my-common/src/my_common/__init__.py',
    'libs/my-common/tests/test_my_common.py',
  ]);
  expect(textOf('libs/my-common/pyproject.toml')).toBe(`[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "my-common"
version = "0.0.0"
requires-python = ">=3.9"
dependencies = []

[tool.hatch.build.targets.wheel]
packages = ["src/my_common"]
`);
  expect(readJson(tree, 'libs/my-common/project.json')).toMatchObject({
    ...{ name: 'my-common', tags: ['scope:shop'] },
  });
});

it.each<[string, Record<string, string>, string, string]>([
  ['no requirements', {}, 'requirements.txt', '-e ../../libs/common\n'],
  [
    'a requirements.txt',
    { 'requirements.txt': '# pins\r\nsix==1.17.0' },
    'requirements.txt',
    '# pins\r\nsix==1.17.0\r\n-e ../../libs/common\r\n',
  ],
  [
    'the library already',
    { 'requirements.txt': '../../libs/common\n' },
    'requirements.txt',
    '../../libs/common\n',
  ],
  [
    'dependencies',
    { 'pyproject.toml': `${PROJECT}dependencies = ["six"] # why\n\n${MARKER}` },
    'pyproject.toml',
    `${PROJECT}dependencies = ["common", "six"] # why\n\n${MARKER}\n[tool.uv.sources]\ncommon = { path = "../../libs/common", editable = true }\n`,
  ],
  [
    'dependencies line by line, and sources',
    {
      'pyproject.toml': `${MARKER}[tool.uv.sources]\na = { path = "../a" }\n${PROJECT}dependencies = [\n  "a",\n]\n`,
    },
    'pyproject.toml',
    `${MARKER}[tool.uv.sources]\ncommon = { path = "../../libs/common", editable = true }\na = { path = "../a" }\n${PROJECT}dependencies = [\n  "common",\n  "a",\n]\n`,
  ],
  [
    'requirements that its marker names',
    { 'pyproject.toml': `${MARKER}requirements = ["reqs/prod.txt"]\n`, 'reqs/prod.txt': '' },
    'reqs/prod.txt',
    '-e ../../libs/common\n',
  ],
])('a service with %s requires it', async (_, files, path, expected) => {
  for (const [name, text] of Object.entries({ 'pyproject.toml': MARKER, ...files })) {
    tree.write(`${ROOT}/${name}`, text);
  }
  await library('libs/common', { project: 'orders' });
  expect(textOf(`${ROOT}/${path}`)).toBe(expected);
  expect(textOf('libs/common/pyproject.toml')).toContain('requires-python = ">=3.11"');
  // A second time there is nothing to do.
  await library('libs/common', { project: 'orders' });
  expect(textOf(`${ROOT}/${path}`)).toBe(expected);
});

const UV = 'cd services/orders && uv add --editable ../../libs/common';
it.each<[string, Record<string, string>, string]>([
  ['uv.lock', { 'uv.lock': 'version = 1\n' }, UV],
  ['poetry.lock', { 'poetry.lock': '' }, 'poetry add --editable ../../libs/common'],
  ['a Pipfile', { Pipfile: '[packages]\n' }, 'pipenv install --editable ../../libs/common'],
  [
    'Poetry without a lock',
    { 'pyproject.toml': `${MARKER}[tool.poetry.dependencies]\npython = "^3.11"\n` },
    'poetry add --editable ../../libs/common',
  ],
  [
    'a lock with hashes',
    { 'requirements.txt': 'six==1.17.0 --hash=sha256:aa\n' },
    'a requirements file with the lines `-r requirements.txt` and `-e ../../libs/common`',
  ],
  ['an input of a lock', { 'requirements.in': 'six\n' }, '`-e ../../libs/common`, listed in'],
  [
    'a version of it',
    { 'pyproject.toml': `${MARKER}${PROJECT}dependencies = ["Common>=1"]\n` },
    '`common = { path = "../../libs/common" }` under [tool.uv.sources]',
  ],
])('a service with %s is told how, and stays as it is', async (_, files, expected) => {
  const all = { 'pyproject.toml': MARKER, ...files };
  for (const [name, text] of Object.entries(all)) tree.write(`${ROOT}/${name}`, text);
  await library('libs/common', { project: 'orders' });
  expect(said.join()).toContain(expected);
  for (const [name, text] of Object.entries(all)) expect(textOf(`${ROOT}/${name}`)).toBe(text);
});

it('overwrites nothing', async () => {
  tree.write('libs/common/src/common/__init__.py', 'RATE = 1\n');
  await library('libs/common');
  expect(textOf('libs/common/src/common/__init__.py')).toBe('RATE = 1\n');
  await expect(library('libs/common')).rejects.toThrow(
    errorWith('PROJECT_EXISTS', /`libs\/common` already has a pyproject\.toml/),
  );
  await expect(library('libs/email')).rejects.toThrow(
    errorWith('OPTION_INVALID', /would hide the module `email`/),
  );
  await expect(library('libs/x', { project: 'nowhere' })).rejects.toThrow(
    errorWith('PROJECT_NOT_FOUND', /no service is named `nowhere`/),
  );
});
