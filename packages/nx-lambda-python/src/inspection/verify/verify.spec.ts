import type { ExecutorContext } from '@nx/devkit';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import verify from '../../executors/verify';
import type { BuildManifest } from '../../packaging/manifest';
import { openWheel, packageOf, partOf, serviceFile } from '../../packaging/packaging.fixtures';
import type { VerifyExecutorSchema } from '../../schemas/verify';
import { takePrinted } from '../../printed.fixtures';
import { temporaryDirectory, writeFiles } from '../../temporary.fixtures';
import { makeElf } from '../elf/elf.fixtures';
import type { VerifyReport } from './report';

let root: string;
let printed: string;
beforeEach(() => {
  root = temporaryDirectory();
  process.env['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'] = join(root, '.store');
  takePrinted((text) => (printed += `${text}\n`));
});
afterEach(() => {
  jest.restoreAllMocks();
  delete process.env['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'];
});

type Files = Record<string, string | Buffer>;

const metadata = (...requires: string[]): string =>
  `Metadata-Version: 2.1\nName: fast\nVersion: 1.0\n${requires.map((one) => `Requires-Dist: ${one}\n`).join('')}\n`;

/** Writes the package of a service with one handler as a build does, with the distributions `fast` and `six`. */
async function built(own: Files, fast: Files = {}, requires: string[] = ['six']): Promise<void> {
  const texts: Files = { 'fast/__init__.py': 'import six\n', ...fast };
  const files = Object.fromEntries(
    Object.entries(texts).map(([path, content]) => [path, { content }]),
  );
  const part = partOf([
    openWheel({ name: 'fast', files, metadata: metadata(...requires) }),
    openWheel({ name: 'six', files: { 'six.py': '' } }),
  ]);
  const handler = { 'svc/handlers/one.py': 'import fast\n', ...own };
  const zip = await packageOf(
    part,
    Object.entries(handler).map(([path, text]) => serviceFile(path, text)),
  );
  const manifest = {
    ...{ format: 2, project: 'svc', runtime: 'python3.11', architecture: 'x86_64' },
    package: { file: 'package.zip', ...zip.result },
    handlers: [{ name: 'one', file: 'svc/handlers/one.py', handler: 'svc.handlers.one.handler' }],
    distributions: [
      { name: 'fast', version: '1.0', wheel: 'fast-1.0-py3-none-any.whl', sha256: '' },
    ],
  } as unknown as BuildManifest;
  writeFiles(root, { 'dist/svc/manifest.json': JSON.stringify(manifest) });
  writeFileSync(join(root, 'dist/svc/package.zip'), zip.bytes);
}

async function run(options: VerifyExecutorSchema = {}): Promise<boolean> {
  printed = '';
  const build = { executor: 'other:build', options: { outputPath: 'dist/svc' } };
  const data = { root: 'svc', targets: { build, verify: { executor: 'nx-lambda-python:verify' } } };
  const context = {
    ...{ root, projectName: 'svc', targetName: 'verify' },
    projectGraph: { nodes: { svc: { data } } },
  } as unknown as ExecutorContext;
  // The target has another executor, so that the sources are not asked for.
  return (await verify({ imports: false, ...options }, context)).success;
}

const text = (): string => readFileSync(join(root, 'dist/svc/verify-report.json'), 'utf8');
const findings = () => (JSON.parse(text()) as VerifyReport).findings;

