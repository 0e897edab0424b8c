/** `nx explain <service>`: hit or miss, and why. */

import type { ExecutorContext } from '@nx/devkit';
import { storeDirectory } from '../platform/store/store-directory';
import { DiskWheelStore } from '../platform/store/wheel-store';
import { renderError } from '../report/error-text';
import { buildOptionsOf } from '../targets/build-target';
import { readMarker } from '../assembly/service';
import { renderExplanation } from '../assembly/explanation-text';
import type { ExplainExecutorSchema } from '../schemas/explain';
import { explainDependencies } from '../assembly/explanation';
import { commandsOf } from '../targets/project';

export default async function explainExecutor(
  schema: ExplainExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  try {
    const { format, buildTarget } = schema;
    const options = buildOptionsOf(context, buildTarget);
    const store = new DiskWheelStore(storeDirectory());
    const explanation = await explainDependencies(options, readMarker(options), store);
    console.log(
      format === 'json'
        ? JSON.stringify({ format: 2, ...explanation }, null, 2)
        : renderExplanation(explanation),
    );
    return { success: true };
  } catch (error) {
    console.error(renderError(error, commandsOf(context)));
    return { success: false };
  }
}
