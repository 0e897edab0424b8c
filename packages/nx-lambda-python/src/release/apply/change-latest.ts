/** Brings $LATEST of one function to its goal, through conflicts and lost answers. */

import type { AwsResult } from '../model/aws-failure';
import type { CreateRequest, FunctionCreation } from '../calls/function-service';
import { movesAliasOnly, type Plan, type PlannedFunction } from '../model/plan';
import { isUnsettled, type RemoteFunction } from '../model/remote-function';
import { classify } from '../plan/plan';
import {
  deadline,
  failed,
  otherCode,
  unsettled,
  waitUntilSettled,
  write,
  type Refusal,
  type WriteHistory,
  type WriteSession,
} from './write-session';
import type { FunctionState, PackageReference } from '../model/function-state';
import { nextStep, wantedLayers, type Step } from '../plan/next-step';

/** At rest and at its goal, or why not. */
export type Changed = { ok: true; remote: RemoteFunction } | { ok: false; refusal: Refusal };

/**
 * Never two writes in flight, and never one on a guess: after a conflict, or an answer that got lost,
 * the function is read until it is at rest, and written again only where it still lacks something.
 */
export async function changeLatest(
  one: PlannedFunction,
  creation: FunctionCreation | undefined,
  session: WriteSession,
  history: WriteHistory,
): Promise<Changed> {
  // An alias moves whatever $LATEST is.
  if (movesAliasOnly(one) && one.before !== null) {
    return { ok: true, remote: latestInPlan(one, one.before, session.plan) };
  }
  let current = one.creates
    ? await createFunction(one, creation, session, history)
    : await firstLook(one, session, history);
  let last: Step['kind'] | null = null;
  for (;;) {
    if ('ok' in current) return current;
    const { status, detail } = judge(one, current, session);
    if (status === 'mismatch' || status === 'missing') return failed(detail ?? status);
    const step = nextStep(one, current);
    if (step.kind === 'done' && status !== 'failed') return { ok: true, remote: current };
    // A failed update leaves its name behind: only the same code once more makes it effective.
    const kind = step.kind === 'done' ? 'code' : step.kind;
    if (kind === last) return failed(detail ?? otherCode(current));
    const written = await sendStep({ ...step, kind } as Step, one, current, session, history);
    if (written.kind === 'refused') return { ok: false, refusal: written.refusal };
    // Only what AWS has accepted must have an effect.
    last = written.kind === 'done' ? kind : null;
    current =
      written.kind === 'done' && !isUnsettled(written.value)
        ? written.value
        : await settle(one.name, session);
  }
}

type Look = RemoteFunction | { ok: false; refusal: Refusal };

/** The plan's own look is good for the first write, since that names the state which it was made from. */
async function firstLook(
  one: PlannedFunction,
  session: WriteSession,
  history: WriteHistory,
): Promise<Look> {
  const { before, revisionId } = one;
  if (one.status === 'update' && before !== null && revisionId !== null) {
    return { ...latestInPlan(one, before, session.plan), revisionId };
  }
  history.start ??= session.clock.now();
  return settle(one.name, session);
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

async function settle(name: string, session: WriteSession): Promise<Look> {
  const settled = await waitUntilSettled(name, deadline(session), session);
  if (settled.state === 'settled') return settled.remote;
  return { ok: false, refusal: unsettled(settled, session) };
}

function sendStep(
  step: Step,
  one: PlannedFunction,
  { revisionId, sourceKmsKeyArn = one.sourceKmsKeyArn }: RemoteFunction,
  session: WriteSession,
  history: WriteHistory,
) {
  const { name, package: source, storageMode } = one;
  const revision = revisionId === undefined ? {} : { revisionId };
  const { functions, plan } = session;
  return write(
    (): Promise<AwsResult<RemoteFunction>> =>
      step.kind === 'layers'
        ? functions.updateLayers({ name, layers: step.layers, ...revision })
        : functions.updateCode({
            name,
            architecture: plan.architecture,
            storageMode,
            ...location(source),
            ...(sourceKmsKeyArn && { sourceKmsKeyArn }),
            ...revision,
          }),
    session,
    history,
  );
}

/** After a lost answer the function may exist already: it is then judged like any other. */
async function createFunction(
  one: PlannedFunction,
  creation: FunctionCreation | undefined,
  session: WriteSession,
  history: WriteHistory,
): Promise<Look> {
  const { functions, plan } = session;
  if (creation === undefined) return failed('does not exist');
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
    const written = await write(() => functions.create(request), session, history);
    if (written.kind === 'refused') return { ok: false, refusal: written.refusal };
    if (written.kind === 'done' && !isUnsettled(written.value)) return written.value;
    const settled = await waitUntilSettled(one.name, deadline(session), session);
    if (settled.state === 'settled') return settled.remote;
    const isAbsent = settled.state === 'failed' && settled.failure.kind === 'not-found';
    // The request did not arrive.
    if (isAbsent && written.kind === 'unclear') continue;
    return { ok: false, refusal: unsettled(settled, session) };
  }
}

function judge(one: PlannedFunction, remote: RemoteFunction, session: WriteSession) {
  // The alias comes later, when all functions have their code.
  return classify(one, remote, { ...session.plan, alias: null });
}

function location(source: PackageReference | null) {
  const { bucket = '', key = '', versionId = null } = source ?? {};
  return { bucket, key, ...(versionId === null ? {} : { versionId }) };
}
