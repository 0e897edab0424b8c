/** Requirements that are files of the workspace, and locks, in the container and without one. */

import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CONTAINER_OPTIONS, describeLong, describeWithEngine } from './support/engine';
import { runDirectory } from './support/run-directory';
import { serviceFiles, Workspace } from './support/workspace';

const ROOT = 'services/orders';
const SIX = '4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274';

/** The index that pip asks by itself, to be named in files. */
const INDEX = spawnSync(
  'python3',
  ['-c', 'from pip._internal.models.index import PyPI; print(PyPI.simple_url)'],
  { encoding: 'utf8' },
).stdout.trim();

/** What a requirements file may say, all at once. */
const EVERYTHING: Record<string, string> = {
  [`${ROOT}/requirements.txt`]: `# comments, continued lines, files in files
-r more/base.txt
-c constraints.txt
--extra-index-url ${INDEX}
requests[socks] == 2.32.3 ; \\
    python_version >= "3.9"
colorama==0.4.6 ; sys_platform == "win32"
`,
  [`${ROOT}/more/base.txt`]: `--index-url ${INDEX}\n--no-binary=nothing\nsix>=1.0\n`,
  [`${ROOT}/constraints.txt`]: 'six==1.16.0\nurllib3<2\n',
};

function expectEverything(distributions: readonly string[]): void {
  const names = distributions.map((one) => one.toLowerCase());
  expect(names).toEqual(expect.arrayContaining(['pysocks 1.7.1', 'requests 2.32.3', 'six 1.16.0']));
  expect(names.filter((one) => /^(colorama|urllib3 2)/.test(one))).toEqual([]);
}

/** A library in `libs/<name>` that setuptools builds. */
function library(name: string, more = ''): Record<string, string> {
  return {
    [`libs/${name}/pyproject.toml`]: `[build-system]
requires = ["setuptools>=68"]
build-backend = "setuptools.build_meta"

[project]
name = "${name}"
version = "1.0"
${more}
[tool.setuptools]
packages = ["${name}"]
`,
    [`libs/${name}/project.json`]: JSON.stringify({ name }),
    [`libs/${name}/${name}/__init__.py`]: `NAME = "${name}"\n`,
    [`libs/${name}/tests/test_${name}.py`]: '',
  };
}

const COMMON = library(
  'common',
  `dependencies = ["other"]
optional-dependencies = { extra = ["idna==3.10"] }
[tool.uv.sources]
other = { path = "../other" }
`,
);

const PYLOCK = `lock-version = "1.0"
created-by = "a test"

[[packages]]
name = "other"
directory = { path = "../../libs/other", editable = true }

[[packages]]
name = "six"
version = "1.17.0"
wheels = [{ url = "https://files.invalid/six-1.17.0-py2.py3-none-any.whl", hashes = { sha256 = "${SIX}" } }]

[[packages]]
name = "never"
version = "1.0"
marker = "sys_platform == 'win32'"
wheels = [{ url = "https://files.invalid/never-1.0-py3-none-any.whl", hashes = { sha256 = "${SIX}" } }]
`;

const UV_LOCK = `version = 1
revision = 3
requires-python = ">=3.11"

[manifest]
members = ["common", "orders", "other"]

[[package]]
name = "common"
version = "1.0"
source = { editable = "libs/common" }
dependencies = [{ name = "other" }]

[[package]]
name = "iniconfig"
version = "2.1.0"
source = { registry = "https://index.invalid/simple" }
wheels = [
    { url = "https://files.invalid/iniconfig-2.1.0-py3-none-any.whl", hash = "sha256:9deba5723312380e77435581c6bf4935c94cbfab9b1ed33ef8d238ea168eb760", size = 6050 },
]

[[package]]
name = "orders"
version = "0"
source = { virtual = "services/orders" }
dependencies = [{ name = "common" }, { name = "six" }]

[package.dev-dependencies]
dev = [{ name = "iniconfig" }]

[[package]]
name = "other"
version = "1.0"
source = { editable = "libs/other" }

[[package]]
name = "six"
version = "1.17.0"
source = { registry = "https://index.invalid/simple" }
wheels = [
    { url = "https://files.invalid/six-1.17.0-py2.py3-none-any.whl", hash = "sha256:${SIX}", size = 11050 },
]
`;

