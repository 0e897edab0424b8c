/** Services whose code lies in several directories of the workspace. */

import { execFileSync } from 'node:child_process';
import fs, { readFileSync, symlinkSync } from 'node:fs';
import explain from '../executors/explain';
import type { BuildManifest } from '../packaging/manifest';
import { openedModules } from '../packaging/opened-files.fixtures';
import { contentsOf } from '../packaging/packaging.fixtures';
import { reachOf } from '../packaging/reach';
import { openSourceCache } from '../platform/store/records';
import { pythonParser } from '../python/syntax-tree';
import type { ExplainExecutorSchema } from '../schemas/explain';
import { temporaryDirectory, writeFiles } from '../temporary.fixtures';
import { usePackage } from './present';
import { readImports, readMarker, readService } from './service';
import { HANDLER, MARKER, TestService } from './service.fixtures';

const ROOT = 'libs/common/src';
const rooted = (...roots: string[]) => `${MARKER}roots = ${JSON.stringify(['.', ...roots])}\n`;
const HANDLES = 'def handler(event, context): ...\n';
const COMMON = {
  'svc/pyproject.toml': rooted('../libs/common/src'),
  [HANDLER]: `import common.money\n${HANDLES}`,
  [`${ROOT}/common/__init__.py`]: '',
  [`${ROOT}/common/money.py`]: 'from svc import rates\n',
  [`${ROOT}/common/tests/test_money.py`]: '',
  'svc/svc/rates.py': '',
};

let service: TestService;
const start = (files: Record<string, string> = COMMON) => (service = new TestService(files));
afterEach(() => service.remove());

const manifest = () =>
  JSON.parse(readFileSync(service.path('dist/svc/manifest.json'), 'utf8')) as BuildManifest;
const packaged = () => contentsOf(readFileSync(service.path('dist/svc/package.zip')));
async function refusal(): Promise<string> {
  expect(await service.build()).toBe(false);
  return service.printed;
}

it('has the files of all roots at the top of the package, without tests', async () => {
  start();
  expect(await service.build({ imports: 'error' })).toBe(true);
  expect(Object.keys(packaged())).toEqual([
    'common/__init__.py',
    'common/money.py',
    'svc/handlers/one.py',
    'svc/rates.py',
  ]);
});

it('finds handlers in any root', async () => {
  start({
    'svc/pyproject.toml': `${rooted('../libs/common/src')}handlers = ["svc/handlers/*.py", "jobs/*.py"]
[tool.nx-lambda-python.functions]
purge = { handler = "common.admin.purge_all" }
`,
    [`${ROOT}/jobs/nightly.py`]: HANDLES,
    [`${ROOT}/common/admin.py`]: HANDLES.replace('handler', 'purge_all'),
  });
  expect(await service.build()).toBe(true);
  expect(manifest().handlers).toMatchObject([
    {
      name: 'nightly',
      file: '../libs/common/src/jobs/nightly.py',
      handler: 'jobs.nightly.handler',
    },
    { name: 'one' },
    { name: 'purge', handler: 'common.admin.purge_all' },
  ]);
});

it.each([
  ['an edit of a root', { [`${ROOT}/common/money.py`]: 'x = 1\n' }, 'common/money.py'],
  ['a new file of a root', { [`${ROOT}/more.json`]: '{}' }, 'more.json'],
])('builds a package again that is used after %s', async (_, files, path) => {
  start();
  service.targets['build'] = {
    executor: 'nx-lambda-python:build',
    options: { outputPath: 'dist/svc' },
  };
  expect(await service.build()).toBe(true);
  await usePackage(service.context('upload'));
  expect(service.warnings).toEqual([]);
  service.write(files as Record<string, string>);
  await usePackage(service.context('upload'));
  expect(service.warnings[0]).toContain("the service's files or its marker");
  expect(packaged()[path]).toBe(Object.values(files)[0]);
});

it('takes the files of a commit, of roots too, and tells whether roots were changed', async () => {
  start({ ...COMMON, '.gitignore': '.store\ndist\n' });
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], {
      cwd: service.root,
      encoding: 'utf8',
    }).trim();
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '--message=one');
  const commit = git('rev-parse', 'HEAD');
  expect(await service.build()).toBe(true);
  expect(manifest().source?.dirty).toBe(false);
  service.write({ [`${ROOT}/common/money.py`]: 'x = 1\n' });
  expect(await service.build()).toBe(true);
  expect([manifest().source?.dirty, packaged()['common/money.py']]).toEqual([true, 'x = 1\n']);
  expect(await service.build({ ref: commit })).toBe(true);
  expect([manifest().source?.dirty, packaged()['common/money.py']]).toEqual([
    false,
    'from svc import rates\n',
  ]);
});

