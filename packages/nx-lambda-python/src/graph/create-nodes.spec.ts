import type { CreateNodesContextV2, ProjectConfiguration } from '@nx/devkit';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createNodes, createNodesV2 } from '../plugin';
import type { PluginOptions } from './options';
import { temporaryDirectory, writeFiles } from '../temporary.fixtures';

const [RELEASE, BESIDE] = [
  ['releases', 'rollback', 'prune-versions'],
  ['explain', 'size', 'verify', 'invoke', 'prune', 'serve', 'shell'],
];
const TARGETS = ['build', 'upload', 'deploy', ...RELEASE, 'lock', ...BESIDE];
const MARKER = '[tool.nx-lambda-python]\npackage = "orders"\nruntime = "python3.13"\n';

let workspace: string;
beforeEach(() => (workspace = temporaryDirectory()));

function write(files: Record<string, string>): string[] {
  writeFiles(workspace, files);
  return Object.keys(files).filter((path) => path.endsWith('pyproject.toml'));
}

async function infer(
  files: Record<string, string>,
  options?: PluginOptions,
): Promise<Record<string, ProjectConfiguration>> {
  const context: CreateNodesContextV2 = { nxJsonConfiguration: {}, workspaceRoot: workspace };
  const results = await createNodesV2[1](write(files), options, context);
  return Object.assign({}, ...results.map(([, result]) => result.projects));
}

async function service(files: Record<string, string>, options?: PluginOptions) {
  const usual = {
    'services/orders/pyproject.toml': MARKER,
    'services/orders/requirements.txt': '',
  };
  const project = (await infer({ ...usual, ...files }, options))['services/orders'];
  if (!project?.targets) throw new Error('nothing was inferred');
  return { ...project, targets: project.targets };
}

