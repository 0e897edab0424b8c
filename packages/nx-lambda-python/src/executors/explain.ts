/** `nx explain <service>`: hit or miss, and why. */

import { explainDependencies, renderExplanation } from '../assembly/explain';
import type { ExplainExecutorSchema } from '../schemas/explain';
import { buildOptionsOf } from '../targets/build-target';
import { executor } from '../targets/project';

export default executor<ExplainExecutorSchema>(async ({ buildTarget, format }, context) => {
  const explanation = await explainDependencies(buildOptionsOf(context, buildTarget));
  console.log(
    format === 'json'
      ? JSON.stringify({ format: 2, ...explanation }, null, 2)
      : renderExplanation(explanation),
  );
});
