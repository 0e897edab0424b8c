/** Projects of uv, one for each thing that a lock of uv can say, and the builds that are compared with uv's own export. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildWheel } from '../../../packages/nx-lambda-python/src/packaging/wheel/wheel.fixtures';

export interface UvProject {
  service: string;
  /** Directory of its lock; the root if it is not set. */
  lockedIn?: string;
  files: Readonly<Record<string, string>>;
  /** Extras and groups, apart from none of them. */
  selections?: readonly { extras?: string[]; groups?: string[] }[];
  /** Given the directory, what cannot be written as text. */
  prepare?: (directory: string) => void;
}

const project = (name: string, dependencies: readonly string[], more = '') => `[project]
name = "${name}"
version = "1"
requires-python = ">=3.11"
dependencies = ${JSON.stringify(dependencies)}
${more}
`;
const alone = (
  dependencies: readonly string[],
  more = '',
  selections: UvProject['selections'] = [],
): UvProject => ({
  service: '.',
  files: { 'pyproject.toml': project('orders', dependencies, more) },
  selections,
});
const buildable = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n';
const library = (name: string, dependencies: readonly string[], more = '') => ({
  [`libs/${name}/pyproject.toml`]: project(name, dependencies, `${more}\n${buildable}`),
  [`libs/${name}/${name}/__init__.py`]: '',
});

function writeWheel(directory: string, name: string): void {
  const { filename, bytes } = buildWheel({ name });
  mkdirSync(join(directory, 'wheels'), { recursive: true });
  writeFileSync(join(directory, 'wheels', filename), bytes);
}

/** Of what is in `repository`. */
export function createRepository(directory: string): void {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t.invalid', ...args], {
      cwd: join(directory, 'repository'),
    });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '.');
  git('commit', '--quiet', '--message=first');
}

