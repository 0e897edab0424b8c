/** `nx shell <service>`: a shell in the container of its build. */

import type { ExecutorContext } from '@nx/devkit';
import { shell } from '../assembly/shell';
import { renderError } from '../report/error-text';
import type { ShellExecutorSchema } from '../schemas/shell';
import { buildOptionsOf } from '../targets/build-target';
import { commandsOf } from '../targets/project';

export default async function shellExecutor(
  schema: ShellExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  try {
    const { buildTarget, ...own } = schema;
    await shell(buildOptionsOf(context, buildTarget, own));
    return { success: true };
  } catch (error) {
    console.error(renderError(error, commandsOf(context)));
    return { success: false };
  }
}