class Forms extends Workspace {
  private store = 'forms';

  constructor(name: string, options: Record<string, unknown>) {
    super(name);
    this.succeed(['g', 'nx-lambda-python:init', '--no-interactive']);
    this.writeAll({
      ...serviceFiles(ROOT, 'package = "orders"\nruntime = "python3.11"\n', {
        'orders/handlers/refund.py': 'def handler(event, context):\n    pass\n',
        'orders/__init__.py': '',
      }),
      ...COMMON,
      ...library('other'),
    });
    this.setDefaults('build', options);
  }

  /** From here on nothing is known of what was resolved before. */
  useStore(name: string): void {
    this.store = name;
  }

  build(...args: string[]): string {
    const { code, output } = this.attempt(...args);
    if (code !== 0) throw new Error(output);
    return output;
  }

  attempt(...args: string[]) {
    const store = join(runDirectory(), `store-${this.store}`);
    return this.nx(['build', 'orders', ...args], { NX_LAMBDA_PYTHON_CACHE_DIRECTORY: store });
  }

  require(...lines: string[]): void {
    this.write(`${ROOT}/requirements.txt`, `${lines.join('\n')}\n`);
  }

  distributions(): string[] {
    return this.manifest(ROOT).distributions.map(({ name, version }) => `${name} ${version}`);
  }

  /** What Python prints with the package alone on its path. */
  python(code: string): string {
    const file = join(this.root, 'dist', ROOT, 'package.zip');
    const text = `import sys; sys.path.insert(0, ${JSON.stringify(file)}); ${code}`;
    return spawnSync('python3', ['-I', '-S', '-c', text], { encoding: 'utf8' }).stdout.trim();
  }

