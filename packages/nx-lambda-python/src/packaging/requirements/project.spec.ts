import { errorWith } from '../../errors.fixtures';
import { findRuntime, type Runtime } from '../../service/runtimes';
import { withOwnDependencies } from './own-project';
import { projectFiles } from './project';
import type { Selection } from './selection';

const target = { runtime: findRuntime('python3.12') as Runtime, architecture: 'x86_64' as const };
const PATH = 'services/a/pyproject.toml';

type Files = Readonly<Record<string, string>>;

function project(text: string, selection: Partial<Selection> = {}, files: Files = {}) {
  const all = { [PATH]: text, ...files } as Files;
  const request = { path: PATH, target, extras: [], groups: [], ...selection };
  return projectFiles(request, (path) => all[path]);
}

const lines = (...given: Parameters<typeof project>) =>
  (project(...given).get(`${PATH}.txt`) ?? '').trim().split('\n');

const STANDARD = `[project]
name = "My.Orders"
dependencies = ["requests>=2", "six ; python_version < '4'"]
[project.optional-dependencies]
web = ["flask[async]"]
all = ["my-orders[Web, db] ; sys_platform == 'linux'", "six ; python_version < '4'"]
db = ["psycopg ; python_version >= '3'"]
[dependency-groups]
lint = ["ruff"]
Dev = [{ include-group = "lint" }, "my_orders[db]"]
broken = [{ include-group = "broken" }]
`;
const POETRY = `[tool.poetry.dependencies]
python = "^3.11"
caret = "^1.2"
both = { version = "~2.1", extras = ["x", "y"], python = "<3.13", markers = "os_name == 'posix'", platform = "linux" }
local = { path = "../../libs/my local", develop = true }
cloned = { git = "git@host.invalid:org/cloned.git", tag = "v1", subdirectory = "py" }
extra-only = { version = "*", optional = true }
forked = [{ version = "1.0", python = "~3.11" }, { version = "2.0", python = ">=3.12" }]
[tool.poetry.extras]
more = ["Extra_Only"]
[tool.poetry.group.tracing.dependencies]
otel = ">=1,<2"
[tool.poetry.dev-dependencies]
pytest = "8"
`;

