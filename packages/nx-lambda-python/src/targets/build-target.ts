/** The options of a build target, for the targets that act as that build would. */

import type { ExecutorContext } from '@nx/devkit';
import { normalizeOptions, type BuildOptions } from '../assembly/normalize';
import type { BuildExecutorSchema } from '../schemas/build';
import { targetOptions } from './chain';

/**
 * @param own options that win over the target's
 * @throws OPTION_INVALID, PROJECT_NOT_FOUND
 */
export function buildOptionsOf(
  context: ExecutorContext,
  target = 'build',
  own: Partial<BuildExecutorSchema> = {},
): BuildOptions {
  const given = targetOptions<BuildExecutorSchema>(context, target, 'buildTarget');
  return normalizeOptions({ ...given, ...own }, context);
}