it('takes equal files at one path for one, in roots and behind links', async () => {
  start({
    ...COMMON,
    'svc/pyproject.toml': rooted('../libs/common/src', '../libs/other', '../linked'),
    'svc/common/__init__.py': '',
    'libs/other/common/__init__.py': '',
    'libs/other/common/tax.py': '',
  });
  symlinkSync('libs/common/src', service.path('linked'));
  expect(await service.build()).toBe(true);
  expect(Object.keys(packaged()).filter((path) => path.startsWith('common/'))).toEqual([
    'common/__init__.py',
    'common/money.py',
    'common/tax.py',
  ]);
});

it('walks each root once, and nothing beside them', async () => {
  start({ ...COMMON, 'libs/common/docs/x.md': '' });
  const walked = jest.spyOn(fs, 'readdirSync');
  expect(await service.build()).toBe(true);
  const paths = walked.mock.calls.map(([path]) => String(path));
  const inLibs = paths.filter((path) => path.startsWith(service.path('libs')));
  expect(inLibs).toEqual([service.path(ROOT), service.path(`${ROOT}/common`)]);
});

it('names its roots in what `nx explain` says', async () => {
  start();
  service.targets['build'] = {
    executor: 'nx-lambda-python:build',
    options: { outputPath: 'dist/svc', engine: 'host' },
  };
  const explained = async (schema: ExplainExecutorSchema) => {
    service.printed = '';
    await explain(schema, service.context('explain'));
    return service.printed;
  };
  expect(await explained({})).toContain('decided by: 4 files of the service and libs/common/src, ');
  expect(JSON.parse(await explained({ format: 'json' }))).toMatchObject({
    inputs: { roots: [ROOT], sources: expect.arrayContaining([`../${ROOT}/common/money.py`]) },
  });
  expect(await explained({ handler: 'one' })).toContain(`modules:
  common            svc/handlers/one.py:1 (in ../libs/common/src)
  common.money      svc/handlers/one.py:1 (in ../libs/common/src)
  svc.handlers.one  imported by Lambda
  svc.rates         common/money.py:1
`);
});

describe('bad roots', () => {
  const file = `${ROOT}/common/money.py`;

  it.each<[string, string[], Record<string, string>, string[]]>([
    [
      'one that does not exist',
      ['../libs/gone'],
      {},
      ['MARKER_INVALID', '`roots` of `svc/pyproject.toml` names `libs/gone`, which does not exist'],
    ],
    ['a file', [`../${file}`], { [file]: '' }, [`names \`${file}\`, which is a file`]],
    [
      'an empty one',
      ['../libs/common/src'],
      { [`${ROOT}/tests/test_a.py`]: '' },
      ['`roots` of `svc/pyproject.toml` names `libs/common/src`, of which no file is in'],
    ],
    [
      'two with different files at one path',
      ['../libs/common/src', '../libs/b'],
      { [`${ROOT}/a b.py`]: 'x = 1\n', 'libs/b/a b.py': 'x = 2\n' },
      [
        'ENTRY_COLLISION',
        '`libs/common/src/a b.py` and `libs/b/a b.py` would both be `a b.py` in the package',
        "run `git diff --no-index 'libs/common/src/a b.py' 'libs/b/a b.py'`",
      ],
    ],
    [
      'names that differ in case only',
      ['../libs/common/src'],
      { [`${ROOT}/SVC/a.py`]: '' },
      ['`svc/handlers/one.py` clashes with `../libs/common/src/SVC/a.py`, which differs only in'],
    ],
    [
      'a broken link in one',
      ['../libs/common/src'],
      { [`${ROOT}/a.py`]: '' },
      ['ENTRY_INVALID', 'the symbolic link `gone.py` points to nothing'],
    ],
    [
      'a handler that imports what `exclude` leaves out of one',
      ['../libs/common/src'],
      {
        [file]: 'import common.old\n',
        [`${ROOT}/common/old.py`]: '',
        [HANDLER]: `import common.money\n${HANDLES}`,
      },
      ['`../libs/common/src/common/money.py` line 1 imports `common.old`, which the pattern'],
    ],
  ])('are refused: %s', async (name, roots, files, words) => {
    const more = name.includes('exclude') ? 'exclude = ["old.py"]\n' : '';
    start({ ...files, 'svc/pyproject.toml': rooted(...roots) + more });
    if (name.includes('link')) symlinkSync('nowhere', service.path(`${ROOT}/gone.py`));
    const text = await refusal();
    for (const one of words) expect(text).toContain(one);
  });

  it('is refused where a link leads out of the workspace', async () => {
    start({ 'svc/pyproject.toml': rooted('../outside') });
    symlinkSync('/usr', service.path('outside'));
    expect(await refusal()).toContain('names `outside`, which is a link that leads out of the');
    service.write({ 'svc/pyproject.toml': `${MARKER}root = "../gone"\n` });
    expect(await refusal()).toContain(
      '`root` of `svc/pyproject.toml` names `gone`, which does not',
    );
  });

  it('is warned of where it hides a standard module, or a module of the service', async () => {
    start({
      'svc/pyproject.toml': rooted('../libs/common/src'),
      [`${ROOT}/json/__init__.py`]: '',
      [`${ROOT}/svc/handlers/one/__init__.py`]: '',
    });
    expect(await service.build()).toBe(true);
    expect(service.warnings.join('\n')).toContain("the service's own `json` hides `json`");
    expect(service.warnings.join('\n')).toContain(
      '`svc/handlers/one.py` is never imported, since Python takes the package `../libs/common/src/svc/handlers/one/__init__.py`',
    );
  });
});

