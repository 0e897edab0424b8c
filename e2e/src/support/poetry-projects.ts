/** Projects of Poetry, one for each thing that its locks can say, and the selections that are compared with its export. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRepository } from './uv-projects';
import { buildWheel } from '../../../packages/nx-lambda-python/src/packaging/wheel/wheel.fixtures';

export interface PoetryProject {
  /** Of the service, which is in services/orders, after what every project has. */
  text: string;
  files?: Readonly<Record<string, string>>;
  /** Extras and groups, apart from none of them. */
  selections?: readonly { extras?: string[]; groups?: string[] }[];
  /** Of the locks that are compared; all of them if it is not set. */
  formats?: readonly string[];
}

const poetry = (name: string, dependencies: string) => `[tool.poetry]
name = "${name}"
version = "1"
description = ""
authors = []
[tool.poetry.dependencies]
python = ">=3.11,<3.15"
${dependencies}
`;
const library = (name: string, dependencies: string) => ({
  [`libs/${name}/pyproject.toml`]: `${poetry(name, dependencies)}
[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"
`,
  [`libs/${name}/${name}/__init__.py`]: '',
});

export const POETRY_PROJECTS: Readonly<Record<string, PoetryProject>> = {
  'extras of dependencies, and what they require again': {
    text: poetry(
      'orders',
      'requests = { version = "^2.31", extras = ["socks"] }\nuvicorn = { version = "*", extras = ["standard"] }\ncoverage = { version = "~7.4", extras = ["toml"] }',
    ),
  },
  'one package in several versions': {
    text: poetry(
      'orders',
      `packaging = [
  { version = "<24", python = "<3.12" },
  { version = ">=24", python = ">=3.12" },
]
idna = [
  { version = "3.7", markers = "sys_platform == 'linux' and platform_machine == 'x86_64'" },
  { version = "3.10", markers = "sys_platform != 'linux' or platform_machine != 'x86_64'" },
]
colorama = { version = "*", platform = "win32" }`,
    ),
  },
  'forks below dependencies': {
    text: poetry('orders', 'pandas = "*"\nipython = ">=8,<10"'),
    // Older Poetry downloads every version.
    formats: ['2.0', '2.1'],
  },
  'patch versions of Python': {
    text: poetry(
      'orders',
      `tomli = { version = "*", python = "<3.11.4" }
six = { version = "*", markers = "python_full_version >= '3.11.5' and python_full_version != '3.12.3'" }
certifi = "*"`,
    ),
  },
  'extras and groups': {
    text: `${poetry('orders', 'six = "*"\nflask = { version = "*", optional = true }\nidna = { version = "*", optional = true }\nclick = "*"')}
[tool.poetry.extras]
web = ["flask"]
all = ["flask", "idna"]
[tool.poetry.group.tracing.dependencies]
packaging = "*"
importlib-metadata = { version = "*", python = "<3.13" }
[tool.poetry.group.lint]
optional = true
[tool.poetry.group.lint.dependencies]
iniconfig = "*"
werkzeug = { version = "*", platform = "linux" }
`,
    selections: [
      { extras: ['web'] },
      { extras: ['all'] },
      { groups: ['tracing'] },
      { extras: ['web'], groups: ['lint', 'tracing'] },
    ],
  },
  'development dependencies as they were': {
    text: `${poetry('orders', 'six = "*"')}
[tool.poetry.dev-dependencies]
pytest = "^8"
`,
    selections: [{ groups: ['dev'] }],
  },
  'paths, files, repositories, archives': {
    text: poetry(
      'orders',
      `edited = { path = "../../libs/edited", develop = true }
vendored = { path = "../../wheels/vendored-1.0-py3-none-any.whl" }
idna = { url = "https://files.pythonhosted.org/packages/76/c6/c88e154df9c4e1a2a66ccf0005a88dfb2650c1dffb6f5ce603dfbd452ce3/idna-3.10-py3-none-any.whl" }
cloned = { git = "REPOSITORY", branch = "main" }
below = { git = "REPOSITORY", subdirectory = "below" }`,
    ),
    files: {
      ...library('edited', 'plain = { path = "../plain", develop = true }\ncertifi = "*"'),
      ...library('plain', 'six = { version = "*", platform = "linux" }'),
      'repository/pyproject.toml':
        library('cloned', 'click = "*"')['libs/cloned/pyproject.toml'] ?? '',
      'repository/cloned/__init__.py': '',
      'repository/below/pyproject.toml': library('below', '')['libs/below/pyproject.toml'] ?? '',
      'repository/below/below/__init__.py': '',
    },
    // Poetry 1.2 exports a branch where the lock has its commit.
    formats: ['2.0', '2.1'],
  },
  'a project of the standard, with dependency groups': {
    text: `[project]
name = "orders"
version = "1"
requires-python = ">=3.11,<3.15"
dependencies = ["requests[socks]>=2.31 ; python_version >= '3.11'", "tomli ; python_full_version < '3.11.3'"]
[project.optional-dependencies]
web = ["flask"]
[dependency-groups]
lint = ["iniconfig"]
dev = [{ include-group = "lint" }, "packaging ; sys_platform != 'win32'", "tomli"]
[tool.poetry]
package-mode = false
[tool.poetry.group.more]
include-groups = ["dev"]
[tool.poetry.group.more.dependencies]
six = "*"
`,
    selections: [
      { extras: ['web'] },
      { groups: ['lint'] },
      { groups: ['dev'] },
      { extras: ['web'], groups: ['more'] },
    ],
    formats: ['2.1'],
  },
  'a large set': {
    text: poetry(
      'orders',
      'fastapi = { version = "*", extras = ["all"] }\njupyterlab = "*"\nboto3 = "*"\nscikit-learn = "*"',
    ),
    formats: ['2.0', '2.1'],
  },
};

/**
 * @param index that Poetry asks: its own needs more than pip's
 * @returns the directory of the service
 */
export function writePoetryProject(
  { text, files = {} }: PoetryProject,
  directory: string,
  index: string,
): string {
  const service = join(directory, 'services/orders');
  const { filename, bytes } = buildWheel({ name: 'vendored' });
  const source = `[[tool.poetry.source]]\nname = "simple"\n${index}\n`;
  const all = {
    ...files,
    'services/orders/pyproject.toml': text + source,
    [`wheels/${filename}`]: bytes,
  };
  for (const [path, content] of Object.entries(all)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(
      join(directory, path),
      typeof content === 'string'
        ? content.replaceAll('REPOSITORY', `file://${directory}/repository`)
        : content,
    );
  }
  if ('repository/pyproject.toml' in files) createRepository(directory);
  return service;
}
