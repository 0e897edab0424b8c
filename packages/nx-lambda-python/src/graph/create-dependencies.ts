/** Edges of the project graph: from a service to the projects whose directories its requirements name. */

import type {
  CreateDependencies,
  DependencyType,
  ProjectConfiguration,
  RawProjectGraphDependency,
} from '@nx/devkit';
import { posix } from 'node:path';
import { readRequired, requirementOptions } from '../packaging/inputs/requirements';
import type { WorkspaceFiles } from '../packaging/inputs/workspace-files';
import { tableOf, type TomlTable } from '../packaging/requirements/toml';
import { workspaceFiles } from '../platform/files/workspace-files';
import { MARKER_FILE, parseMarker } from '../service/marker';
import { codeDirectories } from '../service/roots';
import { optionVariants } from './inputs';
import { EXECUTORS } from '../targets/options';
import { type PluginOptions } from './options';

// The enum's value, without loading all of the devkit in every Nx command.
const IMPLICIT = 'implicit' as DependencyType.implicit;

/**
 * Implicit edges, since one comes out of several files at once (requirements that include others, a library's
 * pyproject.toml, a lock): an edge tied to one file would be kept when another takes its reason away.
 *
 * Reads files only and throws nothing, since either would slow down or stop every Nx command.
 */
export const createDependencies: CreateDependencies<PluginOptions> = (_, context) => {
  const workspace = workspaceFiles(context.workspaceRoot);
  const owners = Object.entries(context.projects).map(([name, { root }]) => ({ name, root }));
  return Object.entries(context.projects).flatMap(([source, project]) => {
    const local = buildVariants(project).flatMap((options) =>
      localPaths(project.root, options, workspace),
    );
    return [...new Set(local.flatMap((path) => ownerOf(path, owners) ?? []))]
      .filter((target) => target !== source)
      .map((target): RawProjectGraphDependency => ({ source, target, type: IMPLICIT }));
  });
};

/** The options of its build target in each configuration; none for what is not a service. */
function buildVariants({ targets }: ProjectConfiguration): TomlTable[] {
  const builds = Object.values(targets ?? {}).filter(
    ({ executor }) => executor === EXECUTORS.build,
  );
  return builds.flatMap(({ options, configurations = {} }) =>
    optionVariants([{ options: tableOf(options), configurations }]),
  );
}

function localPaths(root: string, options: TomlTable, workspace: WorkspaceFiles): string[] {
  try {
    const file = posix.join(root, MARKER_FILE);
    const marker = parseMarker(workspace.read(file) ?? '', file);
    const given = requirementOptions(root, workspace.root, options);
    const required = readRequired(given, marker, workspace);
    const { trees, archives, findLinks } = required.local;
    return [...codeDirectories(marker), ...trees, ...archives, ...findLinks];
  } catch {
    // The build reports what is wrong with them.
    return [];
  }
}

/** The project in whose directory a path is, the innermost one. */
function ownerOf(
  path: string,
  projects: readonly { name: string; root: string }[],
): string | undefined {
  const [owner] = projects
    .filter(
      ({ root }) => root === '.' || path === root || path.startsWith(`${posix.normalize(root)}/`),
    )
    .sort((a, b) => b.root.length - a.root.length);
  return owner?.name;
}
