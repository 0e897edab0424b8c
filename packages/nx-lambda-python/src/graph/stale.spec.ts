/** Whatever changes the package changes what Nx hashes, or Nx does not cache the build. */

import { join } from 'node:path';
import type { BuildExecutorSchema } from '../schemas/build';
import { StaleWorkspace } from './stale.fixtures';

const MARKER = '[tool.nx-lambda-python]\npackage = "orders"\nruntime = "python3.13"\n';
const HANDLER = 'def handler(event, context):\n    return 1\n';
const EDITED = 'def handler(event, context):\n    return 2\n';
const PYLOCK = `lock-version = "1.0"
[[packages]]
name = "six"
version = "1.17.0"
[[packages.wheels]]
url = "https://example.com/six-1.17.0-py2.py3-none-any.whl"
hashes = { sha256 = "${'a'.repeat(64)}" }
`;

interface Case {
  /** Of the service; default `services/orders`. */
  root?: string;
  files?: Record<string, string>;
  links?: Record<string, string>;
  nxJson?: StaleWorkspace['nxJson'];
  plugin?: StaleWorkspace['plugin'];
  /** Of the build that is run. */
  options?: Partial<BuildExecutorSchema>;
  /** The target's inputs where nx.json or project.json replace what is inferred. */
  replaced?: unknown[];
  edit: Record<string, string> | (() => void);
  /** What Nx cannot see is named in the target's description. */
  unseen?: RegExp;
}

const S = 'services/orders';
const wheel = (name: string) => `${S}/wheels/${name}-1-py3-none-any.whl`;
/** Options of the build, as the plugin's own in nx.json. */
const withOptions = (options: Partial<BuildExecutorSchema>): Pick<Case, 'plugin' | 'options'> => ({
  plugin: { build: { options } },
  options,
});
const withMetadata = (version: string) =>
  `${MARKER}metadata = true\n[project]\nname = "orders"\nversion = "${version}"\n`;
const LIBRARY = {
  [`${S}/requirements.txt`]: '-e ../../libs/common\n',
  'libs/common/pyproject.toml': '[project]\nname = "common"\nversion = "1"\n',
};
const HATCH = {
  ...LIBRARY,
  'libs/common/pyproject.toml':
    '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n[project]\nname = "common"\nversion = "1"\n',
};
const BASE = { 'shared/base.txt': 'a\n' };
const EDITED_BASE: Pick<Case, 'edit'> = { edit: { 'shared/base.txt': 'b\n' } };
const USING_BASE = {
  files: { [`${S}/requirements.txt`]: '-r ../../shared/base.txt\n', ...BASE },
  ...EDITED_BASE,
};
/** Of requirements that are named elsewhere. */
const ALL = {
  files: { [`${S}/deps/all.txt`]: '-r ../../../shared/base.txt\n', ...BASE },
  rest: { options: { requirements: ['deps/all.txt'] }, ...EDITED_BASE },
};
const pipfileLock = (version: string) =>
  JSON.stringify({
    _meta: { 'pipfile-spec': 6 },
    default: { six: { version: `==${version}`, hashes: [`sha256:${'a'.repeat(64)}`] } },
  });
const poetryLock = (version: string) => `[[package]]
name = "six"
version = "${version}"
optional = false
python-versions = "*"
groups = ["main"]
files = [{ file = "six.whl", hash = "sha256:${'a'.repeat(64)}" }]
[metadata]
lock-version = "2.1"
python-versions = "*"
`;
const uvLock = (version: string) => `version = 1
[[package]]
name = "orders"
source = { virtual = "." }
dependencies = [{ name = "six" }]
[[package]]
name = "six"
version = "${version}"
source = { registry = "https://index.invalid/simple" }
`;