export const UV_PROJECTS: Readonly<Record<string, UvProject>> = {
  'extras of dependencies, and what they require again': alone([
    'requests[socks]',
    'uvicorn[standard]',
    'coverage[toml]',
  ]),
  'one package in several versions': alone([
    "numpy<2 ; python_version < '3.12'",
    "numpy>=2 ; python_version >= '3.12'",
    "idna==3.7 ; sys_platform == 'linux' and platform_machine == 'x86_64'",
    "idna==3.10 ; sys_platform != 'linux' or platform_machine != 'x86_64'",
    "colorama ; sys_platform == 'win32'",
  ]),
  'forks below dependencies': alone(
    ['pandas', 'jupyter-core', 'ipython'],
    '[tool.uv]\nfork-strategy = "requires-python"\n',
  ),
  'patch versions of Python': alone([
    "tomli ; python_full_version < '3.11.4'",
    "six ; python_full_version >= '3.11.5' and python_full_version != '3.12.3'",
    "idna ; implementation_version > '3.13.0rc1'",
  ]),
  'extras and groups': alone(
    ['six'],
    `[project.optional-dependencies]
web = ["flask"]
all = ["orders[web]", "idna"]
empty = []
[dependency-groups]
lint = ["iniconfig"]
dev = [{ include-group = "lint" }, "packaging ; sys_platform == 'win32'", "tomli"]
`,
    [
      { extras: ['web'] },
      { extras: ['all', 'empty'] },
      { groups: ['lint'] },
      { extras: ['all'], groups: ['dev'] },
    ],
  ),
  'extras and groups that conflict': alone(
    ['requests', 'six'],
    `[project.optional-dependencies]
old = ["idna==3.4", "urllib3<2"]
new = ["idna==3.10"]
[dependency-groups]
older = ["idna==3.3", "certifi<2024"]
[tool.uv]
conflicts = [[{ extra = "old" }, { extra = "new" }, { group = "older" }]]
`,
    [{ extras: ['old'] }, { extras: ['new'] }, { groups: ['older'] }],
  ),
  'systems that are left out': alone(
    ["six ; sys_platform == 'linux'", 'watchdog', 'click'],
    `[tool.uv]
environments = ["sys_platform == 'linux' and platform_machine == 'x86_64'", "sys_platform == 'linux' and platform_machine == 'aarch64'"]
required-environments = ["sys_platform == 'linux' and platform_machine == 'aarch64'"]
`,
  ),
  'overrides and constraints': alone(
    ['requests', 'httpx'],
    '[tool.uv]\noverride-dependencies = ["idna==3.6"]\nconstraint-dependencies = ["certifi<2025"]\n',
  ),
  'members of a workspace': {
    service: 'services/orders',
    files: {
      'pyproject.toml': `[tool.uv.workspace]
members = ["libs/*", "services/*"]
[tool.uv.sources]
common = { workspace = true }
`,
      'services/orders/pyproject.toml': project(
        'orders',
        ['common[redis]', 'six'],
        '[dependency-groups]\ndev = ["other"]\n[tool.uv.sources]\nother = { workspace = true }\n',
      ),
      'services/billing/pyproject.toml': project('billing', ['flask']),
      ...library(
        'common',
        ['other', "tomli ; python_version < '3.12'"],
        '[project.optional-dependencies]\nredis = ["async-timeout"]\n[tool.uv.sources]\nother = { workspace = true }\n',
      ),
      ...library('other', ['idna']),
    },
    selections: [{ groups: ['dev'] }],
  },
  'members that conflict': {
    service: 'services/orders',
    files: {
      'pyproject.toml': `[tool.uv.workspace]
members = ["services/*", "libs/*"]
[tool.uv]
conflicts = [[{ package = "orders" }, { package = "billing" }]]
`,
      'services/orders/pyproject.toml': project(
        'orders',
        ['idna==3.4', 'common'],
        '[tool.uv.sources]\ncommon = { workspace = true }\n',
      ),
      'services/billing/pyproject.toml': project('billing', ['idna==3.10']),
      ...library('common', ['requests', 'idna']),
    },
  },
  'paths, archives, directories of files': {
    service: 'services/orders',
    lockedIn: 'services/orders',
    files: {
      'services/orders/pyproject.toml': project(
        'orders',
        ['edited', 'plain', 'nothing', 'vendored', 'flat'],
        `[tool.uv.sources]
edited = { path = "../../libs/edited", editable = true }
plain = { path = "../../libs/plain" }
nothing = { path = "../../libs/nothing" }
vendored = { path = "../../wheels/vendored-1.0-py3-none-any.whl" }
flat = { index = "flat" }
[[tool.uv.index]]
name = "flat"
url = "../../wheels"
format = "flat"
explicit = true
`,
      ),
      'libs/nothing/pyproject.toml': project('nothing', ['idna'], '[tool.uv]\npackage = false\n'),
      ...library('edited', ['six']),
      ...library('plain', []),
    },
    prepare: (directory) => {
      writeWheel(directory, 'vendored');
      writeWheel(directory, 'flat');
    },
  },
  repositories: {
    service: '.',
    files: {
      'pyproject.toml': project(
        'orders',
        ['cloned', 'below'],
        `[tool.uv.sources]
cloned = { git = "REPOSITORY", branch = "main" }
below = { git = "REPOSITORY", subdirectory = "below" }
`,
      ),
      'repository/pyproject.toml': project('cloned', ['six'], buildable),
      'repository/cloned/__init__.py': '',
      'repository/below/pyproject.toml': project('below', [], buildable),
      'repository/below/below/__init__.py': '',
    },
    prepare: createRepository,
  },
  'an archive by its URL': alone(['idna @ ARCHIVE', 'requests']),
  'a large set': alone(['torch', 'fastapi[all]', 'jupyterlab', 'boto3', 'scikit-learn']),
};

/** @param archive URL of a wheel of idna */
export function writeProject(
  { files, prepare }: UvProject,
  directory: string,
  archive: string,
): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    const filled = text
      .replaceAll('REPOSITORY', `file://${directory}/repository`)
      .replaceAll('ARCHIVE', archive);
    writeFileSync(join(directory, path), filled);
  }
  prepare?.(directory);
}
