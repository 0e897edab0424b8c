/** `nx shell <service>`: a shell in the container of its build. */

import type { ExecutorContext } from '@nx/devkit';
import { shell } from '../assembly/shell';
import type { ShellExecutorSchema } from '../schemas/shell';
import { buildOptionsOf } from '../targets/build-target';
import { reported } from '../targets/project';

export default function shellExecutor(
  options: ShellExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  return reported(context, () => {
    const { buildTarget, ...own } = options;
    return shell(buildOptionsOf(context, buildTarget, own));
  });
}
