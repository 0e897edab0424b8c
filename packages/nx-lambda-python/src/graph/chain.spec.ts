import type { NxJsonConfiguration, TargetConfiguration } from '@nx/devkit';
import { createNodesV2, type PluginOptions } from '../plugin';
import { temporaryDirectory, writeFiles } from '../temporary.fixtures';

let workspace: string;
beforeEach(() => (workspace = temporaryDirectory()));

async function infer(
  files: Record<string, object>,
  nxJsonConfiguration: NxJsonConfiguration = {},
  options?: PluginOptions,
) {
  const texts = Object.entries(files).map(([path, one]) => [path, JSON.stringify(one)]);
  const marker = '[tool.nx-lambda-python]\npackage = "svc"\nruntime = "python3.13"\n';
  writeFiles(workspace, { 'svc/pyproject.toml': marker, ...Object.fromEntries(texts) });
  const context = { nxJsonConfiguration, workspaceRoot: workspace };
  const [result] = await createNodesV2[1](['svc/pyproject.toml'], options, context);
  const project = result?.[1].projects?.['svc'];
  if (!project?.targets) throw new Error('nothing was inferred');
  return { targets: project.targets, description: project.metadata?.description ?? '' };
}

const RELEASE = ['upload', 'deploy', 'releases', 'rollback', 'prune-versions'];
const stages = (targets: Record<string, TargetConfiguration>) =>
  RELEASE.map((name) => Object.keys(targets[name]?.configurations ?? {}).sort());
const each = <T>(value: T) => RELEASE.map(() => value);
const production = { configurations: { production: { stage: 'prod' } } };

describe('what upload or deploy have in a configuration, all targets of a release find', () => {
  // Each place on its own: declared-targets.spec.ts.
  test.each<[string, Record<string, object>, NxJsonConfiguration, PluginOptions | undefined]>([
    ['files', { 'svc/project.json': { targets: { deploy: production } } }, {}, undefined],
    ['nx.json', {}, { targetDefaults: { upload: production } }, undefined],
    ['plugin options', {}, {}, { deploy: production }],
  ])('%s', async (_, files, nxJson, options) => {
    const { targets } = await infer(files, nxJson, options);
    expect(stages(targets)).toEqual(each(['local', 'production']));
    // Nothing of it is repeated: they read the options where they stand.
    expect(targets['rollback']?.configurations).toEqual({
      production: {},
      local: { simulated: true },
    });
    expect(targets['rollback']).not.toHaveProperty('defaultConfiguration');
  });

  test('also under other names', async () => {
    const { targets } = await infer(
      { 'svc/project.json': { targets: { ship: production } } },
      {},
      { deploy: 'ship' },
    );
    expect(targets['rollback']?.configurations).toHaveProperty('production');
  });

  test('also the default one of deploy', async () => {
    const deploy = { ...production, defaultConfiguration: 'production' };
    const { targets } = await infer({ 'svc/project.json': { targets: { deploy } } });
    expect(RELEASE.map((name) => targets[name]?.defaultConfiguration)).toEqual(each('production'));
  });

  test('nothing of what another executor has', async () => {
    const deploy = { ...production, executor: 'nx:run-commands' };
    const { targets } = await infer({ 'svc/project.json': { targets: { deploy } } });
    expect(stages(targets)).toEqual(each(['local']));
  });
});

describe('a name that something else has', () => {
  const note =
    "; taken by other targets: `build` (@nxlv/python:build, project.json), see TARGET_TAKEN in the plugin's troubleshooting";

  test('is told in the descriptions of project and targets', async () => {
    const { targets, description } = await infer({
      'svc/project.json': { targets: { build: { executor: '@nxlv/python:build' } } },
    });
    expect(description).toContain(note);
    expect(targets['upload']?.metadata?.description).toContain(note);
  });

  test('an npm script counts where Nx reads package.json', async () => {
    const manifest = { 'svc/package.json': { scripts: { deploy: 'make deploy' } } };
    expect((await infer(manifest)).description).not.toContain('taken by other targets');
    const { description } = await infer({ ...manifest, 'svc/project.json': {} });
    expect(description).toContain('`deploy` (nx:run-script, package.json)');
    const inWorkspaces = await infer({ ...manifest, 'package.json': { workspaces: ['*'] } });
    expect(inWorkspaces.description).toContain('`deploy`');
  });
});
