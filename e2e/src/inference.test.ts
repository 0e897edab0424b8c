/** Targets are inferred from the marker, and one broken service never breaks another project's commands. */

import { serviceFiles, Workspace } from './support/workspace';

const GOOD = 'package = "good"\nruntime = "python3.11"\n';
const HANDLER = 'def handler(event, context):\n    return {}\n';

interface ShownProject {
  targets: Record<
    string,
    {
      executor: string;
      dependsOn?: string[];
      cache?: boolean;
      outputs?: string[];
      metadata?: { description?: string; technologies?: string[]; help?: object };
    }
  >;
}

describe('inference', () => {
  let workspace: Workspace;
  const show = (project: string): ShownProject =>
    JSON.parse(workspace.succeed(['show', 'project', project, '--json'])) as ShownProject;

  beforeAll(() => {
    workspace = new Workspace('inference');
    workspace.succeed(['g', 'nx-lambda-python:init']);
    workspace.writeAll({
      ...serviceFiles('services/good', GOOD, {
        'good/handlers/a.py': HANDLER,
        'good/handlers/b.py': HANDLER,
        'good/handlers/__init__.py': '',
      }),
      ...serviceFiles('services/broken', 'package = [\n', {}),
      'services/library/pyproject.toml': '[project]\nname = "library"\n',
    });
  });

  it('gives build, upload and deploy, chained', () => {
    const { targets } = show('good');
    expect(targets).toMatchObject({
      build: {
        executor: 'nx-lambda-python:build',
        cache: true,
        outputs: ['package.zip', 'layer.zip', 'manifest.json'].map(
          (name) => `{options.outputPath}/${name}`,
        ),
        metadata: { technologies: expect.arrayContaining(['python']) as string[] },
      },
      upload: { executor: 'nx-lambda-python:upload', dependsOn: ['build'] },
      deploy: { executor: 'nx-lambda-python:deploy', dependsOn: ['upload'] },
    });
    expect(targets['build']?.metadata?.description).toContain('2 handlers');
    expect(targets['deploy']?.metadata?.help).toBeDefined();
  });

  it('leaves projects without the marker alone', () => {
    expect(workspace.succeed(['show', 'projects'])).not.toContain('library');
  });

  it('reports a broken pyproject.toml on its own project', () => {
    workspace.succeed(['build', 'good']);
    const { code, output } = workspace.nx(['build', 'broken']);
    expect(code).not.toBe(0);
    expect(output).toContain('error[MARKER_INVALID]');
    expect(output).toContain('services/broken/pyproject.toml');
  });

  it('renames and drops targets by the plugin options', () => {
    const original = workspace.read('nx.json');
    const nxJson = JSON.parse(original) as { plugins: unknown[] };
    nxJson.plugins = [
      { plugin: 'nx-lambda-python', options: { build: { targetName: 'package' }, deploy: false } },
    ];
    workspace.write('nx.json', JSON.stringify(nxJson));
    const { targets } = show('good');
    workspace.write('nx.json', original);
    expect(Object.keys(targets).sort()).toEqual([
      ...['explain', 'lock', 'package', 'prune', 'shell', 'upload'],
    ]);
    expect(targets['upload']?.dependsOn).toEqual(['package']);
  });
});
