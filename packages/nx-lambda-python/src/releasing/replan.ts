/** A plan is good only as long as nobody else releases: where another was faster, it is made anew. */

import { LambdaPythonError } from '../errors';
import type { DeployOutput } from './output';

/** Times that another release may end between the look at its lock and ours. */
const MAX_PLANS = 5;

/**
 * @param attempt plans and applies; null where another release was faster
 * @param subject the service in words, `orders`
 * @throws RELEASE_LOCKED
 */
export async function untilFirst<T>(
  attempt: () => Promise<T | null>,
  subject: string,
  output: Pick<DeployOutput, 'note'>,
): Promise<T> {
  for (let plans = 1; ; plans += 1) {
    const done = await attempt();
    if (done !== null) return done;
    if (plans === MAX_PLANS) break;
    output.note('another release was made meanwhile: planning again');
  }
  throw new LambdaPythonError('RELEASE_LOCKED', {
    message: `${subject} was released ${MAX_PLANS} times by others while this was planned; nothing was changed`,
    hint: 'look at `nx releases <service>`, then run the same command again; let CI queue the deploys of one service',
  });
}
