import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BuildManifest } from '../packaging/manifest';
import build from '../executors/build';
import { usePackage, type SourceChoice } from './use';

const MARKER = '[tool.nx-lambda-python]\npackage = "svc"\nruntime = "python3.11"\n';
const MANIFEST = 'dist/svc/manifest.json';

let root: string;
let warnings: string[];
let targets: Record<string, { executor: string; options: object; inputs?: string[] }>;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'use-'));
  write('svc/pyproject.toml', MARKER);
  write('svc/requirements.txt', '');
  write('svc/svc/handlers/one.py', 'def handler(event, context): ...\n');
  process.env['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'] = join(root, '.store');
  targets = {
    build: {
      executor: 'nx-lambda-python:build',
      options: {},
      inputs: ['lambdaPythonBuildFormat'],
    },
  };
  warnings = [];
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
  jest.spyOn(console, 'warn').mockImplementation((text: string) => void warnings.push(text));
  expect(await build({ outputPath: 'dist/svc' }, context())).toEqual({ success: true });
});
afterEach(() => {
  jest.restoreAllMocks();
  delete process.env['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'];
  rmSync(root, { recursive: true });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function context() {
  const data = { root: 'svc', targets };
  return {
    root,
    projectName: 'svc',
    targetName: 'upload',
    projectsConfigurations: { projects: { svc: data } },
    projectGraph: { nodes: { svc: { data } } },
  } as never;
}

const manifest = () => JSON.parse(readFileSync(join(root, MANIFEST), 'utf8')) as BuildManifest;
const change = (fields: object) => write(MANIFEST, JSON.stringify({ ...manifest(), ...fields }));
const use = (sources?: SourceChoice) => usePackage(context(), 'build', sources);

it('takes the package of the present sources as it is', async () => {
  const { package: built } = manifest();
  expect(await use()).toMatchObject({ manifest: { package: built }, isPresent: true });
  expect(warnings).toEqual([]);
});

it.each([
  ['svc/svc/shared.py', 'x = 1\n', "the service's files or its marker"],
  ['svc/pyproject.toml', `${MARKER}[tool.nx-lambda-python.functions]\none = "x"\n`, 'its marker'],
  ['svc/requirements.txt', 'absent-here ; python_version < "3"\n', 'its requirements'],
])('builds again where %s was edited since, and says what differs', async (path, text, words) => {
  write(path, text);
  process.env['PIP_NO_INDEX'] = '1';
  // Whether it can be built is not the question here.
  await use().catch(() => undefined);
  delete process.env['PIP_NO_INDEX'];
  expect(warnings[0]).toContain('`dist/svc/package.zip` was not built from the present sources');
  expect(warnings[0]).toContain(words);
  if (path.endsWith('.py')) {
    expect(manifest().inputs).toEqual((await use()).manifest.inputs);
    expect(warnings.filter((line) => line.includes('building it again'))).toHaveLength(1);
  }
});

it('names what Nx does not see, and how to make it see', async () => {
  write('svc/svc/generated.py', 'x = 1\n');
  write('.gitignore', 'generated.py\n');
  targets['build'] = { executor: 'nx-lambda-python:build', options: {}, inputs: ['production'] };
  await use();
  const text = warnings.join('\n');
  expect(text).toContain('Nx does not see `svc/svc/generated.py`: `.gitignore` hides it');
  expect(text).toContain('add `"nx-lambda-python:build": {}` to `targetDefaults` in nx.json');
});

it('builds again what another version of the plugin has built', async () => {
  change({ format: 1, inputs: undefined, source: undefined });
  expect((await use()).manifest.format).toBe(2);
  expect(warnings[0]).toContain('the version of nx-lambda-python');
});

it('does so for options that change what is in the package', async () => {
  targets['build'] = { executor: 'nx-lambda-python:build', options: { scripts: true } };
  await use();
  expect(warnings[0]).toContain('the options of the build');
});

it('takes any package where told so, and says nothing of sources that it does not know', async () => {
  write('svc/svc/shared.py', 'x = 1\n');
  const { inputs } = manifest();
  expect(await use('any')).toMatchObject({ manifest: { inputs }, isPresent: false });
  targets['build'] = { executor: 'nx:run-commands', options: { outputPath: 'dist/svc' } };
  expect(await use()).toMatchObject({ manifest: { inputs }, isPresent: false });
  expect(warnings).toEqual([]);
});

it('refuses what `ref` has built of other sources, and loses nothing', async () => {
  change({ commit: 'a'.repeat(40) });
  expect((await use()).isPresent).toBe(true);
  write('svc/svc/shared.py', 'x = 1\n');
  const { inputs } = manifest();
  await expect(use()).rejects.toMatchObject({
    code: 'PACKAGE_OF_OTHER_SOURCES',
    hint: expect.stringContaining('upload svc --sources=any --excludeTaskDependencies'),
  });
  expect(manifest().inputs).toEqual(inputs);
});
