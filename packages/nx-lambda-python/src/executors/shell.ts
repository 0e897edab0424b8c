/** `nx shell <service>`: a shell in the container of its build. */

import { shell } from '../assembly/shell';
import type { ShellExecutorSchema } from '../schemas/shell';
import { buildOptionsOf } from '../targets/build-target';
import { executor } from '../targets/project';

export default executor<ShellExecutorSchema>(({ buildTarget, ...own }, context) =>
  shell(buildOptionsOf(context, buildTarget, own)),
);
