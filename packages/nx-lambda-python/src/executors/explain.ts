/** `nx explain <service>`: hit or miss, and why. */

import type { ExecutorContext } from '@nx/devkit';
import { explainDependencies, renderExplanation } from '../assembly/explain';
import type { ExplainExecutorSchema } from '../schemas/explain';
import { buildOptionsOf } from '../targets/build-target';
import { reported } from '../targets/project';

export default function explainExecutor(
  { buildTarget, format }: ExplainExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  return reported(context, async () => {
    const explanation = await explainDependencies(buildOptionsOf(context, buildTarget));
    console.log(
      format === 'json'
        ? JSON.stringify({ format: 2, ...explanation }, null, 2)
        : renderExplanation(explanation),
    );
  });
}
