/** `nx lock <service>`: resolve the input for the runtime, write every distribution with its hash. */

import { lock, type WrittenLock } from '../assembly/lock';
import { warn } from '../report/error-text';
import { counted } from '../report/text';
import type { LockExecutorSchema } from '../schemas/lock';
import { buildOptionsOf } from '../targets/build-target';
import { currentProject, executor } from '../targets/project';

export default executor<LockExecutorSchema>(async (schema, context) => {
  const options = buildOptionsOf(context, schema.buildTarget);
  const command = `nx ${context.targetName ?? 'lock'} ${currentProject(context).name}`;
  printLock(await lock(schema, options, command));
});

function printLock({ output, isNew, distributions, changes, warnings }: WrittenLock): void {
  const count = counted(distributions, 'distribution');
  console.log(isNew ? `${output}: ${count}` : `${output} is current: ${count}`);
  for (const change of changes) console.log(`  ${change}`);
  warn(warnings);
}
