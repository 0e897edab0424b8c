/** `nx build <service>`: find or make the dependencies, put the package together, write it with its manifest. */

import type { ExecutorContext } from '@nx/devkit';
import { build } from '../assembly/build';
import type { BuildExecutorSchema } from '../schemas/build';
import { normalizeOptions } from '../targets/build-target';
import { asTyped } from '../targets/options';
import { reported } from '../targets/project';

export default function buildExecutor(
  schema: BuildExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  return reported(context, () => build(normalizeOptions(asTyped(schema), context)));
}
