/** `nx shell <service>`: a shell in the container of its build. */

import type { ExecutorContext } from '@nx/devkit';
import { shell } from '../assembly/shell';
import type { ShellExecutorSchema } from '../schemas/shell';
import { buildOptionsOf } from '../targets/build-target';
import { reported } from '../targets/project';

export default function shellExecutor(
  { buildTarget, ...own }: ShellExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  return reported(context, () => shell(buildOptionsOf(context, buildTarget, own)));
}
