/**
 * What a release stores: the layer of a service's dependencies, published when its content is another, and versions,
 * each with its own copy of the code in the account's storage.
 *
 * The size of the zip counts there, as in `CodeSize`, not that of its contents. Sources: Lambda API reference,
 * AccountUsage, TotalCodeSize: storage "being used by deployment packages and layer archives"; localstack,
 * test_lambda_api.py, TestLambdaAccountSettings, validated there against AWS.
 */

import { LambdaPythonError } from '../../errors';
import { failureError, type AwsPlace } from '../calls/failure-error';
import type { LayerService } from '../calls/function-service';
import type { RateLimiter } from '../calls/rate';
import { paced, type RetryPolicy } from '../calls/send';
import { isAmbiguous } from '../model/aws-failure';
import type { PackageReference } from '../model/function-state';
import { isChanged, type DeployPlan, type Plan, type PlannedLayer } from '../model/plan';
import type { FunctionReader } from '../plan/remote-states';

export interface LayerAccess extends RetryPolicy {
  layers: LayerService;
  /** Both calls share the quota of writes. */
  writes: RateLimiter;
  place: AwsPlace;
}

/** Looks, and writes nothing. @throws what AWS refuses */
export async function planLayer(
  name: string,
  source: PackageReference,
  { layers, writes, place, ...policy }: LayerAccess,
): Promise<PlannedLayer> {
  const found = await paced(() => layers.newest(name), writes, policy);
  if (!found.ok) throw failureError(found.failure, `layer \`${name}\``, place);
  const arn = found.value?.sha256 === source.sha256 ? found.value.arn : null;
  return { name, arn, package: source };
}

/**
 * The plan with the ARN of the layer's version. After a lost answer the newest version is looked at first,
 * so that no second one of the same content is made.
 * @throws what AWS refuses
 */
export async function publishLayer(plan: DeployPlan, access: LayerAccess): Promise<DeployPlan> {
  const { layer, runtime, architecture } = plan;
  if (layer === null || layer.arn !== null) return plan;
  const { layers, writes, place } = access;
  const { name, package: source } = layer;
  const { bucket, key } = source;
  let isUnclear = false;
  const published = await paced(
    async () => {
      if (isUnclear) {
        const found = await layers.newest(name);
        if (!found.ok) return found;
        if (found.value?.sha256 === source.sha256) return { ok: true, value: found.value };
        await writes.take();
      }
      const made = await layers.publish({ name, runtime, architecture, bucket, key });
      isUnclear ||= !made.ok && isAmbiguous(made.failure.kind);
      return made;
    },
    writes,
    access,
  );
  if (!published.ok) throw failureError(published.failure, `layer \`${name}\``, place);
  const { arn } = published.value;
  return {
    ...plan,
    layer: { ...layer, arn },
    functions: plan.functions.map((one) => ({ ...one, layers: { kind: 'attach', arn } })),
  };
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
  {
    functions,
    writes,
    ...policy
  }: Pick<FunctionReader, 'functions' | 'writes' | keyof RetryPolicy>,
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
