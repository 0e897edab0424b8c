/** The writes to one function: $LATEST to its goal, through conflicts and lost answers; then its version and its alias. */

import type { AliasUpdate, CreateRequest, FunctionCreation } from '../calls/function-service';
import type { FunctionState, PackageReference } from '../model/function-state';
import { isChanged, movesAliasOnly, type Plan, type PlannedFunction } from '../model/plan';
import { isNumbered, isUnsettled, type RemoteFunction } from '../model/remote-function';
import { nextStep, wantedLayers } from '../plan/next-step';
import { classify } from '../plan/plan';
import {
  otherCode,
  Refusal,
  refused,
  waitUntilSettled,
  type FunctionWrites,
} from './write-session';

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
function latestInPlan(
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

/**
 * The version's number. AWS gives the same version again while nothing has changed, so a lost answer may be
 * asked for once more.
 * @throws Refusal
 */
export async function publishVersion(sha256: string, writes: FunctionWrites): Promise<string> {
  const { name, session } = writes;
  for (;;) {
    const written = await writes.send(() => session.functions.publish(name, sha256));
    if (written !== null) return effective(written.value, writes);
    // Nothing can be published while an update is in progress, nor a function that no longer exists.
    const remote = await writes.settle();
    if (remote.codeSha256 !== sha256) throw otherCode(remote);
  }
}

async function effective(published: RemoteFunction, writes: FunctionWrites): Promise<string> {
  const { version } = published;
  if (version === undefined) {
    throw new Refusal('failed', 'AWS returned no version number after publishing');
  }
  if (!isUnsettled(published)) return version;
  const { state, lastUpdateStatus, lastUpdateStatusReason } = await writes.settle(version);
  if (state !== 'Failed' && lastUpdateStatus !== 'Failed') return version;
  const reason = lastUpdateStatusReason ?? 'no reason given';
  throw new Refusal('failed', `version ${version} failed: ${reason}`);
}

/** The same move twice is the same as once. @throws Refusal */
export async function moveAlias(
  one: PlannedFunction,
  version: string,
  writes: FunctionWrites,
): Promise<void> {
  const { functions, plan, reads } = writes.session;
  const move = aliasMove(one, version, plan);
  let isThere = (one.before?.alias ?? null) !== null;
  for (;;) {
    const written = await writes.send(() =>
      isThere ? functions.updateAlias(move) : functions.createAlias(move),
    );
    if (written !== null) return;
    // Created meanwhile, perhaps by the very request whose answer was lost.
    if (!isThere) {
      await reads.take();
      isThere = (await functions.get(one.name, move.alias)).ok;
    }
  }
}

/** A gradual shift leaves the alias where it is and sends a share to the new version. */
function aliasMove(
  one: PlannedFunction,
  version: string,
  { alias, aliasWeight }: Plan,
): AliasUpdate {
  const name = { name: one.name, alias: alias ?? '' };
  const old = one.before?.alias?.version;
  const isShared = old !== undefined && old !== version && isNumbered(old);
  if (aliasWeight === null || !isShared || one.aliasTo !== null) {
    return { ...name, version, weights: {} };
  }
  return { ...name, version: old, weights: { [version]: aliasWeight } };
}

/** Whether callers of its alias would meet the change before all functions have it. */
export function followsLatest(one: PlannedFunction, plan: Plan): boolean {
  const { before, aliasTo } = one;
  if (!isChanged(one) || aliasTo !== null || !before?.alias) return false;
  if (isNumbered(before.alias.version)) return false;
  return nextStep(one, latestInPlan(one, before, plan)).kind !== 'done';
}

/** The function as the rest of the release finds it. @throws Refusal */
export async function pinAlias(
  one: PlannedFunction,
  writes: FunctionWrites,
): Promise<{ version: string; one: PlannedFunction }> {
  const { before } = one;
  const version = await publishVersion(before?.codeSha256 ?? '', writes);
  await moveAlias(one, version, writes);
  const alias = before?.alias ? { ...before.alias, version } : null;
  // Publishing has given $LATEST another revision.
  return { version, one: { ...one, before: before && { ...before, alias }, revisionId: null } };
}
