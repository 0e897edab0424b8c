/** Finds what the build target left. */

import type { ExecutorContext } from '@nx/devkit';
import { join } from 'node:path';
import { outputDirectory } from '../packaging/inputs/option-paths';
import type { BuildOutput } from '../platform/files/built-package';
import { currentProject, nxCommand, takenTarget, targetOptions } from './target-options';

export const DEFAULT_BUILD_TARGET = 'build';

export function buildOutput(
  context: ExecutorContext,
  buildTarget = DEFAULT_BUILD_TARGET,
): BuildOutput {
  const { root } = currentProject(context);
  const { outputPath } = targetOptions<{ outputPath: string }>(context, buildTarget, 'buildTarget');
  const displayed = outputDirectory(outputPath, {
    projectRoot: root,
    workspaceRoot: context.root,
  });
  return {
    directory: join(context.root, displayed),
    displayed,
    command: nxCommand(context, buildTarget),
    // Whatever it makes: to run it again would be the same circle.
    unbuildable: takenTarget(context, buildTarget, 'buildTarget'),
  };
}
