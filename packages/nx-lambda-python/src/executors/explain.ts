/** `nx explain <service>`: hit or miss, and why; with `--handler`, what that handler reaches. */

import { explainDependencies, renderExplanation } from '../assembly/explain';
import { explainReach, renderReach } from '../assembly/reach';
import { LambdaPythonError } from '../errors';
import type { ExplainExecutorSchema } from '../schemas/explain';
import { buildOptionsOf } from '../targets/build-target';
import { executor } from '../targets/project';

export default executor<ExplainExecutorSchema>(async (options, context) => {
  const { buildTarget, format, handler, why } = options;
  const target = buildOptionsOf(context, buildTarget);
  const print = <T extends object>(found: T, render: (found: T) => string): void =>
    console.log(
      format === 'json' ? JSON.stringify({ format: 2, ...found }, null, 2) : render(found),
    );
  if (handler !== undefined) print(await explainReach(target, handler, why), renderReach);
  else if (why === undefined) print(await explainDependencies(target), renderExplanation);
  else throw whyWithoutHandler(why);
});

function whyWithoutHandler(why: string): LambdaPythonError {
  return new LambdaPythonError('OPTION_INVALID', {
    message: '`why` asks for the way from a handler, and no handler is named',
    hint: `name it: --handler=refund --why=${why}`,
  });
}
