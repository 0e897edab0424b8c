/**
 * The chain as a user types it, in a fresh workspace of every supported Nx: generate, build, upload, deploy to the
 * simulated account, change, deploy what is affected. The newest Nx alone unless the long suites run.
 */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { startSimulatedAccount } from '../../packages/nx-lambda-python/src/testing';
import { commitAll } from '../../tools/fresh-workspace';
import { NEWEST, NX_23, SUPPORTED } from '../../tools/nx-versions';
import { serviceFiles, Workspace, type Environment } from './support/workspace';

const ROOT = 'services/orders';
const HANDLERS = `${ROOT}/orders/handlers`;
const NAMES = ['orders-hello', 'orders-refund'];
const CACHED = /local cache|existing outputs match/;

interface Target {
  executor: string;
  dependsOn?: string[];
  metadata?: { description?: string; help?: object };
}
interface Report {
  functions: { name: string; status: string }[];
}

/** Nx 23 has the way of 24, too, to find out what is affected. */
function affectedModes(nx: string): [string, Environment][] {
  const byDefault: [string, Environment] = ['by default', {}];
  return nx === NX_23.nx
    ? [byDefault, ['with NX_LEGACY_AFFECTED=false', { NX_LEGACY_AFFECTED: 'false' }]]
    : [byDefault];
}

