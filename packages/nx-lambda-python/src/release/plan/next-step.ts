/** What $LATEST still lacks of what it shall be: one write at a time, from its present state alone. */

import type { RemoteFunction } from '../calls/function-service';
import type { PackageReference, StorageMode } from '../model/function-state';

/** What a function shall run. */
export interface FunctionGoal {
  /** Null where the code stays: an alias alone is moved. */
  package: PackageReference | null;
  layers: LayersGoal;
  storageMode: StorageMode;
}

/** As they are; with one version in place of every other of the same layer; without a layer; or these and no others. */
export type LayersGoal =
  | { kind: 'keep' }
  /** The ARN is null until the layer is published. */
  | { kind: 'attach'; arn: string | null }
  /** The ARN of the layer, without a version. */
  | { kind: 'detach'; layer: string }
  | { kind: 'exactly'; arns: readonly string[] };

export type Step =
  { kind: 'done' } | { kind: 'layers'; layers: readonly string[] } | { kind: 'code' };

/**
 * Layers that come before the code, those that only go after it: the old code finds all that it had, the new one all
 * that it needs.
 */
export function nextStep(goal: FunctionGoal, remote: RemoteFunction): Step {
  const layers = wantedLayers(goal.layers, remote.layers);
  const areLayersRight = layers.join() === remote.layers.join();
  const isCodeRight =
    goal.package === null ||
    (remote.codeSha256 === goal.package.sha256 &&
      (remote.storageMode === undefined || remote.storageMode === goal.storageMode));
  const onlyGo = layers.every((arn) => remote.layers.includes(arn));
  if (!areLayersRight && (isCodeRight || !onlyGo)) return { kind: 'layers', layers };
  return isCodeRight ? { kind: 'done' } : { kind: 'code' };
}

/** Other layers, and the order of all, stay: the later ones win over the earlier ones. */
export function wantedLayers(goal: LayersGoal, present: readonly string[]): readonly string[] {
  if (goal.kind === 'keep') return present;
  if (goal.kind === 'exactly') return goal.arns;
  if (goal.kind === 'detach') return present.filter((arn) => layerOf(arn) !== goal.layer);
  const { arn } = goal;
  if (arn === null) return [...present, 'to be published'];
  const index = present.findIndex((other) => layerOf(other) === layerOf(arn));
  return index < 0 ? [...present, arn] : present.map((other, at) => (at === index ? arn : other));
}

/** What takes a layer of the function's own account away; null where it does not have it. */
export function detaching(
  name: string,
  { arn, layers, alias }: Pick<RemoteFunction, 'arn' | 'layers' | 'alias'>,
): LayersGoal | null {
  const layer = [...arn.split(':').slice(0, 5), 'layer', name].join(':');
  const present = [...layers, ...(alias?.layers ?? []), ...(alias?.shift?.layers ?? [])];
  return present.some((one) => layerOf(one) === layer) ? { kind: 'detach', layer } : null;
}

/** `arn:aws:lambda:eu-west-1:111122223333:layer:orders-dependencies:7` without the version. */
function layerOf(arn: string): string {
  return arn.slice(0, arn.lastIndexOf(':'));
}