/** Not written: the service has its requirements elsewhere. */
const GONE = '';
const NO_REQUIREMENTS = { [`${S}/requirements.txt`]: GONE };
/** The last one of the files is edited. */
const rooted = (
  roots: string[],
  files: Record<string, string>,
  more: Record<string, string> = {},
): Pick<Case, 'files' | 'edit'> => {
  const marker = `${MARKER}roots = ${JSON.stringify(['.', ...roots])}\n`;
  return {
    files: { [`${S}/pyproject.toml`]: marker, ...files, ...more },
    edit: Object.fromEntries(
      Object.keys(files)
        .slice(-1)
        .map((path) => [path, '2']),
    ),
  };
};
const declaring = (project: string) => ({
  [`${S}/pyproject.toml`]: `[project]\n${project}\n${MARKER}`,
});
const CASES: Record<string, Case> = {
  'a handler module': { edit: { [`${S}/orders/handlers/a.py`]: EDITED } },
  'a module of a root in the folder of another project': rooted(['../../libs/common/src'], {
    'libs/common/project.json': '{}',
    'libs/common/src/common/a.py': '1',
  }),
  'data in a root at the root of the workspace': rooted(['../../shared'], {
    'shared/data/table.csv': '1',
  }),
  'a root with special characters': rooted(['../../libs (é)/[a] {b}'], {
    'libs (é)/[a] {b}/common/a.py': '1',
  }),
  'a root beside the code in the service': {
    files: {
      [`${S}/pyproject.toml`]: `${MARKER}roots = ["src", "lib"]\n`,
      [`${S}/src/orders/handlers/a.py`]: HANDLER,
      [`${S}/lib/common/a.py`]: '1',
    },
    edit: { [`${S}/lib/common/a.py`]: '2' },
  },
  'a root behind a link': {
    ...rooted(['../../linked'], { 'libs/common/src/common/a.py': '1' }),
    links: { linked: 'libs/common/src' },
  },
  'a root below a link': {
    ...rooted(['../../linked/src'], { 'libs/common/src/common/a.py': '1' }),
    links: { linked: 'libs/common' },
  },
  'what a link in a root leads to': {
    ...rooted(['../../libs/common'], { 'shared/a.py': '1' }),
    links: { 'libs/common/a.py': '../../shared/a.py' },
  },
  'a file that git ignores in a root': {
    ...rooted(['../../libs/common'], { 'libs/common/made.py': '1' }, { '.gitignore': 'made.py\n' }),
    unseen: /`libs\/common\/made\.py`.*`\.gitignore` hides it/,
  },
  'the roots': {
    files: { 'shared/a.py': '1' },
    edit: { [`${S}/pyproject.toml`]: `${MARKER}roots = [".", "../../shared"]\n` },
  },
  'a new module': { edit: { [`${S}/orders/new.py`]: '' } },
  'data of the package': { edit: { [`${S}/orders/data/table.csv`]: '1' } },
  'the version in its metadata': {
    files: { [`${S}/pyproject.toml`]: withMetadata('1') },
    edit: { [`${S}/pyproject.toml`]: withMetadata('2') },
  },
  'the marker': { edit: { [`${S}/pyproject.toml`]: MARKER.replace('3.13', '3.12') } },
  'a requirement': { edit: { [`${S}/requirements.txt`]: 'six==1.16.0\n' } },
  'a file that the requirements include': USING_BASE,
  'a lock that appears where none was': {
    files: { [`${S}/pylock.toml`]: PYLOCK },
    edit: { [`${S}/requirements.txt`]: 'six\n' },
    options: {},
  },
  'a Pipfile.lock': {
    files: { [`${S}/Pipfile.lock`]: pipfileLock('1.16.0') },
    ...withOptions({ requirements: ['Pipfile.lock'] }),
    edit: { [`${S}/Pipfile.lock`]: pipfileLock('1.17.0') },
  },
  'a poetry.lock': {
    files: { [`${S}/poetry.lock`]: poetryLock('1.16.0') },
    ...withOptions({ requirements: ['poetry.lock'] }),
    edit: { [`${S}/poetry.lock`]: poetryLock('1.17.0') },
  },
  'the group that makes a distribution of a poetry.lock needed': {
    files: { ...NO_REQUIREMENTS, [`${S}/poetry.lock`]: poetryLock('1.16.0') },
    edit: { [`${S}/poetry.lock`]: poetryLock('1.16.0').replace('"main"', '"dev"') },
  },
  'a Pipfile, without the option': {
    files: { ...NO_REQUIREMENTS, [`${S}/Pipfile`]: '[packages]\nsix = "*"\n' },
    edit: { [`${S}/Pipfile`]: '[packages]\nsix = ">1"\n' },
  },
  'a library of a Pipfile': {
    files: {
      ...NO_REQUIREMENTS,
      [`${S}/Pipfile`]: '[packages]\ncommon = { path = "../../libs/common", editable = true }\n',
      'libs/common/pyproject.toml': '[project]\nname = "common"\nversion = "1"\n',
      'libs/common/common/a.py': '1',
    },
    edit: { 'libs/common/common/a.py': '2' },
  },
  'a uv.lock': {
    files: {
      [`${S}/pyproject.toml`]: `[project]\nname = "orders"\nversion = "1"\n${MARKER}`,
      [`${S}/uv.lock`]: uvLock('1.16.0'),
    },
    ...withOptions({ requirements: ['uv.lock'] }),
    edit: { [`${S}/uv.lock`]: uvLock('1.17.0') },
  },
  'a uv.lock of the workspace, without the option': {
    files: {
      ...NO_REQUIREMENTS,
      'uv.lock': uvLock('1.16.0').replace('"."', `"${S}"`),
    },
    edit: { 'uv.lock': uvLock('1.17.0').replace('"."', `"${S}"`) },
  },
  'the dependencies of pyproject.toml': {
    files: { ...NO_REQUIREMENTS, ...declaring('dependencies = ["six"]') },
    edit: declaring('dependencies = ["six>1"]'),
  },
  'a file that dynamic dependencies name': {
    files: {
      ...NO_REQUIREMENTS,
      ...declaring(
        'dynamic = ["dependencies"]\n[tool.setuptools.dynamic]\ndependencies = { file = "deps.txt" }',
      ),
      [`${S}/deps.txt`]: 'six\n',
    },
    edit: { [`${S}/deps.txt`]: 'six>1\n' },
  },
  'settings of a uv workspace that appear above pyproject.toml': {
    files: { ...NO_REQUIREMENTS, ...declaring('dependencies = ["six"]') },
    edit: {
      'pyproject.toml':
        '[tool.uv]\nconstraint-dependencies = ["six<1"]\n[tool.uv.workspace]\nmembers = []\n',
    },
  },
  'an extra that is selected': {
    files: {
      ...NO_REQUIREMENTS,
      ...declaring('dependencies = []\noptional-dependencies.x = ["six"]'),
    },
    ...withOptions({ extras: ['x'] }),
    edit: declaring('dependencies = []\noptional-dependencies.x = ["six>1"]'),
  },
  'a library': {
    files: {
      ...LIBRARY,
      'libs/common/common/data.json': '1',
    },
    edit: { 'libs/common/common/data.json': '2' },
  },
  'the ignore file that hatchling reads for a library': {
    files: { ...HATCH, '.gitignore': '*.env\n' },
    edit: { '.gitignore': '*.env\nx\n' },
  },
  'an ignore file that hatchling would read instead': {
    files: { ...HATCH, '.gitignore': '' },
    edit: { 'libs/.gitignore': 'x\n' },
  },
  'a library with its version from git': {
    files: { ...LIBRARY, 'libs/common/setup.cfg': '[options]\nsetup_requires = setuptools_scm\n' },
    edit: { 'libs/common/setup.cfg': '[options]\nsetup_requires = setuptools-scm\n' },
    unseen: /the commits and tags of git: the build of `libs\/common` asks for them/,
  },
  'a library of a library': {
    files: {
      [`${S}/requirements.txt`]: '-e ../../libs/a\n',
      'libs/a/pyproject.toml':
        '[project]\ndependencies = ["b"]\n[tool.uv.sources]\nb = { path = "../b" }\n',
      'libs/b/setup.py': '',
    },
    edit: { 'libs/b/b.py': '1' },
  },
  '1 a file of the option constraints': {
    files: { [`${S}/deps/pins.txt`]: 'six==1.16.0\n' },
    ...withOptions({ constraints: ['deps/pins.txt'] }),
    edit: { [`${S}/deps/pins.txt`]: 'six==1.17.0\n' },
  },
  '2 a wheel that appears below --find-links of pipArgs': {
    files: { [wheel('a')]: '1' },
    ...withOptions({ pipArgs: ['--find-links', 'wheels'] }),
    edit: { [wheel('b')]: '2' },
  },
  '2 the same where git ignores wheels': {
    files: { [wheel('a')]: '1', '.gitignore': '*.whl\n' },
    ...withOptions({ pipArgs: ['--find-links=wheels'] }),
    edit: { [wheel('b')]: '2' },
    unseen: /wheels\/.*`\.gitignore` hides it/,
  },
  '3 a folder that a link leads to': {
    files: { 'shared/money/rates.py': '1' },
    links: { [`${S}/orders/money`]: '../../../shared/money' },
    edit: { 'shared/money/rates.py': '2' },
  },
  '3 a file that a link leads to': {
    files: { 'shared/rates.py': '1' },
    links: { [`${S}/orders/rates.py`]: '../../../shared/rates.py' },
    edit: { 'shared/rates.py': '2' },
  },
  '3 requirements.txt as a link': {
    files: { 'shared/requirements.txt': 'six==1.16.0\n' },
    links: { [`${S}/requirements.txt`]: '../../shared/requirements.txt' },
    edit: { 'shared/requirements.txt': 'six==1.17.0\n' },
  },
  '3 what a link in a linked folder leads to': {
    files: { 'shared/money/a.py': '', 'more/b.py': '1' },
    links: { [`${S}/orders/money`]: '../../../shared/money', 'shared/money/more': '../../more' },
    edit: { 'more/b.py': '2' },
  },
  '3 a link to a folder that git ignores': {
    files: { 'generated/a.py': '1', '.gitignore': '/generated/\n' },
    links: { [`${S}/orders/generated`]: '../../../generated' },
    edit: { 'generated/a.py': '2' },
    unseen: /`generated\/a\.py`/,
  },
  ...Object.fromEntries(
    ['PIP_PRE', 'PIP_NO_BINARY', 'PIP_FIND_LINKS', 'PIP_PREFER_BINARY', 'PIP_INDEX_URL'].map(
      (name): [string, Case] => [
        `4 ${name}`,
        { edit: () => (process.env[name] = 'https://example.com') },
      ],
    ),
  ),
  '4 a file of PIP_CONSTRAINT': {
    files: { 'pins.txt': 'six==1.16.0\n', 'services/orders/.env': '' },
    edit: { 'pins.txt': 'six==1.17.0\n' },
  },
  '5 a file that git ignores': {
    files: { [`${S}/orders/generated.py`]: '1', [`${S}/.gitignore`]: 'generated.py\n' },
    edit: { [`${S}/orders/generated.py`]: '2' },
    unseen: /`services\/orders\/orders\/generated\.py`: `services\/orders\/\.gitignore` hides it/,
  },
  '5 a file below an ignored folder, tracked or not': {
    files: { [`${S}/orders/build/tracked.py`]: '1', '.gitignore': 'build/\n!tracked.py\n' },
    edit: { [`${S}/orders/build/tracked.py`]: '2' },
    unseen: /build\/tracked\.py/,
  },
  '5 a file that only Nx ignores': {
    files: { [`${S}/orders/x.py`]: '1', '.nxignore': '**/x.py\n' },
    edit: { [`${S}/orders/x.py`]: '2' },
    unseen: /`\.nxignore` hides it/,
  },
  '5 an ignored constraints file': {
    files: { [`${S}/deps/pins.txt`]: 'six==1.16.0\n', '.gitignore': 'deps\n' },
    ...withOptions({ constraints: ['deps/pins.txt'] }),
    edit: { [`${S}/deps/pins.txt`]: 'six==1.17.0\n' },
    unseen: /deps\/pins\.txt/,
  },
  '5 an ignored file of a library': {
    files: {
      ...LIBRARY,
      'libs/common/common/schema.json': '1',
      '.gitignore': 'schema.json\n',
    },
    edit: { 'libs/common/common/schema.json': '2' },
    unseen: /schema\.json/,
  },
  '6 a file in the folder of another project, of a service at the root': {
    root: '.',
    files: {
      'pyproject.toml': `${MARKER}include = ["/orders/", "/libs/common/"]\n`,
      'requirements.txt': '',
      'orders/handlers/a.py': HANDLER,
      'libs/common/project.json': '{}',
      'libs/common/money.py': '1',
    },
    edit: { 'libs/common/money.py': '2' },
  },
  '6 a file in the folder of a project within the service': {
    files: { [`${S}/orders/inner/project.json`]: '{}', [`${S}/orders/inner/a.py`]: '1' },
    edit: { [`${S}/orders/inner/a.py`]: '2' },
  },
  '6 a file of the service whose code this one takes': {
    files: {
      [`${S}/pyproject.toml`]: `${MARKER}root = "../other"\n`,
      'services/other/orders/handlers/a.py': HANDLER,
    },
    edit: { 'services/other/orders/handlers/a.py': EDITED },
  },
  '7 special characters in include': {
    files: {
      [`${S}/pyproject.toml`]: `${MARKER}include = ["/orders/", "/lib (shared)/", "/a[b]{c}!/"]\n`,
      [`${S}/lib (shared)/x.py`]: '1',
    },
    edit: { [`${S}/lib (shared)/x.py`]: '2' },
  },
  '7 special characters in the root': {
    root: 'services/orders (eu) [1] {2}!',
    edit: { 'services/orders (eu) [1] {2}!/orders/handlers/a.py': EDITED },
  },
  '7 an escaped pattern and a class of characters': {
    files: {
      [`${S}/pyproject.toml`]: `${MARKER}include = ['/orders/', '/lib\\ x/', '/v[0-9]/']\n`,
      [`${S}/v1/x.py`]: '1',
    },
    edit: { [`${S}/v1/x.py`]: '2' },
  },
  "8 a handler module, with inputs of targetDefaults in the plugin's place": {
    nxJson: {
      namedInputs: { production: ['default', '!{projectRoot}/orders/**/*'] },
      targetDefaults: { build: { inputs: ['production', '^production'] } },
    },
    replaced: ['production', '^production'],
    edit: { [`${S}/orders/handlers/a.py`]: EDITED },
  },
  '8 the same of a file elsewhere': {
    ...USING_BASE,
    nxJson: { targetDefaults: { build: { inputs: ['default'] } } },
    replaced: ['default'],
  },
  '8 the same where nothing can take the inputs in': {
    ...USING_BASE,
    nxJson: { targetDefaults: { build: { inputs: ['{projectRoot}/**/*'] } } },
    replaced: ['{projectRoot}/**/*'],
    unseen: /`inputs` of `targetDefaults`/,
  },
  '9 requirements of a configuration': {
    files: { [`${S}/prod.txt`]: '-r ../../shared/base.txt\n', 'shared/base.txt': 'a\n' },
    plugin: {
      build: { configurations: { production: { requirements: ['prod.txt'] } } },
    },
    options: { requirements: ['prod.txt'] },
    edit: { 'shared/base.txt': 'b\n' },
  },
  '9 requirements of the marker': {
    files: {
      [`${S}/pyproject.toml`]: `${MARKER}requirements = ["deps/all.txt"]\n`,
      ...ALL.files,
    },
    ...ALL.rest,
  },
  '9 requirements of package.json': {
    files: {
      'package.json': '{ "workspaces": ["services/*"] }',
      [`${S}/package.json`]: JSON.stringify({
        name: 'orders',
        nx: { targets: { build: { options: { requirements: ['deps/all.txt'] } } } },
      }),
      ...ALL.files,
    },
    ...ALL.rest,
  },
  '9 requirements where another target has an option of that name': {
    files: {
      [`${S}/project.json`]: JSON.stringify({
        targets: {
          audit: { executor: 'nx:run-commands', options: { requirements: ['none.txt'] } },
          build: { options: { requirements: ['deps/all.txt'] } },
        },
      }),
      ...ALL.files,
    },
    ...ALL.rest,
  },
};

