/**
 * What an edit costs in a workspace: which services Nx takes for affected, whose package is built again, and which
 * handlers are other ones by their manifest.
 */

import { commitAll } from '../../tools/fresh-workspace';
import { NX_22, NX_23, NX_24, type NxVersion } from '../../tools/nx-versions';
import { EDITED_WORKSPACE, EDITS, SERVICES, withEdit, type Edit } from './support/edits';
import { describeLong } from './support/engine';
import { Workspace, type Environment } from './support/workspace';

/** How Nx finds what is affected: by whole projects, or by the inputs of each task. */
const MODES: readonly [title: string, version: NxVersion, isByTask: boolean, Environment][] = [
  ['22', NX_22, false, {}],
  ['23', NX_23, false, {}],
  ['23 by tasks', NX_23, true, { NX_LEGACY_AFFECTED: 'false' }],
  ['24', NX_24, true, {}],
];

interface TaskGraphFile {
  tasks: { tasks: Record<string, { target: { project: string; target: string } }> };
}

describeLong.each(MODES)('an edit under Nx %s', (title, version, isByTask, mode) => {
  let workspace: Workspace;
  let first: ReadonlyMap<string, string | undefined>;

  beforeAll(() => {
    workspace = new Workspace(`affected ${title}`, version).init(EDITED_WORKSPACE, {
      build: { engine: 'host' },
    });
    // Plugins in processes of their own take as long again, and tell the same.
    workspace.environment = { NX_ISOLATE_PLUGINS: 'false', ...mode };
    commitAll(workspace.root, 'first');
    built();
    first = reaches();
  });

  /** The services whose build is not answered from the cache. */
  function built(): string[] {
    const output = workspace.succeed(['run-many', '-t', 'build', '--output-style=static']);
    return SERVICES.filter((service) => !new RegExp(`nx run ${service}:build +\\[`).test(output));
  }

  function affected(target: string): string[] {
    const file = 'dist/affected.json';
    workspace.succeed(['affected', '-t', target, '--base=HEAD', `--graph=${file}`]);
    const { tasks } = JSON.parse(workspace.read(file)) as TaskGraphFile;
    const projects = Object.values(tasks.tasks).map(({ target: task }) => task.project);
    return SERVICES.filter((service) => projects.includes(service));
  }

  function reaches(): Map<string, string | undefined> {
    const handlers = SERVICES.flatMap((name) => workspace.manifest(`services/${name}`).handlers);
    return new Map(handlers.map(({ name, reach }) => [name, reach]));
  }

  it.each(Object.entries(EDITS))('%s', (_, edit: Edit) => {
    withEdit(workspace, edit, () => {
      const expected = isByTask ? edit.builds : edit.affects;
      expect(affected('deploy')).toEqual(expected);
      expect(built()).toEqual(edit.builds);
      const changed = [...reaches()].filter(([name, reach]) => reach !== first.get(name));
      expect(changed.map(([name]) => name).sort()).toEqual(edit.reaches);
    });
  });
});