describe('a service', () => {
  it('has build, upload and deploy, chained, and a shell', async () => {
    const { name, targets, metadata } = await service({
      'services/orders/orders/handlers/__init__.py': '',
      'services/orders/orders/handlers/a.py': 'this is not Python',
      'services/orders/orders/handlers/b.py': '',
      'services/orders/orders/handlers/test_b.py': '',
    });
    expect(name).toBe('orders');
    expect(metadata).toEqual({
      technologies: ['python', 'aws-lambda'],
      description: 'Python Lambda service: 2 handlers, python3.13 on x86_64',
      targetGroups: {
        'Lambda Python': TARGETS,
      },
    });
    expect(targets['build']).toMatchObject({
      executor: 'nx-lambda-python:build',
      cache: true,
      outputs: ['package.zip', 'layer.zip', 'manifest.json'].map(
        (file) => `{options.outputPath}/${file}`,
      ),
      options: { outputPath: 'dist/services/orders' },
    });
    const zip = [{ dependentTasksOutputFiles: '**/*.zip', transitive: true }];
    const local = { local: { simulated: true } };
    expect(targets['upload']).toEqual({
      executor: 'nx-lambda-python:upload',
      cache: false,
      dependsOn: ['build'],
      inputs: zip,
      configurations: local,
      metadata: expect.objectContaining({ description: expect.stringContaining('2 handlers') }),
    });
    expect(targets['deploy']).toEqual({
      executor: 'nx-lambda-python:deploy',
      cache: false,
      dependsOn: ['upload'],
      inputs: zip,
      configurations: local,
      metadata: {
        technologies: ['python', 'aws-lambda'],
        description:
          'Points every function at the uploaded package (2 handlers, python3.13 on x86_64)',
        help: {
          command: 'npx nx run orders:deploy --help',
          example: { args: ['-c local'] },
        },
      },
    });
  });

  it('has lock and explain, which Nx never caches', async () => {
    const { targets } = await service({});
    for (const name of ['lock', 'explain']) {
      expect(targets[name]).toMatchObject({ executor: `nx-lambda-python:${name}`, cache: false });
      expect(targets[name]).not.toHaveProperty('dependsOn');
    }
  });

  it('has serve, which runs until it is stopped', async () => {
    const { targets } = await service({});
    expect(targets['serve']).toMatchObject({
      ...{ executor: 'nx-lambda-python:serve', cache: false, continuous: true },
      readyWhen: { logMatches: 'ready: http' },
    });
  });

  it('has the build format in a named input, whose text Nx hashes', async () => {
    const { targets, namedInputs } = await service({});
    expect(targets['build']?.inputs).toContain('lambdaPythonBuildFormat');
    expect(namedInputs).toEqual({
      lambdaPythonBuildFormat: [{ env: 'NX_LAMBDA_PYTHON_BUILD_FORMAT_6' }],
    });
  });

  it('says why Nx does not cache a build', async () => {
    const { targets } = await service({
      'services/orders/orders/a.py': '',
      'services/orders/orders/b.py': '',
      '.gitignore': '*.py',
    });
    expect(targets['build']).toMatchObject({
      cache: false,
      metadata: {
        description:
          'Builds the deployment package; not cached, because Nx does not see `services/orders/orders/a.py` and 1 more: `.gitignore` hides it (0 handlers, python3.13 on x86_64)',
      },
    });
  });

  it('hashes requirements files that lie elsewhere', async () => {
    const { targets } = await service({
      'services/orders/requirements.txt': '-r ../../shared/base.txt\npydantic==2.12.5\n',
      'shared/base.txt': '-c pins.txt\n',
      'shared/pins.txt': '',
    });
    expect(targets['build']?.inputs).toEqual(
      expect.arrayContaining([
        '{workspaceRoot}/shared/base.txt',
        '{workspaceRoot}/shared/pins.txt',
      ]),
    );
  });

  it('hashes the variables that decide wheels, and no credentials', async () => {
    const { targets } = await service({
      'services/orders/requirements.txt':
        '--index-url https://${ME}:${TOKEN}@${INDEX_HOST}/simple\nsix\n',
    });
    const inputs = targets['build']?.inputs ?? [];
    expect(inputs).toEqual(
      expect.arrayContaining([{ env: 'INDEX_HOST' }, { env: 'PIP_INDEX_URL' }]),
    );
    expect(JSON.stringify(inputs)).not.toMatch(/TOKEN|"ME"/);
  });

  it('hashes libraries that the requirements name, and what a lock names', async () => {
    const library = { 'libs/common/pyproject.toml': '[project]\nname = "common"\n' };
    const named = await service({
      ...library,
      'services/orders/requirements.txt': '-e ../../libs/common\n./vendor/a-1-py3-none-any.whl\n',
      'services/orders/vendor/a-1-py3-none-any.whl': '',
    });
    expect(named.targets['build']?.inputs).toEqual(
      expect.arrayContaining([
        '{workspaceRoot}/libs/common/**/*',
        '{workspaceRoot}/services/orders/vendor/a-1-py3-none-any.whl',
      ]),
    );
    rmSync(join(workspace, 'services/orders/requirements.txt'));
    const lock = {
      ...library,
      'pyproject.toml': '[tool.uv.workspace]\n',
      'uv.lock': `version = 1
[[package]]
name = "common"
source = { editable = "libs/common" }
[[package]]
name = "orders"
source = { virtual = "services/orders" }
dependencies = [{ name = "common" }]`,
    };
    const options = { requirements: ['../../uv.lock'] };
    const inputsOf = async (files: Record<string, string>, plugin?: PluginOptions) =>
      (await service({ ...lock, ...files }, plugin)).targets['build']?.inputs;
    const LIBRARY_INPUT = '{workspaceRoot}/libs/common/**/*';
    expect(await inputsOf({})).not.toContain(LIBRARY_INPUT);
    expect(await inputsOf({}, { build: { options } })).toContain(LIBRARY_INPUT);
    const project = JSON.stringify({ targets: { build: { options } } });
    expect(await inputsOf({ 'services/orders/project.json': project })).toContain(LIBRARY_INPUT);
  });

  it('survives requirements that cannot be read, and has Nx cache nothing', async () => {
    const { targets } = await service({ 'services/orders/requirements.txt': '-r missing.txt\n' });
    expect(targets['build']).toMatchObject({
      cache: false,
      metadata: { description: expect.stringContaining('`services/orders/missing.txt`') },
    });
  });

  it('counts handlers of the functions table once', async () => {
    const { metadata } = await service({
      'services/orders/pyproject.toml': `${MARKER}[tool.nx-lambda-python.functions]
a = { handler = "orders.handlers.a.handler" }
b = { handler = "orders.admin.b" }`,
      'services/orders/orders/handlers/a.py': '',
    });
    expect(metadata?.description).toContain('2 handlers');
  });
});

describe('which projects are services', () => {
  it('only those with the marker, and names them by pyproject.toml or their directory', async () => {
    const projects = await infer({
      'libs/money/pyproject.toml': '[project]\nname = "money"\n',
      'a/api/pyproject.toml': MARKER,
      'b/api/pyproject.toml': MARKER,
      'c/x/pyproject.toml': `[project]\nname = "billing"\n${MARKER}`,
      'pyproject.toml': `[project]\nname = "root"\n${MARKER}`,
    });
    expect(Object.entries(projects).map(([root, { name }]) => [root, name])).toEqual([
      ['a/api', 'a-api'],
      ['b/api', 'b-api'],
      ['c/x', 'billing'],
      ['.', 'root'],
    ]);
    expect(projects['.']?.targets?.['build']?.options).toEqual({ outputPath: 'dist' });
  });

  it('keeps a broken one, says what is wrong, and leaves the others alone', async () => {
    const projects = await infer({
      'a/pyproject.toml': '[tool.nx-lambda-python]\npackage = orders',
      'b/pyproject.toml': '[tool.nx-lambda-python]\npackage = "b"\nruntime = "python2.7"',
      'c/pyproject.toml': MARKER,
      'd/pyproject.toml': '[tool.other',
    });
    expect(Object.keys(projects)).toEqual(['a', 'b', 'c']);
    expect(projects['a']?.metadata?.description).toContain(
      'broken: `a/pyproject.toml:2:11` is not valid TOML',
    );
    expect(projects['b']?.targets?.['build']?.metadata?.description).toContain(
      'unknown runtime `python2.7`',
    );
    expect(projects['a']?.targets?.['build']?.inputs).toContain('{projectRoot}/**/*');
    expect(projects['c']?.metadata?.description).toContain('0 handlers');
  });

  it('survives a file that went away', async () => {
    const context: CreateNodesContextV2 = { nxJsonConfiguration: {}, workspaceRoot: workspace };
    expect(await createNodesV2[1](['gone/pyproject.toml'], undefined, context)).toEqual([]);
  });
});

