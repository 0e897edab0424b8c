/** Brings $LATEST of one function to its goal, through conflicts and lost answers. */

import type { CreateRequest, FunctionCreation } from '../calls/function-service';
import { movesAliasOnly, type Plan, type PlannedFunction } from '../model/plan';
import { isUnsettled, type RemoteFunction } from '../model/remote-function';
import { classify } from '../plan/plan';
import type { FunctionWrites } from './write-session';
import { otherCode, Refusal, refused, waitUntilSettled } from './write-session';
import type { FunctionState, PackageReference } from '../model/function-state';
import { nextStep, wantedLayers } from '../plan/next-step';

/**
 * Never two writes in flight, and never one on a guess: after a conflict, or an answer that got lost,
 * the function is read until it is at rest, and written again only where it still lacks something.
 * @returns the function at rest and at its goal
 * @throws Refusal
 */
export async function changeLatest(
  one: PlannedFunction,
  creation: FunctionCreation | undefined,
  writes: FunctionWrites,
): Promise<RemoteFunction> {
  const { plan } = writes.session;
  // An alias moves whatever $LATEST is.
  if (movesAliasOnly(one) && one.before !== null) {
    return latestInPlan(one, one.before, plan);
  }
  let current = one.creates
    ? await createFunction(one, creation, writes)
    : await firstLook(one, writes);
  let last: 'layers' | 'code' | null = null;
  for (;;) {
    // The alias comes later, when all functions have their code.
    const { status, detail } = classify(one, current, { ...plan, alias: null });
    if (status === 'mismatch' || status === 'missing') {
      throw new Refusal('failed', detail ?? status);
    }
    const step = nextStep(one, current);
    if (step.kind === 'done' && status !== 'failed') return current;
    // A failed update leaves its name behind: only the same code once more makes it effective.
    const kind = step.kind === 'done' ? 'code' : step.kind;
    if (kind === last) throw detail === null ? otherCode(current) : new Refusal('failed', detail);
    const layers = step.kind === 'layers' ? step.layers : null;
    const written = await sendStep(layers, one, current, writes);
    // Only what AWS has accepted must have an effect.
    last = written && kind;
    current = written && !isUnsettled(written.value) ? written.value : await writes.settle();
  }
}

/** The plan's own look is good for the first write, since that names the state which it was made from. */
async function firstLook(one: PlannedFunction, writes: FunctionWrites): Promise<RemoteFunction> {
  const { before, revisionId } = one;
  if (one.status === 'update' && before !== null && revisionId !== null) {
    return { ...latestInPlan(one, before, writes.session.plan), revisionId };
  }
  return writes.settle();
}

/** $LATEST as the plan has seen it. */
export function latestInPlan(
  { name, handler }: PlannedFunction,
  { layers, codeSha256, storageMode }: FunctionState,
  { runtime, architecture }: Plan,
): RemoteFunction {
  return {
    ...{ name, arn: '', runtime, handler, architecture, packageType: 'Zip', layers, storageMode },
    ...(codeSha256 === null ? {} : { codeSha256 }),
  };
}

/** @param layers null: the code is written */
function sendStep(
  layers: readonly string[] | null,
  { name, package: source, storageMode, ...one }: PlannedFunction,
  { revisionId, sourceKmsKeyArn = one.sourceKmsKeyArn }: RemoteFunction,
  writes: FunctionWrites,
) {
  const { functions, plan } = writes.session;
  const revision = revisionId === undefined ? {} : { revisionId };
  if (layers !== null) {
    return writes.send(() => functions.updateLayers({ name, layers, ...revision }));
  }
  return writes.send(() =>
    functions.updateCode({
      name,
      architecture: plan.architecture,
      storageMode,
      ...location(source),
      ...(sourceKmsKeyArn && { sourceKmsKeyArn }),
      ...revision,
    }),
  );
}

/** After a lost answer the function may exist already: it is then judged like any other. */
async function createFunction(
  one: PlannedFunction,
  creation: FunctionCreation | undefined,
  writes: FunctionWrites,
): Promise<RemoteFunction> {
  const { session } = writes;
  const { functions, plan } = session;
  if (creation === undefined) throw new Refusal('failed', 'does not exist');
  const request: CreateRequest = {
    ...creation,
    name: one.name,
    runtime: plan.runtime,
    handler: one.handler,
    architecture: plan.architecture,
    storageMode: one.storageMode,
    layers: wantedLayers(one.layers, []),
    ...location(one.package),
  };
  for (;;) {
    const written = await writes.send(() => functions.create(request));
    if (written && !isUnsettled(written.value)) return written.value;
    const settled = await waitUntilSettled(one.name, session);
    if (settled.ok) return settled.value;
    const didNotArrive = written === null && settled.failure.kind === 'not-found';
    if (!didNotArrive) throw refused(settled.failure, session);
  }
}

function location(source: PackageReference | null) {
  const { bucket = '', key = '', versionId = null } = source ?? {};
  return { bucket, key, ...(versionId === null ? {} : { versionId }) };
}
