/** The account's code storage, before a deploy fills it: published versions stay there, each with its own copy. */

import { LambdaPythonError } from '../../errors';
import type { FunctionService } from '../calls/function-service';
import { paced } from '../calls/paced';
import { isChanged, type Plan } from './plan';
import type { RateLimiter } from '../calls/rate';
import type { RetryPolicy } from '../calls/retry';

export interface StorageReader extends RetryPolicy {
  functions: FunctionService;
  /** GetAccountSettings shares the quota of writes. */
  writes: RateLimiter;
}

/**
 * Asks only where a deploy adds code: what replaces $LATEST frees as much, and references take nothing.
 * Credentials that may not ask deploy without the check.
 * @param unpackedSize bytes of one function's code
 * @throws CODE_STORAGE_FULL
 */
export async function checkCodeStorage(
  plan: Plan,
  unpackedSize: number,
  { functions, writes, ...policy }: StorageReader,
): Promise<void> {
  if (plan.storageMode === 'REFERENCE') return;
  const adding = plan.functions.filter(
    (one) => one.creates || (plan.alias !== null && isChanged(one)),
  );
  if (adding.length === 0) return;
  const answer = await paced(() => functions.codeStorage(), writes, policy);
  if (!answer.ok) return;
  const { limit, used } = answer.value;
  const needed = adding.length * unpackedSize;
  if (used + needed <= limit) return;
  throw new LambdaPythonError('CODE_STORAGE_FULL', {
    message: `${adding.length} versions need ${gigabytes(needed)} of code storage in ${plan.region}, and ${gigabytes(Math.max(0, limit - used))} of ${gigabytes(limit)} is left; nothing was changed`,
    hint: `remove versions that no alias points to (\`nx prune-versions <service> --dryRun=false\`), or set "storageMode": "REFERENCE"`,
  });
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
