/** The plugin beside @nxlv/python, as docs/inference.md says: targets under other names, and edges of both. */

import { execFileSync } from 'node:child_process';
import { describeLong } from './support/engine';
import { HANDLER, Workspace } from './support/workspace';

/** A workspace of uv, which @nxlv/python recognises by the lock at the root. */
const FILES = {
  'pyproject.toml':
    '[project]\nname = "workspace"\nversion = "0"\n[tool.uv.workspace]\nmembers = ["libs/*", "services/*"]\n',
  'uv.lock': `version = 1
[[package]]
name = "acme-common"
version = "1"
source = { editable = "libs/common" }
[[package]]
name = "orders"
version = "1"
source = { virtual = "services/orders" }
dependencies = [{ name = "acme-common" }]
`,
  'libs/common/project.json': '{ "name": "common" }',
  'libs/common/pyproject.toml': '[project]\nname = "acme-common"\nversion = "1"\n',
  'libs/common/src/acme_common/__init__.py': 'RATE = 1\n',
  'libs/tools/project.json': '{ "name": "tools" }',
  'libs/tools/pyproject.toml': '[project]\nname = "acme-tools"\nversion = "1"\n',
  'libs/tools/acme_tools.py': 'TOOL = 1\n',
  // As generators of @nxlv/python write it.
  'services/orders/project.json': JSON.stringify({
    name: 'orders',
    targets: {
      build: { executor: '@nxlv/python:build', options: { outputPath: 'services/orders/dist' } },
      lock: { executor: '@nxlv/python:lock' },
    },
  }),
  'services/orders/pyproject.toml':
    '[project]\nname = "orders"\nversion = "1"\ndependencies = ["acme-common"]\n[tool.uv.sources]\nacme-common = { workspace = true }\n[tool.nx-lambda-python]\npackage = "orders"\nruntime = "python3.11"\n',
  'services/orders/orders/handlers/create.py': `import acme_common\nimport acme_tools\n\n\n${HANDLER}`,
};

interface Shown {
  targets: Record<string, { executor: string; dependsOn?: string[] }>;
  metadata: { description: string };
}

describeLong('beside @nxlv/python', () => {
  let workspace: Workspace;
  const usePlugins = (options: object) => {
    const nxJson = JSON.parse(workspace.read('nx.json')) as object;
    const plugins = [
      { plugin: '@nxlv/python', options: { packageManager: 'uv', inferDependencies: true } },
      { plugin: 'nx-lambda-python', options },
    ];
    workspace.write('nx.json', JSON.stringify({ ...nxJson, plugins }));
  };
  const show = () =>
    JSON.parse(workspace.succeed(['show', 'project', 'orders', '--json'])) as Shown;

  beforeAll(() => {
    workspace = new Workspace('nxlv python');
    // What is installed is shared by the suites, and npm writes this file in its place.
    workspace.remove('node_modules/.package-lock.json');
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'];
    execFileSync('npm', ['install', ...quiet, '@nxlv/python@23.1.1'], { cwd: workspace.root });
    workspace.writeAll(FILES);
  });

  it('gives its targets the names of the options, and says so where they are taken', () => {
    usePlugins({});
    expect(show().metadata.description).toContain('taken by other targets: `build`');
    usePlugins({ build: 'package', lock: 'lambda-lock' });
    const { targets } = show();
    expect(targets).toMatchObject({
      build: { executor: '@nxlv/python:build' },
      lock: { executor: '@nxlv/python:lock' },
      package: { executor: 'nx-lambda-python:build' },
      'lambda-lock': { executor: 'nx-lambda-python:lock' },
      upload: { dependsOn: ['package'] },
    });
  });

  it('adds edges that both know, and those that only one knows', () => {
    workspace.succeed(['graph', '--file=graph.json']);
    const { graph } = JSON.parse(workspace.read('graph.json')) as {
      graph: { dependencies: Record<string, { target: string }[]> };
    };
    const targets = graph.dependencies['orders']?.map(({ target }) => target);
    expect([...new Set(targets)].sort()).toEqual(['common', 'tools']);
    expect(graph.dependencies['common']).toEqual([]);
  });
});