it.each<[string, Files, Files, Partial<VerifyReport['findings'][number]>[]]>([
  ['nothing wrong', {}, {}, []],
  [
    'metadata of the service',
    { 'svc/a.py': 'from importlib.metadata import version\nV = version("svc")\n' },
    {},
    [
      {
        level: 'error',
        kind: 'metadata-missing',
        file: 'svc/a.py',
        message:
          '`svc/a.py` line 2 asks for the metadata of `svc`, which the package does not have: it has the service as files, not as a distribution',
      },
    ],
  ],
  [
    'metadata by its own name',
    { 'svc/__init__.py': 'import importlib.metadata\nV = importlib.metadata.version(__name__)\n' },
    {},
    [{ level: 'error', kind: 'metadata-missing', file: 'svc/__init__.py' }],
  ],
  [
    'no fault in metadata of the service that is in the package',
    {
      'svc/a.py': 'from importlib.metadata import version\nV = version("my.svc")\n',
      'my_svc-1.0.dist-info/METADATA': 'Name: my-svc\n',
    },
    {},
    [],
  ],
  [
    'metadata that the code can do without',
    {
      'svc/a.py':
        'from importlib.metadata import PackageNotFoundError, version\ntry:\n    V = version("gone")\nexcept PackageNotFoundError:\n    V = "0"\n',
    },
    {},
    [{ level: 'note', kind: 'metadata-missing', distribution: 'gone' }],
  ],
  [
    'metadata that is there, or only looks like it',
    {
      'svc/a.py': 'import importlib.metadata as m\nm.version("Fast")\n# m.version("gone")\n',
      'svc/b.py': 'def version(x): ...\nversion("gone")\n',
    },
    {},
    [],
  ],
  [
    'an entry point without its module',
    {},
    {
      'fast-1.0.dist-info/entry_points.txt':
        '[console_scripts]\nrun = gone:main\n[plugins]\n; old = a:b\nsound = fast:x\nbad = fast.plugin:make [extra]\n',
    },
    [
      {
        level: 'warning',
        kind: 'entry-point-missing',
        distribution: 'fast',
        file: 'fast-1.0.dist-info/entry_points.txt',
        message:
          '`fast 1.0` announces `bad` in `plugins` as the module `fast.plugin`, which the package does not have',
      },
    ],
  ],
  [
    'a name that is too long',
    { [`svc/${'ä'.repeat(130)}.txt`]: '' },
    {},
    [{ level: 'error', kind: 'name-too-long' }],
  ],
  [
    'a compiled file for another machine',
    {},
    { 'fast/x.so': makeElf({ machine: 183 }) },
    [{ level: 'error', kind: 'wrong-architecture', distribution: 'fast', file: 'fast/x.so' }],
  ],
])('finds %s', async (_, own, fast, expected) => {
  await built(own, fast);

  expect(await run()).toBe(!expected.some(({ level }) => level === 'error'));
  expect(findings()).toEqual(expected.map((one) => expect.objectContaining(one)));
});

it('tells distributions that nothing reaches', async () => {
  await built({}, {}, []);
  expect(await run({ failOn: 'warning' })).toBe(true);
  expect(findings()).toMatchObject([
    { level: 'note', kind: 'unreached-distribution', distribution: 'six' },
  ]);
  expect(await run({ failOn: 'note' })).toBe(false);
});

it('fails by an error that is not accepted, and writes the same report each time', async () => {
  await built({}, { 'fast/x.so': makeElf({ needed: ['libGL.so.1'] }) });
  expect(await run()).toBe(false);
  expect(printed).toContain(
    'error[FINDINGS_FOUND]: the package of `svc` has 1 error: library-missing',
  );
  expect(printed).toContain('"accept": ["library-missing:fast"] on the verify target');
  const first = text();
  expect(await run()).toBe(false);
  expect(text()).toBe(first);

  expect(await run({ accept: ['library-missing:Fast'] })).toBe(true);
  expect(findings()).toMatchObject([{ kind: 'library-missing', accepted: true }]);
  expect(printed).toContain('accepted (1)');
  expect(await run({ accept: ['library-missin:fast', 'library-missing'] })).toBe(true);
  expect(printed).toContain(
    '`accept` names `library-missin:fast`, which is not among the findings; did you mean `library-missing`?',
  );
});

it('holds the package to a budget', async () => {
  await built({ 'svc/data.bin': Buffer.alloc(3e6) });
  expect(await run({ maxPackageMb: 4 })).toBe(true);
  expect(await run({ maxPackageMb: 2.5, format: 'json' })).toBe(false);
  expect(findings()).toMatchObject([
    {
      kind: 'over-budget',
      message: 'the package has 3.0 MB unzipped, `maxPackageMb` allows 2.5 MB',
    },
  ]);
});

it('refuses a package that is not that of its manifest', async () => {
  await built({});
  writeFileSync(join(root, 'dist/svc/package.zip'), 'PK');
  expect(await run()).toBe(false);
  expect(printed).toContain('error[PACKAGE_NOT_BUILT]');
});
