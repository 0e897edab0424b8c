/** The build target's options with every path made relative to the workspace and every default set. */

import type { ExecutorContext } from '@nx/devkit';
import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import type { BuildExecutorSchema } from './schema';

export interface BuildOptions {
  project: string;
  workspaceRoot: string;
  /** Relative to the workspace, with forward slashes, as are all further paths. */
  projectRoot: string;
  outputPath: string;
  requirements: string[];
  constraints: string[];
  engine: NonNullable<BuildExecutorSchema['engine']>;
  image: string | undefined;
  network: string | undefined;
  containerArgs: string[];
  pipArgs: string[];
  excludeDistributions: string[];
  collisions: Record<string, string>;
}

export function normalizeOptions(
  schema: BuildExecutorSchema,
  context: ExecutorContext,
): BuildOptions {
  const project = context.projectName ?? '';
  const projectRoot = context.projectsConfigurations.projects[project]?.root;
  if (projectRoot === undefined) {
    throw new LambdaPythonError('PROJECT_NOT_FOUND', {
      message: `there is no project \`${project}\` in this workspace`,
      hint: 'run `nx show projects` for their names',
    });
  }
  const inProject = (path: string) => posix.join(projectRoot, path.replaceAll('\\', '/'));
  return {
    project,
    workspaceRoot: context.root,
    projectRoot,
    outputPath: schema.outputPath,
    requirements: (schema.requirements ?? ['requirements.txt']).map(inProject),
    constraints: (schema.constraints ?? []).map(inProject),
    engine: schema.engine ?? 'auto',
    image: schema.image,
    network: schema.network,
    containerArgs: schema.containerArgs ?? [],
    pipArgs: schema.pipArgs ?? [],
    excludeDistributions: schema.excludeDistributions ?? [],
    collisions: schema.collisions ?? {},
  };
}