describe('projectFiles', () => {
  it.each<[string, Partial<Selection>, string[]]>([
    [STANDARD, {}, ['requests>=2', "six ; python_version < '4'"]],
    [
      STANDARD,
      { extras: ['ALL'] },
      [
        'requests>=2',
        "six ; python_version < '4'",
        "flask[async] ; sys_platform == 'linux'",
        "psycopg ; (python_version >= '3') and (sys_platform == 'linux')",
      ],
    ],
    [
      STANDARD,
      { groups: ['dev'] },
      ['requests>=2', "six ; python_version < '4'", 'ruff', "psycopg ; python_version >= '3'"],
    ],
    [
      POETRY,
      {},
      [
        'caret>=1.2,<2',
        'both[x,y]>=2.1,<2.2 ; (os_name == \'posix\') and (python_version < "3.13") and (sys_platform == "linux")',
        'local @ file:../../libs/my%20local',
        'cloned @ git+ssh://git@host.invalid/org/cloned.git@v1#subdirectory=py',
        'forked==1.0 ; (python_version >= "3.11") and (python_version < "3.12")',
        'forked==2.0 ; python_version >= "3.12"',
      ],
    ],
    [
      '[tool.poetry.dependencies]\nlow = "^0.2.3"\nx = { version = "1", optional = true }\n[tool.poetry.extras]\nall = ["x"]\n[tool.poetry.group.dev.dependencies]\nruff = "*"\n',
      { extras: ['all'], groups: ['dev'] },
      ['low>=0.2.3,<0.3', 'x==1', 'ruff'],
    ],
    // Where both have dependencies, Poetry's table only says where they come from.
    [
      '[project]\ndependencies = ["a>=1", "b"]\n[tool.poetry.dependencies]\na = { path = "../a" }\n[tool.poetry.group.x.dependencies]\nc = "1"\n',
      { groups: ['x'] },
      ['a @ file:../a', 'b', 'c==1'],
    ],
    [
      `[project]
dependencies = ["p>=1", "g[x] ; python_version >= '3'", "u", "i", "w"]
[tool.uv]
constraint-dependencies = ["six<2"]
[[tool.uv.index]]
name = "company"
url = "https://index.invalid/simple"
default = true
[[tool.uv.index]]
name = "unused"
url = "https://other.invalid/simple"
explicit = true
[tool.uv.sources]
P = { path = "../../libs/p", editable = true }
g = { git = "https://host.invalid/g", rev = "0a1b" }
u = { url = "https://host.invalid/u.zip", subdirectory = "s" }
i = [{ index = "unused", marker = "sys_platform == 'darwin'" }]
w = [{ path = "w.whl", marker = "python_version < '3.12'" }, { path = "v.whl", marker = "python_version >= '3.12'" }]
`,
      {},
      [
        '--index-url https://index.invalid/simple',
        '-c pyproject.toml.txt-constraints.txt',
        'p @ file:../../libs/p',
        "g[x] @ git+https://host.invalid/g@0a1b ; python_version >= '3'",
        'u @ https://host.invalid/u.zip#subdirectory=s',
        'i',
        'w @ file:v.whl',
      ],
    ],
    [
      '[project]\ndynamic = ["dependencies", "optional-dependencies"]\n[tool.setuptools.dynamic]\ndependencies = { file = ["a.txt", "b.txt"] }\noptional-dependencies.x = { file = "x.txt" }\n',
      { extras: ['x'] },
      ['-r a.txt', '-r b.txt', '-r x.txt'],
    ],
    [
      '[project]\ndynamic = ["dependencies"]\n[tool.hatch.metadata.hooks.requirements_txt]\nfiles = ["a.txt"]\n',
      {},
      ['-r a.txt'],
    ],
    ['[project]\ndependencies = []', {}, ['']],
    [
      '[project]\ndependencies = ["a"]\n[dependency-groups]\ndev = ["b"]\n[tool.uv]\ndev-dependencies = ["c"]\nno-build = true\nno-binary-package = ["d", "e"]\n',
      { groups: ['dev'] },
      ['--no-binary d', '--no-binary e', '--only-binary :all:', 'a', 'c', 'b'],
    ],
    [
      '[tool.poetry.dependencies]\n[tool.poetry.group.a]\ninclude-groups = ["b"]\n[tool.poetry.group.b]\ninclude-groups = ["a"]\n[tool.poetry.group.b.dependencies]\nsix = "1"\n',
      { groups: ['a'] },
      ['six==1'],
    ],
  ])('%# gives the lines of the project', (text, selection, expected) => {
    expect(lines(text, selection)).toEqual(expected);
  });

  it('writes constraints into a file of their own', () => {
    const text =
      '[project]\ndependencies = ["a"]\n[tool.uv]\nconstraint-dependencies = ["b<2", "c"]\n';
    expect(project(text).get(`${PATH}.txt-constraints.txt`)).toBe('b<2\nc\n');
  });

  it('has the settings and sources of the workspace above, and those of uv.toml', () => {
    const text = '[project]\ndependencies = ["a", "b"]\n[tool.uv.sources]\nb = { path = "b" }\n';
    const root = {
      'pyproject.toml':
        '[tool.uv]\nindex-url = "https://replaced.invalid"\n[tool.uv.workspace]\nmembers = ["services/*"]\n[tool.uv.sources]\na = { path = "libs/a" }\nb = { path = "libs/b" }\n',
    };
    const expected = ['a @ file:../../libs/a', 'b @ file:b'];
    expect(lines(text, {}, root)).toEqual(['--index-url https://replaced.invalid', ...expected]);
    const toml = { ...root, 'uv.toml': 'index-url = "https://index.invalid"\n' };
    expect(lines(text, {}, toml)).toEqual(['--index-url https://index.invalid', ...expected]);
  });

  const uv = (setting: string, dependency = 'a') =>
    `[project]\ndependencies = ["${dependency}"]\n[tool.uv]\n${setting}\n`;
  it.each<[string, Partial<Selection>, string, string]>([
    [STANDARD, { extras: ['webb'] }, 'OPTION_INVALID', 'no extra `webb`; did you mean `web`?'],
    [STANDARD, { groups: ['x'] }, 'OPTION_INVALID', 'it has `Dev`, `broken`, `lint`'],
    [STANDARD, { groups: ['broken'] }, 'REQUIREMENTS_INVALID', '`broken` includes itself'],
    ['[project]\nname = "a"', {}, 'REQUIREMENTS_MISSING', 'declares no dependencies'],
    ['[project]\ndependencies = "six"', {}, 'REQUIREMENTS_INVALID', 'not a list of strings'],
    ['[project', {}, 'REQUIREMENTS_INVALID', 'not valid TOML'],
    ['[project]\ndynamic = ["dependencies"]', {}, 'REQUIREMENTS_INVALID', 'only its build backend'],
    ...[
      'override-dependencies = ["x"]',
      'build-constraint-dependencies = ["x"]',
      'exclude-newer = "2026-01-01T00:00:00Z"',
      'prerelease = "allow"',
      'resolution = "lowest"',
      'extra-index-url = ["https://index.invalid"]',
      'no-build-isolation = true',
    ].map((one): [string, Partial<Selection>, string, string] => [
      uv(one),
      {},
      'REQUIREMENTS_INVALID',
      `sets \`${one.split(' ')[0]}\` under [tool.uv]`,
    ]),
    [
      uv('index = [{ name = "more", url = "https://index.invalid" }]'),
      {},
      'REQUIREMENTS_INVALID',
      'has the index `more`',
    ],
    [
      uv('sources.a = { index = "company" }'),
      {},
      'REQUIREMENTS_INVALID',
      'wants `a` from the index `company` only',
    ],
    [
      uv('sources.a = { workspace = true }'),
      {},
      'REQUIREMENTS_INVALID',
      'a source for `a` that only uv can find (`workspace`)',
    ],
    [
      '[tool.poetry.dependencies]\na = { version = "1", source = "company" }',
      {},
      'REQUIREMENTS_INVALID',
      'requires `a` with `source`',
    ],
    [
      '[tool.poetry.dependencies]\na = "^1 || ^3"',
      {},
      'REQUIREMENTS_INVALID',
      'no single specifier',
    ],
    [
      '[tool.poetry.dependencies]\na = "1"\n[[tool.poetry.source]]\nname = "company"',
      {},
      'REQUIREMENTS_INVALID',
      'has the index `company`',
    ],
  ])('%# is refused', (text, selection, code, words) => {
    expect(() => project(text, selection)).toThrow(errorWith(code, words));
  });
});

