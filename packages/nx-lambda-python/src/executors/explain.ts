/** `nx explain <service>`: hit or miss, and why. */

import type { ExecutorContext } from '@nx/devkit';
import { explainDependencies, renderExplanation } from '../assembly/explain';
import type { ExplainExecutorSchema } from '../schemas/explain';
import { buildOptionsOf } from '../targets/build-target';
import { reported } from '../targets/project';

export default function explainExecutor(
  options: ExplainExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  return reported(context, async () => {
    const target = buildOptionsOf(context, options.buildTarget);
    const explanation = await explainDependencies(target);
    console.log(
      options.format === 'json'
        ? JSON.stringify({ format: 2, ...explanation }, null, 2)
        : renderExplanation(explanation),
    );
  });
}
