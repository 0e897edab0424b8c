/** `nx explain <service>`: hit or miss, and why. */

import type { ExecutorContext } from '@nx/devkit';
import { explainDependencies, renderExplanation } from '../assembly/explain';
import { renderError } from '../report/error-text';
import type { ExplainExecutorSchema } from '../schemas/explain';
import { buildOptionsOf } from '../targets/build-target';
import { commandsOf } from '../targets/project';

export default async function explainExecutor(
  schema: ExplainExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  try {
    const explanation = await explainDependencies(buildOptionsOf(context, schema.buildTarget));
    console.log(
      schema.format === 'json'
        ? JSON.stringify({ format: 2, ...explanation }, null, 2)
        : renderExplanation(explanation),
    );
    return { success: true };
  } catch (error) {
    console.error(renderError(error, commandsOf(context)));
    return { success: false };
  }
}