describe('the service itself in a requirements file', () => {
  const base = { projectRoot: 'services/a', workspaceRoot: '/ws', target };
  const FILES: Files = {
    [PATH]: STANDARD,
    'services/a/hand.txt': 'idna==3.7\n-e .[web]\n',
    'services/a/more/hand.txt': '.\n',
    'services/a/other.txt': '. ; python_version < "3"\nsix\n',
    'services/a/export.txt':
      '# This file was autogenerated by uv via the following command:\n-e .\nsix==1\n',
    'services/a/hashed.txt': 'six==1 --hash=sha256:aa\n./\n',
    'services/a/library.txt': '-e ../../libs/x\n',
    'services/b/setup.py': '',
    'services/b/pyproject.toml': '[project]\nname = "b"\n',
    'services/b/hand.txt': '-e .\n',
    'services/c/pyproject.toml': '[project]\nname = "c"\n',
    'services/c/hand.txt': 'six\n-e .\n',
  };
  const readIn = (projectRoot: string) =>
    withOwnDependencies({ ...base, projectRoot }, (path) => FILES[path]);

  it.each([
    ['hand.txt', 'idna==3.7\n-r pyproject.toml.txt\n'],
    ['more/hand.txt', '-r ../pyproject.toml.txt\n'],
    ['other.txt', 'six\n'],
    // Complete: its dependencies are there already.
    ['export.txt', 'six==1\n'],
    ['hashed.txt', 'six==1 --hash=sha256:aa\n'],
    ['library.txt', '-e ../../libs/x\n'],
  ])('%s', (name, expected) => {
    expect(readIn('services/a')(`services/a/${name}`)).toBe(expected);
  });

  it('is what it declares, with its extras', () => {
    const read = readIn('services/a');
    read('services/a/hand.txt');
    expect(read('services/a/pyproject.toml.txt')).toContain('requests>=2\n');
    expect(read('services/a/pyproject.toml.txt')).toContain('flask[async]\n');
  });

  it('is nothing if it declares nothing, and refused if only setup.py knows', () => {
    expect(readIn('services/c')('services/c/hand.txt')).toBe('six\n');
    expect(() => readIn('services/b')('services/b/hand.txt')).toThrow('declares no dependencies');
  });
});