it('may be another service, and two services may take each other', async () => {
  start({
    'svc/pyproject.toml': rooted('../other'),
    [HANDLER]: `import other.handlers.two\n${HANDLES}`,
    'other/pyproject.toml': MARKER.replace('svc', 'other') + 'roots = [".", "../svc"]\n',
    'other/requirements.txt': 'six\n',
    'other/other/handlers/two.py': `import svc.handlers\n${HANDLES}`,
  });
  expect(await service.build({ imports: 'error' })).toBe(true);
  expect(service.printed).toContain('1 handler,');
  expect(Object.keys(packaged())).toEqual(['other/handlers/two.py', 'svc/handlers/one.py']);
});

describe("Python's imports", () => {
  const PKGUTIL = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n";
  const SPACES = 'libs/space (é)';
  /** The handler, and what the other files of the service and its two roots are. */
  const SERVICES: [name: string, handler: string, files: Record<string, string>][] = [
    [
      'roots that import each other and the service',
      'import common.tax\n',
      {
        [`${ROOT}/common/__init__.py`]: '',
        [`${ROOT}/common/money.py`]: 'import svc.rates\n',
        [`${SPACES}/common/tax.py`]: 'from . import money\nimport space.deep.x\n',
        [`${SPACES}/space/deep/x.py`]: 'from common import money\n',
        [`${SPACES}/space/deep/y.py`]: 'import gone\n',
        'svc/svc/rates.py': 'import common.tax\n',
      },
    ],
    [
      'a namespace without files of its own',
      'import company.one, company.two.x\n',
      {
        [`${ROOT}/company/one.py`]: 'from company.two import x\n',
        [`${SPACES}/company/two/x.py`]: 'from .. import three\n',
        [`${SPACES}/company/three.py`]: '',
        'svc/company/four.py': '',
      },
    ],
    [
      'a namespace in the style of pkgutil, below the service',
      'import svc.one\ndef late():\n    from svc import two\n',
      {
        'svc/svc/__init__.py': PKGUTIL,
        [`${ROOT}/svc/__init__.py`]: PKGUTIL,
        [`${ROOT}/svc/one.py`]: 'import importlib\nimportlib.import_module("svc.two")\n',
        [`${SPACES}/svc/two.py`]: '',
        [`${SPACES}/svc/three.py`]: '',
      },
    ],
  ];

  it.each(SERVICES)('find and open what is reached: %s', async (_, handler, files) => {
    start({
      ...files,
      'svc/pyproject.toml': `${rooted('../libs/common/src', `../${SPACES}`)}include = ["*"]\n`,
      [HANDLER]: handler + HANDLES,
    });
    for (const root of [ROOT, SPACES]) service.write({ [`${root}/data.json`]: '' });
    expect(await service.build({ imports: 'error' })).toBe(true);
    const place = { sourceRoot: service.root, projectRoot: 'svc' };
    using sources = openSourceCache(service.path('.store'), service.path('svc'));
    const read = await readService(place, readMarker(place), sources.cache);
    const { starts, graph, own } = await readImports(read, sources.cache);
    const reached = reachOf(starts[0] ?? '', graph, own);
    const directory = temporaryDirectory();
    writeFiles(directory, packaged());
    const opened = openedModules(directory, starts[0] ?? '');
    // Every import succeeds, so what is opened is exactly what is reached.
    expect(opened).toEqual([...reached.files.keys()].sort());
    expect(reached.everything).toEqual([]);
    expect(Object.keys(packaged()).length).toBeGreaterThan(opened.length + 1);
  });
});

it('reads each of 2,000 modules of a root once, and parses what handlers import', async () => {
  const names = Array.from({ length: 2000 }, (_, n) => `${ROOT}/big/p${n % 20}/m${n}.py`);
  start({
    'svc/pyproject.toml': rooted('../libs/common/src'),
    ...Object.fromEntries(names.map((name) => [name, ''])),
    [HANDLER]: `import big.p1.m1\n${HANDLES}`,
  });
  const reads = jest.spyOn(fs, 'readFileSync');
  const walks = jest.spyOn(fs, 'readdirSync');
  const parses = jest.spyOn(await pythonParser(), 'parse');
  const place = { sourceRoot: service.root, projectRoot: 'svc' };
  using sources = openSourceCache(service.path('.store'), service.path('svc'));
  const read = await readService(place, readMarker(place), sources.cache);
  const counted = reads.mock.calls.filter(([path]) => String(path).endsWith('.py'));
  expect([read.files.length, counted.length]).toEqual([2001, 2001]);
  expect(walks.mock.calls.length).toBe(3 + 1 + 1 + 20);
  await readImports(read, sources.cache);
  expect(parses).toHaveBeenCalledTimes(2);
});
