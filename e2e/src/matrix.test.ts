/** Every supported Nx: the packed plugin in a fresh workspace of it, from generators to what is affected. */

import { commitAll } from '../../tools/fresh-workspace';
import { NX_23, SUPPORTED } from '../../tools/nx-versions';
import { describeLong } from './support/engine';
import { serviceFiles, Workspace, type Environment } from './support/workspace';

const HANDLER = 'services/orders/orders/handlers/refund.py';
const CACHED = /local cache|existing outputs match/;

interface Target {
  executor: string;
  cache?: boolean;
  dependsOn?: string[];
  outputs?: string[];
  configurations?: Record<string, unknown>;
}

/** Nx 23 has the way of 24, too, to find out what is affected. */
function affectedModes(nx: string): [string, Environment][] {
  const byDefault: [string, Environment] = ['by default', {}];
  return nx === NX_23.nx
    ? [byDefault, ['with NX_LEGACY_AFFECTED=false', { NX_LEGACY_AFFECTED: 'false' }]]
    : [byDefault];
}

describeLong.each(SUPPORTED.map((version) => [version.nx, version] as const))(
  'Nx %s',
  (nx, version) => {
    let workspace: Workspace;
    const report = () =>
      JSON.parse(workspace.read('dist/services/orders/deploy-report.json')) as {
        counts: Record<string, number>;
      };
    const affected = (environment: Environment) =>
      workspace.succeed(
        ['affected', '-t', 'deploy', '-c', 'local', '--base=HEAD', '--output-style=static'],
        environment,
      );

    beforeAll(() => {
      workspace = new Workspace(`matrix ${nx}`, version);
      expect(workspace.succeed(['--version'])).toContain(nx);
      workspace.succeed(['g', 'nx-lambda-python:init']);
    });

    it('generates a service and a handler', () => {
      workspace.succeed([
        ...[
          'g',
          'nx-lambda-python:project',
          'services/orders',
          '--name=orders',
          '--package=orders',
        ],
        ...['--runtime=python3.11', '--no-interactive'],
      ]);
      workspace.succeed(['g', 'nx-lambda-python:handler', 'refund', '--project=orders']);
      expect(workspace.exists(HANDLER)).toBe(true);
      workspace.write('services/orders/requirements.txt', 'six==1.17.0\n');
      workspace.setDefaults('build', { engine: 'host' });
      workspace.write('.gitignore', `${workspace.read('.gitignore')}\nnode_modules\n`);
      commitAll(workspace.root, 'feat: orders');
    });

    it('infers its targets', () => {
      const shown = workspace.succeed(['show', 'project', 'orders', '--json']);
      const { targets } = JSON.parse(shown) as { targets: Record<string, Target> };
      expect(targets).toMatchObject({
        build: {
          executor: 'nx-lambda-python:build',
          cache: true,
          outputs: ['package.zip', 'layer.zip', 'manifest.json'].map(
            (file) => `{options.outputPath}/${file}`,
          ),
        },
        upload: {
          executor: 'nx-lambda-python:upload',
          dependsOn: ['build'],
          configurations: { local: { simulated: true } },
        },
        deploy: {
          executor: 'nx-lambda-python:deploy',
          dependsOn: ['upload'],
          configurations: { local: { simulated: true } },
        },
      });
    });

    it('builds and deploys', () => {
      workspace.succeed(['build', 'orders']);
      const manifest = workspace.manifest('services/orders');
      expect(manifest.package.sha256).toBe(workspace.packageDigest('services/orders'));
      expect(manifest.distributions).toMatchObject([{ name: 'six', version: '1.17.0' }]);
      workspace.succeed(['deploy', 'orders', '-c', 'local']);
      expect(report().counts).toMatchObject({ updated: 2, unchanged: 0, skipped: 0, failed: 0 });
    });

    it('caches a build, also when its output is gone', () => {
      expect(workspace.succeed(['build', 'orders', '--output-style=static'])).toMatch(CACHED);
      const before = workspace.packageDigest('services/orders');
      workspace.remove('dist');
      expect(workspace.succeed(['build', 'orders', '--output-style=static'])).toMatch(CACHED);
      expect(workspace.packageDigest('services/orders')).toBe(before);
    });

    it.each(affectedModes(nx))(
      'deploys what is affected and nothing else, %s',
      (mode, environment) => {
        workspace.write(HANDLER, `${workspace.read(HANDLER)}# ${mode}\n`);
        affected(environment);
        expect(report().counts).toMatchObject({ updated: 2, unchanged: 0, skipped: 0, failed: 0 });
        commitAll(workspace.root, `feat: refund, ${mode}`);

        workspace.write('notes.md', `nothing of a service, ${mode}`);
        expect(affected(environment)).toContain('No tasks were run');
        commitAll(workspace.root, `docs: notes, ${mode}`);
      },
    );

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

    it('keeps working beside a broken service', () => {
      workspace.writeAll(serviceFiles('services/broken', 'package = [\n', {}));
      workspace.write(HANDLER, `${workspace.read(HANDLER)}# beside\n`);
      expect(workspace.succeed(['show', 'projects'])).toContain('orders');
      workspace.succeed(['build', 'orders']);
      const { code, output } = workspace.nx(['build', 'broken']);
      expect(code).not.toBe(0);
      expect(output).toContain('error[MARKER_INVALID]');
      expect(output).toContain('services/broken/pyproject.toml');
    });
  },
);
