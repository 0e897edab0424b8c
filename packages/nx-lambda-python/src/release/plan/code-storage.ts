/**
 * The account's code storage: published versions stay there, each with its own copy.
 *
 * The size of the zip counts, as in `CodeSize`, not that of its contents. Sources: Lambda API reference,
 * AccountUsage, TotalCodeSize: storage "being used by deployment packages and layer archives"; localstack,
 * test_lambda_api.py, TestLambdaAccountSettings, validated there against AWS.
 */

import { LambdaPythonError } from '../../errors';
import type { FunctionService } from '../calls/function-service';
import { paced, type RetryPolicy } from '../calls/send';
import { isChanged, type Plan } from '../model/plan';
import type { RateLimiter } from '../calls/rate';

interface StorageReader extends RetryPolicy {
  functions: FunctionService;
  /** GetAccountSettings shares the quota of writes. */
  writes: RateLimiter;
}

/** Bytes that zips take of the storage. */
export function storedBytes(zips: readonly { size: number }[]): number {
  return zips.reduce((sum, { size }) => sum + size, 0);
}

/** The zips that a plan may add; the layer is null if there is none. */
interface PlannedZips {
  package: { size: number };
  layer: { size: number } | null;
}

/**
 * Asks only where a deploy adds code: what replaces $LATEST frees as much, and references take nothing.
 * Credentials that may not ask deploy without the check.
 * @throws CODE_STORAGE_FULL
 */
export async function checkCodeStorage(
  plan: Plan,
  zips: PlannedZips,
  { functions, writes, ...policy }: StorageReader,
): Promise<void> {
  const added = addedZips(plan, zips);
  if (added.length === 0) return;
  const answer = await paced(() => functions.codeStorage(), writes, policy);
  if (!answer.ok) return;
  const { limit, used } = answer.value;
  const needed = storedBytes(added);
  if (used + needed <= limit) return;
  const what = added.length === 1 ? '1 new version needs' : `${added.length} new versions need`;
  throw new LambdaPythonError('CODE_STORAGE_FULL', {
    message: `${what} ${gigabytes(needed)} of code storage in ${plan.region}, but only ${gigabytes(Math.max(0, limit - used))} of ${gigabytes(limit)} is left; nothing was changed`,
    hint: `remove versions that no alias points to (\`nx prune-versions <service> --dryRun=false\`), or set "storageMode": "REFERENCE"`,
  });
}

/** A layer is never a reference. */
function addedZips(plan: Plan, zips: PlannedZips): { size: number }[] {
  const changed = plan.functions.filter(isChanged);
  const isNewLayer = plan.layer !== null && plan.layer.arn === null && changed.length > 0;
  const layers = isNewLayer && zips.layer !== null ? [zips.layer] : [];
  if (plan.storageMode === 'REFERENCE') return layers;
  const adding = changed.filter(({ creates }) => creates || plan.alias !== null);
  return [...layers, ...adding.map(() => zips.package)];
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