const versions = process.env['LONG'] ? SUPPORTED : [NEWEST];
describe.each(versions.map((version) => [version.nx, version] as const))('Nx %s', (nx, version) => {
  let workspace: Workspace;
  const deploy = (...args: string[]) =>
    workspace.succeed(['deploy', 'orders', '-c', 'local', '--output-style=static', ...args]);
  const statuses = () =>
    (JSON.parse(workspace.read(`dist/${ROOT}/deploy-report.json`)) as Report).functions.map(
      ({ name, status }) => [name, status],
    );
  const ofBoth = (status: string) => NAMES.map((name) => [name, status]);
  const targetsOf = (project: string) => {
    const shown = workspace.succeed(['show', 'project', project, '--json']);
    return (JSON.parse(shown) as { targets: Record<string, Target> }).targets;
  };
  const edit = (handler: string, text: string) => {
    const file = `${HANDLERS}/${handler}.py`;
    workspace.write(file, `${workspace.read(file)}\n${text}\n`);
  };

  beforeAll(() => {
    workspace = new Workspace(`chain ${nx}`, version);
    expect(workspace.succeed(['--version'])).toContain(nx);
    workspace.generateOrders('orjson==3.11.5\nsix==1.17.0\n', { engine: 'host' });
    workspace.succeed(['g', 'nx-lambda-python:handler', 'refund', '--project=orders']);
    workspace.writeAll({
      'services/library/pyproject.toml': '[project]\nname = "library"\n',
      '.gitignore': `${workspace.read('.gitignore')}\nnode_modules\n`,
    });
    commitAll(workspace.root, 'feat: orders');
  });

  it('infers the targets of a service, and none without the marker', () => {
    const targets = targetsOf('orders');
    const local = { local: { simulated: true } };
    expect(targets).toMatchObject({
      build: {
        executor: 'nx-lambda-python:build',
        cache: true,
        outputs: ['package.zip', 'layer.zip', 'manifest.json'].map(
          (file) => `{options.outputPath}/${file}`,
        ),
        metadata: { technologies: expect.arrayContaining(['python']) as string[] },
      },
      upload: {
        executor: 'nx-lambda-python:upload',
        dependsOn: ['build'],
        configurations: local,
      },
      deploy: {
        executor: 'nx-lambda-python:deploy',
        dependsOn: ['upload'],
        configurations: local,
      },
    });
    expect(targets['build']?.metadata?.description).toContain('2 handlers');
    expect(targets['deploy']?.metadata?.help).toBeDefined();
    expect(workspace.succeed(['show', 'projects'])).not.toContain('library');
  });

  it('adopts by a template, which the YAML parser of this Nx reads', () => {
    workspace.writeAll({
      'services/legacy/template.yaml':
        'Resources:\n  Run: { Type: AWS::Serverless::Function, Properties: { Handler: app.run, Role: !GetAtt R.Arn } }\n',
      'services/legacy/app.py': 'def run(one, two): ...\n',
    });
    const args = ['g', 'nx-lambda-python:adopt', 'services/legacy', '--no-interactive'];
    expect(workspace.succeed([...args, '--dry-run'])).toContain('1 handler: app (app.run)');
    workspace.remove('services/legacy');
  });

  it('builds, uploads and deploys a new service', () => {
    const output = deploy();
    const order = ['orders:build', 'orders:upload', 'orders:deploy'].map((task) =>
      output.indexOf(task),
    );
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(statuses()).toEqual(ofBoth('updated'));
  });

  it('writes a manifest that describes the package', () => {
    const manifest = workspace.manifest(ROOT);
    expect(manifest).toMatchObject({
      format: 3,
      project: 'orders',
      package: { file: 'package.zip', sha256: workspace.packageDigest(ROOT) },
      requirementsKey: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      runtime: 'python3.11',
      architecture: 'x86_64',
      image: null,
      engine: 'host',
      handlers: ['hello', 'refund'].map((name) => ({
        name,
        file: `orders/handlers/${name}.py`,
        handler: `orders.handlers.${name}.handler`,
      })),
    });
    expect(manifest.distributions).toMatchObject([
      { name: 'orjson', version: '3.11.5', wheel: expect.stringContaining('manylinux') as string },
      { name: 'six', version: '1.17.0', wheel: 'six-1.17.0-py2.py3-none-any.whl' },
    ]);
  });

  it('runs exactly the package in every function', async () => {
    const { sha256 } = workspace.manifest(ROOT).package;
    const directory = join(workspace.root, '.nx-lambda-python', 'account');
    const account = await startSimulatedAccount({ directory });
    const codes = await Promise.all(NAMES.map((name) => account.functionCode(name)));
    await account.stop();
    const digests = codes.map((code) =>
      createHash('sha256')
        .update(code ?? '')
        .digest('base64'),
    );
    expect(digests).toEqual([sha256, sha256]);
  });

  it('skips what is unchanged', () => {
    expect(deploy()).toContain('2 unchanged');
    expect(statuses()).toEqual(ofBoth('unchanged'));
  });

  it('caches a build, also when its output is gone, and makes the same bytes from nothing', () => {
    const build = (...args: string[]) =>
      workspace.succeed(['build', 'orders', '--output-style=static', ...args]);
    expect(build()).toMatch(CACHED);
    const before = workspace.packageDigest(ROOT);
    workspace.remove('dist');
    expect(build()).toMatch(CACHED);
    expect(workspace.packageDigest(ROOT)).toBe(before);
    workspace.remove('dist');
    expect(build('--skip-nx-cache')).not.toMatch(CACHED);
    expect(workspace.packageDigest(ROOT)).toBe(before);
  });

  it('shows a plan and writes nothing with --dryRun', () => {
    deploy();
    workspace.write(`${ROOT}/orders/shared.py`, 'X = 1\n');
    workspace.succeed(['upload', 'orders', '-c', 'local']);
    expect(deploy('--dryRun')).toMatch(/update \(\d+\).*\n[^\n]*\n\s+orders-hello\s+hello/);
    expect(statuses()).toEqual(ofBoth('unchanged'));
    commitAll(workspace.root, 'feat: shared');
  });

  it.each(affectedModes(nx))('deploys what is affected and nothing else, %s', (mode, given) => {
    const affected = () =>
      workspace.succeed(
        ['affected', '-t', 'deploy', '-c', 'local', '--base=HEAD', '--output-style=static'],
        given,
      );
    edit('hello', `# ${mode}`);
    expect(affected()).toContain('2 updated');
    expect(statuses()).toEqual(ofBoth('updated'));
    commitAll(workspace.root, `feat: hello, ${mode}`);

    workspace.write('notes.md', `nothing of a service, ${mode}`);
    expect(affected()).toContain('No tasks were run');
    commitAll(workspace.root, `docs: notes, ${mode}`);
  });

  it('leads from a library to the service whose requirements name it', () => {
    workspace.writeAll({
      ...serviceFiles('services/linked', 'package = "linked"\nruntime = "python3.11"\n', {
        'requirements.txt': '-e ../../libs/common\n',
      }),
      'libs/common/pyproject.toml': '[project]\nname = "common"\n',
      'libs/common/project.json': '{ "name": "common" }',
    });
    const show = ['show', 'projects', '--affected', '--files=libs/common/common.py'];
    expect(workspace.succeed(show).trim().split('\n').sort()).toEqual(['common', 'linked']);
  });

  it('keeps working beside a broken service, which reports its own error', () => {
    workspace.writeAll(serviceFiles('services/broken', 'package = [\n', {}));
    edit('refund', '# beside');
    workspace.succeed(['build', 'orders']);
    workspace.fail(
      ['build', 'broken'],
      ['error[MARKER_INVALID]', 'services/broken/pyproject.toml'],
    );
  });

  it('renames and drops targets by the plugin options', () => {
    const nxJson = JSON.parse(workspace.read('nx.json')) as object;
    const options = { build: { targetName: 'package' }, deploy: false };
    const plugins = [{ plugin: 'nx-lambda-python', options }];
    workspace.write('nx.json', JSON.stringify({ ...nxJson, plugins }));
    const targets = targetsOf('orders');
    expect(Object.keys(targets).sort()).toEqual([
      'explain',
      'invoke',
      'lock',
      'package',
      'prune',
      'serve',
      'shell',
      'size',
      'upload',
      'verify',
    ]);
    expect(targets['upload']?.dependsOn).toEqual(['package']);
  });
});
