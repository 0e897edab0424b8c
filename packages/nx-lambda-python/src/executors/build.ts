/** `nx build <service>`: find or make the dependencies, put the package together, write it with its manifest. */

import type { ExecutorContext } from '@nx/devkit';
import { build } from '../assembly/build';
import { renderError } from '../report/error-text';
import type { BuildExecutorSchema } from '../schemas/build';
import { normalizeOptions } from '../targets/build-target';
import { commandsOf } from '../targets/project';
import { asTyped } from '../targets/options';

export default async function buildExecutor(
  schema: BuildExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  try {
    await build(normalizeOptions(asTyped(schema), context));
    return { success: true };
  } catch (error) {
    console.error(renderError(error, commandsOf(context)));
    return { success: false };
  }
}