  /** A wheel of one module, made without pip. */
  wheel(directory: string, name: string): void {
    const code = `import base64, hashlib, sys, zipfile
path, name = sys.argv[1:]
info = name + "-1.0.dist-info"
files = {name + ".py": "NAME = %r\\n" % name, info + "/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
         info + "/METADATA": "Metadata-Version: 2.1\\nName: %s\\nVersion: 1.0\\n" % name}
digest = lambda text: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
rows = ["%s,sha256=%s,%d" % (path, digest(text), len(text)) for path, text in files.items()]
files[info + "/RECORD"] = "\\n".join(rows + [info + "/RECORD,,", ""])
with zipfile.ZipFile(path, "w") as wheel:
    for path, text in files.items():
        wheel.writestr(zipfile.ZipInfo(path), text)
`;
    const file = join(this.root, directory, `${name}-1.0-py3-none-any.whl`);
    mkdirSync(dirname(file), { recursive: true });
    const { status, stderr } = spawnSync('python3', ['-c', code, file, name], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  }
}

describeWithEngine('files of the workspace, in a container', () => {
  let workspace: Forms;
  let first: string;

  beforeAll(() => {
    workspace = new Forms('forms in a container', CONTAINER_OPTIONS);
    workspace.wheel(`${ROOT}/vendor`, 'vendored');
    workspace.wheel('wheelhouse', 'linked');
    workspace.require(
      '-e ../../libs/common[extra] ; python_version >= "3"',
      './vendor/vendored-1.0-py3-none-any.whl',
      '-r more/links.txt',
    );
    workspace.write(`${ROOT}/more/links.txt`, '--find-links ../../../wheelhouse\nlinked==1.0\n');
  });

  it('become wheels: a library with what it requires by path, an archive, a link', () => {
    expect(workspace.build('--skip-nx-cache')).toContain('building libs/common, libs/other');
    expect(workspace.distributions()).toEqual([
      'common 1.0',
      'idna 3.10',
      'linked 1.0',
      'other 1.0',
      'vendored 1.0',
    ]);
    const paths = workspace.packagePaths(ROOT);
    expect(paths.filter((path) => /\.pth$|egg-link|tests\/|direct_url/.test(path))).toEqual([]);
    expect(workspace.python('import common, other, linked; print(common.NAME, other.NAME)')).toBe(
      'common other',
    );
    first = workspace.packageDigest(ROOT);
  });

  it('start no container while their content stays, and none of what builds leave counts', () => {
    workspace.write('libs/other/other/__init__.py', workspace.read('libs/other/other/__init__.py'));
    workspace.write('libs/other/build/lib/left.py', 'x = 1\n');
    workspace.write('libs/other/other/__pycache__/x.pyc', '');
    expect(workspace.build('--skip-nx-cache')).not.toContain('resolving');
  });

  it('give the same bytes when everything is built again, from an empty store', () => {
    workspace.useStore('forms again');
    const manifest = workspace.read(`dist/${ROOT}/manifest.json`);
    expect(workspace.build('--skip-nx-cache')).toContain('building libs/common, libs/other');
    expect(workspace.packageDigest(ROOT)).toBe(first);
    expect(workspace.read(`dist/${ROOT}/manifest.json`)).toBe(manifest);
  });
});

describe('files of the workspace, without a container', () => {
  let workspace: Forms;

  beforeAll(() => {
    workspace = new Forms('forms on the host', { engine: 'host' });
    workspace.remove(`${ROOT}/requirements.txt`);
    workspace.write(`${ROOT}/pylock.toml`, PYLOCK);
  });

  it('pylock.toml: libraries are built, all else is checked by its hash', () => {
    const output = workspace.build();
    expect(output).toContain(`there is no requirements.txt: taking \`${ROOT}/pylock.toml\``);
    expect(workspace.distributions()).toEqual(['other 1.0', 'six 1.17.0']);
    expect(workspace.python('import other, six; print(other.NAME, six.__version__)')).toBe(
      'other 1.17.0',
    );
  });

  it("an edit of a library makes Nx's cached package stale, and affects the service", () => {
    expect(workspace.build()).toContain('local cache');
    workspace.write('libs/other/other/__init__.py', 'NAME = "edited"\n');
    expect(workspace.build()).toContain('building libs/other');
    expect(workspace.python('import other; print(other.NAME)')).toBe('edited');
    const show = ['show', 'projects', '--affected', '--files=libs/other/tests/test_other.py'];
    expect(workspace.succeed(show).split('\n')).toContain('orders');
  });

  it('a library that is no pure Python needs a container', () => {
    workspace.write(
      'libs/other/setup.py',
      'from setuptools import setup\nfrom setuptools.dist import Distribution\nDistribution.has_ext_modules = lambda self: True\nsetup()\n',
    );
    workspace.require('-e ../../libs/other');
    const { code, output } = workspace.attempt();
    expect(code).not.toBe(0);
    expect(output).toContain('error[WHEEL_UNAVAILABLE]: `libs/other` needs a container');
    workspace.remove('libs/other/setup.py');
  });

  it('uv.lock of a workspace: the members and the pins that the service needs', () => {
    // Of the two members the service requires one.
    workspace.writeAll(uvWorkspace('other'));
    const fromLock = ['--requirements=../../uv.lock', '--skip-nx-cache'];
    expect(workspace.build(...fromLock)).toMatch(/building libs\/other$/m);
    expect(workspace.distributions()).toEqual(['other 1.0', 'six 1.17.0']);
    workspace.write(
      'uv.lock',
      `# formatted again\n${workspace.read('uv.lock').replaceAll(' = ', '=')}`,
    );
    expect(workspace.build(...fromLock)).not.toContain('resolving');
  });
});

describeLong('requirements files, without a container', () => {
  it('with all that they may say', () => {
    const workspace = new Forms('everything on the host', { engine: 'host' });
    workspace.writeAll(EVERYTHING);
    workspace.build();
    expectEverything(workspace.distributions());
  });
});

(process.env['LONG'] ? describeWithEngine : describe.skip)(
  'locks and hashes, in a container',
  () => {
    let workspace: Forms;

    beforeAll(() => {
      workspace = new Forms('locks in a container', CONTAINER_OPTIONS);
      workspace.remove(`${ROOT}/requirements.txt`);
    });

    it('requirements files with all that they may say', () => {
      workspace.writeAll(EVERYTHING);
      workspace.build();
      expectEverything(workspace.distributions());
    });

    it('hashes beside a library, which pip alone refuses', () => {
      workspace.require(`six==1.17.0 --hash=sha256:${SIX}`, '../../libs/other');
      workspace.build();
      expect(workspace.distributions()).toEqual(['other 1.0', 'six 1.17.0']);
      workspace.require(`six==1.17.0 --hash=sha256:${SIX.replace('4', '5')}`, '../../libs/other');
      expect(workspace.attempt().output).toContain('error[PIP_FAILED]');
      workspace.remove(`${ROOT}/requirements.txt`);
    });

    it('uv.lock, installed by pip too', () => {
      workspace.writeAll(uvWorkspace('common'));
      workspace.build('--requirements=../../uv.lock');
      expect(workspace.distributions()).toEqual(['common 1.0', 'other 1.0', 'six 1.17.0']);
      workspace.build('--requirements=../../uv.lock', '--dependencies=install');
      expect(workspace.python('import common, six; print(common.NAME, six.__version__)')).toBe(
        'common 1.17.0',
      );
      workspace.remove('uv.lock');
      workspace.remove('pyproject.toml');
    });

    it('poetry.lock, with a library that requires another by path', () => {
      workspace.writeAll(poetryProject());
      expect(workspace.build()).toContain(`taking \`${ROOT}/poetry.lock\``);
      expect(workspace.distributions()).toEqual(['first 1.0', 'second 1.0', 'six 1.17.0']);
      // The same libraries by requirements: what Poetry's wheel names by its URL, pip builds itself.
      workspace.require('-e ../../libs/first', './../../libs/second');
      workspace.build();
      expect(workspace.distributions()).toEqual(['first 1.0', 'second 1.0']);
    });
  },
);

function uvWorkspace(required: string): Record<string, string> {
  return {
    'uv.lock': UV_LOCK.replace(
      '[{ name = "common" }, { name = "six" }]',
      `[{ name = "${required}" }, { name = "six" }]`,
    ),
    'pyproject.toml': '[tool.uv.workspace]\nmembers = ["libs/*", "services/*"]\n',
    [`${ROOT}/pyproject.toml`]: `[project]
name = "orders"
version = "0"
dependencies = ["${required}", "six"]
[tool.uv.sources]
${required} = { workspace = true }
[tool.nx-lambda-python]
package = "orders"
runtime = "python3.11"
`,
  };
}

function poetryProject(): Record<string, string> {
  const poetry = (name: string, dependencies: string) => `[tool.poetry]
name = "${name}"
version = "1.0"
description = ""
authors = []
[tool.poetry.dependencies]
python = "^3.11"
${dependencies}
[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"
`;
  const locked = (name: string, more: string) => `[[package]]
name = "${name}"
optional = false
description = ""
python-versions = "*"
groups = ["main"]
${more}
`;
  const directory = (name: string, more = '') =>
    locked(
      name,
      `version = "1.0"
files = []
develop = true
${more}
[package.source]
type = "directory"
url = "../../libs/${name}"`,
    );
  return {
    'libs/first/pyproject.toml': poetry('first', 'second = { path = "../second" }'),
    'libs/first/first/__init__.py': '',
    'libs/second/pyproject.toml': poetry('second', ''),
    'libs/second/second/__init__.py': '',
    [`${ROOT}/pyproject.toml`]: `[tool.poetry]
package-mode = false
[tool.poetry.dependencies]
python = "^3.11"
first = { path = "../../libs/first", develop = true }
six = "1.17.0"
[tool.nx-lambda-python]
package = "orders"
runtime = "python3.11"
`,
    [`${ROOT}/poetry.lock`]: `${directory('first', '[package.dependencies]\nsecond = { path = "../second" }')}
${directory('second')}
${locked('six', `version = "1.17.0"\nfiles = [{ file = "six-1.17.0-py2.py3-none-any.whl", hash = "sha256:${SIX}" }]`)}
[metadata]
lock-version = "2.1"
python-versions = "^3.11"
content-hash = "50b20ef1e44dbf32d888c283fc207b3cdde3e4e7d85a6d90831079d985027ed7"
`,
  };
}