describe('plugin options', () => {
  it('rename targets and keep the chain', async () => {
    const { targets } = await service(
      {},
      { build: { targetName: 'package', options: { engine: 'docker' } }, upload: 'ship' },
    );
    expect(Object.keys(targets)).toEqual(['package', 'ship', ...TARGETS.slice(2)]);
    expect(targets['shell']?.options).toEqual({ buildTarget: 'package' });
    expect(targets['rollback']?.options).toBeUndefined();
    expect(targets['package']?.options).toEqual({
      outputPath: 'dist/services/orders',
      engine: 'docker',
    });
    expect(targets['ship']).toMatchObject({
      dependsOn: ['package'],
      options: { buildTarget: 'package' },
    });
    expect(targets['lock']?.options).toEqual({ buildTarget: 'package' });
    expect(targets['explain']?.options).toEqual({ buildTarget: 'package' });
    expect(targets['deploy']).toMatchObject({
      dependsOn: ['ship'],
      options: { uploadTarget: 'ship' },
    });
  });

  it('has prune, which depends on nothing and has no inputs', async () => {
    expect((await service({})).targets['prune']).toEqual({
      executor: 'nx-lambda-python:prune',
      cache: false,
      metadata: expect.objectContaining({
        help: { command: 'npx nx run orders:prune --help', example: { options: { dryRun: true } } },
      }),
    });
    expect((await service({}, { prune: false })).targets).not.toHaveProperty('prune');
  });

  it('has prune-versions, which needs the package alone, under its key', async () => {
    const { targets } = await service({}, { build: 'package', deploy: 'release' });
    expect(targets['prune-versions']).toMatchObject({
      executor: 'nx-lambda-python:prune-versions',
      cache: false,
      dependsOn: ['package'],
      options: { deployTarget: 'release' },
      configurations: { local: { simulated: true } },
    });
    const renamed = await service({}, { pruneVersions: 'tidy' });
    expect(Object.keys(renamed.targets)).toContain('tidy');
    const without = await service({}, { pruneVersions: false });
    expect(without.targets).not.toHaveProperty('prune-versions');
  });

  it('has verify, cached with its report, before upload where asked', async () => {
    const { targets } = await service({
      'services/orders/project.json': JSON.stringify({
        targets: { build: { configurations: { prod: { outputPath: 'out' } } } },
      }),
    });
    const inputs = targets['build']?.inputs ?? [];
    expect(targets['verify']).toMatchObject({
      ...{ cache: true, dependsOn: ['build'], configurations: { local: {} } },
      inputs: [...inputs, { dependentTasksOutputFiles: '**/*.zip', transitive: true }],
      outputs: ['dist/services/orders', 'out'].flatMap((path) =>
        ['report', 'times'].map((one) => `{workspaceRoot}/${path}/verify-${one}.json`),
      ),
    });
    expect(targets['upload']?.dependsOn).toEqual(['build']);
    for (const [verify, name, upload] of [
      [true, 'verify', undefined],
      [{ targetName: 'inspect', beforeUpload: true }, 'inspect', false],
    ] as const) {
      const given = { verify, ...(upload === false && { upload }) };
      const gated = (await service({}, given)).targets;
      expect(gated[upload === false ? 'deploy' : 'upload']?.dependsOn).toEqual([name]);
      expect(gated[name]).not.toHaveProperty('beforeUpload');
    }
  });

  it('drop targets', async () => {
    const { targets } = await service(
      {},
      { upload: false, lock: false, deploy: { configurations: { prod: {} } } },
    );
    expect(Object.keys(targets)).toEqual(['build', 'deploy', ...RELEASE, ...BESIDE]);
    expect(targets['deploy']).toMatchObject({
      dependsOn: ['build'],
      configurations: { local: { simulated: true }, prod: {} },
    });
    expect((await service({}, { build: false })).targets['upload']).not.toHaveProperty('dependsOn');
  });

  it('tolerate what is no option', async () => {
    const options = { build: true, deploy: null } as unknown as PluginOptions;
    expect(Object.keys((await service({}, options)).targets)).toEqual(TARGETS);
  });
});

it('is the same under both names that Nx looks for', () => {
  expect(createNodes).toBe(createNodesV2);
  expect(createNodes[0]).toBe('**/pyproject.toml');
});
