/** Finds what the build target left. */

import type { ExecutorContext } from '@nx/devkit';
import { isAbsolute, join, relative, sep } from 'node:path';
import type { BuildOutput } from '../../platform/built-package';
import { currentProject, nxCommand, takenTarget, targetOptions } from './target-options';

export const DEFAULT_BUILD_TARGET = 'build';

export function buildOutput(
  context: ExecutorContext,
  buildTarget = DEFAULT_BUILD_TARGET,
): BuildOutput {
  const { root } = currentProject(context);
  const { outputPath } = targetOptions<{ outputPath: string }>(context, buildTarget, 'buildTarget');
  const path = outputPath ?? join('dist', root);
  const directory = isAbsolute(path) ? path : join(context.root, path);
  return {
    directory,
    displayed: relative(context.root, directory).split(sep).join('/'),
    command: nxCommand(context, buildTarget),
    // Whatever it makes: to run it again would be the same circle.
    unbuildable: takenTarget(context, buildTarget, 'buildTarget'),
  };
}