let workspace: StaleWorkspace;
const before = { ...process.env };
afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
});

function prepare({ root = S, files = {}, links = {}, nxJson = {}, plugin = {} }: Partial<Case>) {
  workspace = new StaleWorkspace(root);
  workspace.nxJson = nxJson;
  workspace.plugin = plugin;
  // Rules and settings of the machine that runs this are not the test's.
  process.env['XDG_CONFIG_HOME'] = workspace.root;
  process.env['PIP_CONFIG_FILE'] = '/dev/null';
  const isLinked = `${root}/requirements.txt` in links || `${root}/pylock.toml` in files;
  workspace.write({
    [`${root}/pyproject.toml`]: MARKER,
    ...(isLinked ? {} : { [`${root}/requirements.txt`]: 'six\n' }),
    [`${root}/orders/handlers/a.py`]: HANDLER,
    ...files,
  });
  if (files[`${root}/requirements.txt`] === GONE) workspace.delete(`${root}/requirements.txt`);
  for (const [path, target] of Object.entries(links)) workspace.link(path, target);
}

describe('an edit of what decides the package', () => {
  it.each(Object.entries(CASES))('%s', async (name, one) => {
    prepare(one);
    if (name.includes('PIP_CONSTRAINT')) process.env['PIP_CONSTRAINT'] = 'pins.txt';
    const inferred = await workspace.infer();
    const [decided, hash] = [
      workspace.decides(one.options),
      workspace.hash(inferred, one.replaced),
    ];

    if (typeof one.edit === 'function') one.edit();
    else workspace.write(one.edit);
    expect(workspace.decides(one.options)).not.toBe(decided);
    if (one.unseen) {
      expect(inferred.isCached).toBe(false);
      expect(inferred.description).toMatch(one.unseen);
    } else {
      expect(inferred.isCached).toBe(true);
      expect(workspace.hash(inferred, one.replaced)).not.toBe(hash);
    }
  });

  it.each(['wheel', 'install'])(
    'of a file that pip.conf names for pip %s: Nx hashes it',
    async (command) => {
      prepare({});
      workspace.write({
        'pip.conf': `[${command}]\nconstraint = pins.txt\n`,
        'pins.txt': 'six==1\n',
      });
      process.env['PIP_CONFIG_FILE'] = join(workspace.root, 'pip.conf');
      const inferred = await workspace.infer();
      const options = { dependencies: command === 'wheel' ? 'wheels' : 'install' } as const;
      const [decided, hash] = [workspace.decides(options), workspace.hash(inferred)];
      workspace.write({ 'pins.txt': 'six==2\n' });
      expect(workspace.decides(options)).not.toBe(decided);
      expect(workspace.hash(inferred)).not.toBe(hash);
    },
  );

  it('of pip.conf: Nx does not cache the build', async () => {
    prepare({});
    delete process.env['PIP_CONFIG_FILE'];
    process.env['XDG_CONFIG_HOME'] = `${workspace.root}-home`;
    const file = `../${workspace.root.split('/').at(-1)}-home/pip/pip.conf`;
    workspace.write({ [file]: '[global]\npre = true\n' });
    const { isCached, description } = await workspace.infer();
    expect(isCached).toBe(false);
    expect(description).toMatch(/pip's `pre` of `.*pip\.conf`/);
  });
});

describe('an edit of what decides nothing', () => {
  const pyvenv = (directory: string) => ({ [`${directory}/pyvenv.cfg`]: '' });

  it.each<[string, string, Record<string, string>?]>([
    ['a virtual environment in the package', `${S}/orders/env/x.py`, pyvenv(`${S}/orders/env`)],
    [
      'a virtual environment in a library',
      'libs/common/env/x.py',
      { ...LIBRARY, ...pyvenv('libs/common/env') },
    ],
    [
      'one that git ignores',
      'libs/common/env/x.py',
      { ...LIBRARY, ...pyvenv('libs/common/env'), '.gitignore': 'env/\n' },
    ],
    ['a test', `${S}/orders/tests/test_a.py`],
    ['a test beside the code', `${S}/orders/handlers/test_a.py`],
    [
      'a test in a root',
      'libs/common/tests/test_a.py',
      rooted(['../../libs/common'], { 'libs/common/common/a.py': '' }).files,
    ],
    ['README.md', `${S}/README.md`],
    ['other requirements', `${S}/requirements-dev.txt`],
    ['another service', 'services/other/orders/handlers/a.py'],
  ])('%s', async (_, path, files = {}) => {
    prepare({ files: { [path]: '1', ...files } });
    const inferred = await workspace.infer();
    const [decided, hash] = [workspace.decides(), workspace.hash(inferred)];
    workspace.write({ [path]: '2' });
    expect([workspace.decides(), workspace.hash(inferred)]).toEqual([decided, hash]);
    expect(inferred.isCached).toBe(true);
  });
});
