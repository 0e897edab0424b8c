/** Edges of the project graph: from a service to the projects whose directories its requirements name. */

import type {
  CreateDependencies,
  DependencyType,
  ProjectConfiguration,
  RawProjectGraphDependency,
} from '@nx/devkit';
import { posix } from 'node:path';
import { graphFiles } from './files';
import type { PluginOptions } from './options';
import { namedFiles } from './requirements';

const EXECUTOR = 'nx-lambda-python:build';
// The enum's value, without loading all of the devkit in every Nx command.
const IMPLICIT = 'implicit' as DependencyType.implicit;

/**
 * Implicit edges, since one comes out of several files at once (requirements that include others, a library's
 * pyproject.toml, a lock): an edge tied to one file would be kept when another takes its reason away.
 *
 * Reads files only and throws nothing, since either would slow down or stop every Nx command.
 */
export const createDependencies: CreateDependencies<PluginOptions> = (_, context) => {
  const workspace = graphFiles(context.workspaceRoot);
  const owners = Object.entries(context.projects).map(([name, { root }]) => ({ name, root }));
  return Object.entries(context.projects).flatMap(([source, project]) => {
    const option = buildRequirements(project);
    if (option === null) return [];
    const targets = namedFiles(project.root, option, workspace).local.flatMap(
      (path) => ownerOf(path, owners) ?? [],
    );
    return [...new Set(targets)]
      .filter((target) => target !== source)
      .map((target): RawProjectGraphDependency => ({ source, target, type: IMPLICIT }));
  });
};

/** The option of its build target, undefined for the default, null for what is no service. */
function buildRequirements({ targets }: ProjectConfiguration): string[] | undefined | null {
  const target = Object.values(targets ?? {}).find(({ executor }) => executor === EXECUTOR);
  if (!target) return null;
  const given: unknown = (target.options as { requirements?: unknown } | undefined)?.requirements;
  return Array.isArray(given) ? given.filter((one) => typeof one === 'string') : undefined;
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
