/** The next write that brings $LATEST closer to its goal, from its present state alone. */

import type { FunctionGoal, LayersGoal } from '../model/plan';
import { isNumbered, type RemoteAlias, type RemoteFunction } from '../model/remote-function';

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

interface AliasGoal extends Pick<FunctionGoal, 'package' | 'layers'> {
  /** The version to go back to; null: whichever has the package. */
  aliasTo: string | null;
}

/** Whether the alias points to the code that this function is to run, or sends the intended share of calls there. */
export function isAliasRight(
  { aliasTo, package: source, layers }: AliasGoal,
  { alias }: Pick<RemoteFunction, 'alias'>,
  aliasWeight: number | null = null,
): boolean {
  if (!alias || !isNumbered(alias.version)) return false;
  const { shift = null } = alias;
  // What goes back goes wholly.
  if (aliasTo !== null) return alias.version === aliasTo && shift === null;
  const isRight = (one: Pick<RemoteAlias, 'codeSha256' | 'layers'>): boolean =>
    one.codeSha256 === source?.sha256 &&
    wantedLayers(layers, one.layers).join() === one.layers.join();
  return isRight(alias) || (shift !== null && shift.weight === aliasWeight && isRight(shift));
}

/** In words: `points to version 3 and sends 10 % to 4` */
export function whereIs(alias: RemoteAlias | null | undefined): string {
  if (!alias) return 'does not exist';
  const { version, shift } = alias;
  const share = shift
    ? ` and sends ${Number((shift.weight * 100).toFixed(2))} % to ${shift.version}`
    : '';
  return `points to ${isNumbered(version) ? 'version ' : ''}${version}${share}`;
}
