/** The layer of a service's dependencies: published when its content is another, found when it is not. */

import { isAmbiguous } from '../model/aws-failure';
import { failureError, type AwsPlace } from '../calls/failure-error';
import type { LayerService } from '../calls/function-service';
import type { PackageReference } from '../model/function-state';
import { paced, type RetryPolicy } from '../calls/send';
import type { DeployPlan, PlannedLayer } from '../model/plan';
import type { RateLimiter } from '../calls/rate';

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
