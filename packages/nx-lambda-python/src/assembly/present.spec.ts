import { readFileSync } from 'node:fs';
import type { BuildManifest } from '../packaging/manifest';
import type { BuildExecutorSchema } from '../schemas/build';
import { usePackage, type SourceChoice } from './present';
import { MARKER, TestService } from './service.fixtures';

const MANIFEST = 'dist/svc/manifest.json';

let service: TestService;
beforeEach(async () => {
  service = new TestService();
  service.targets['build'] = target({ inputs: ['lambdaPythonBuildFormat'] });
  expect(await service.build()).toBe(true);
});
afterEach(() => service.remove());

const target = (changes: object) => ({
  executor: 'nx-lambda-python:build',
  options: { outputPath: 'dist/svc' },
  ...changes,
});
const manifest = () => JSON.parse(readFileSync(service.path(MANIFEST), 'utf8')) as BuildManifest;
const change = (fields: object) =>
  service.write({ [MANIFEST]: JSON.stringify({ ...manifest(), ...fields }) });
const use = (sources?: SourceChoice) => usePackage(service.context('upload'), 'build', sources);

it('takes the package of the present sources as it is', async () => {
  const { package: built } = manifest();
  expect(await use()).toMatchObject({ manifest: { package: built }, isPresent: true });
  expect(service.warnings).toEqual([]);
});

it.each([
  ['svc/svc/shared.py', 'x = 1\n', "the service's files or its marker"],
  ['svc/pyproject.toml', `${MARKER}[tool.nx-lambda-python.functions]\none = "x"\n`, 'its marker'],
  ['svc/requirements.txt', 'absent-here ; python_version < "3"\n', 'its requirements'],
])('builds again where %s was edited since, and says what differs', async (path, text, words) => {
  service.write({ [path]: text });
  process.env['PIP_NO_INDEX'] = '1';
  // Whether it can be built is not the question here.
  await use().catch(() => undefined);
  delete process.env['PIP_NO_INDEX'];
  expect(service.warnings[0]).toContain(
    '`dist/svc/package.zip` was not built from the present sources',
  );
  expect(service.warnings[0]).toContain(words);
  if (path.endsWith('.py')) {
    expect(manifest().inputs).toEqual((await use()).manifest.inputs);
    expect(service.warnings.filter((line) => line.includes('building it again'))).toHaveLength(1);
  }
});

it('names what Nx does not see, and how to make it see', async () => {
  service.write({ 'svc/svc/generated.py': 'x = 1\n' });
  service.write({ '.gitignore': 'generated.py\n' });
  service.targets['build'] = target({ inputs: ['production'] });
  await use();
  const text = service.warnings.join('\n');
  expect(text).toContain('Nx does not see `svc/svc/generated.py`: `.gitignore` hides it');
  expect(text).toContain('add `"nx-lambda-python:build": {}` to `targetDefaults` in nx.json');
});

it('builds again what another version of the plugin has built', async () => {
  change({ format: 1, inputs: undefined, source: undefined });
  expect((await use()).manifest.format).toBe(3);
  expect(service.warnings[0]).toContain('the version of nx-lambda-python');
});

it.each<Partial<BuildExecutorSchema>>([
  { scripts: true },
  { excludeFiles: ['*.json'] },
  { acceptIncompleteRecords: ['selenium'] },
  { bytecode: 'imported' },
])('does so for options that change what is in the package: %j', async (options) => {
  if (options.bytecode) expect(await service.build({ bytecode: true })).toBe(true);
  service.targets['build'] = target({ options: { outputPath: 'dist/svc', ...options } });
  await use();
  expect(service.warnings[0]).toContain('the options of the build');
});

it('takes any package where told so, and says nothing of sources that it does not know', async () => {
  service.write({ 'svc/svc/shared.py': 'x = 1\n' });
  const { inputs } = manifest();
  expect(await use('any')).toMatchObject({ manifest: { inputs }, isPresent: false });
  service.targets['build'] = target({ executor: 'nx:run-commands' });
  expect(await use()).toMatchObject({ manifest: { inputs }, isPresent: false });
  expect(service.warnings).toEqual([]);
});

it('takes no package of another project', async () => {
  change({ project: 'other' });
  await expect(use('any')).rejects.toMatchObject({
    code: 'PACKAGE_OF_OTHER_SOURCES',
    message: '`dist/svc/package.zip` was built from the project `other`, expected `svc`',
  });
});

it('refuses what `ref` has built of other sources, and loses nothing', async () => {
  change({ commit: 'a'.repeat(40) });
  expect((await use()).isPresent).toBe(true);
  service.write({ 'svc/svc/shared.py': 'x = 1\n' });
  const { inputs } = manifest();
  await expect(use()).rejects.toMatchObject({
    code: 'PACKAGE_OF_OTHER_SOURCES',
    hint: expect.stringContaining('upload svc --sources=any --excludeTaskDependencies'),
  });
  expect(manifest().inputs).toEqual(inputs);
});
