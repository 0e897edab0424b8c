/** Brings $LATEST of one function to what it shall be, whatever happens on the way. */

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

/** At rest, and as it shall be; or why not. */
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
    return { ok: true, remote: knownLatest(one, one.before, session.plan) };
  }
  let known = one.creates
    ? await createFunction(one, creation, session, history)
    : await firstLook(one, session, history);
  let last: Step['kind'] | null = null;
  for (;;) {
    if ('ok' in known) return known;
    const { status, detail } = judge(one, known, session);
    if (status === 'mismatch' || status === 'missing') return failed(detail ?? status);
    const step = nextStep(one, known);
    if (step.kind === 'done' && status !== 'failed') return { ok: true, remote: known };
    // A failed update leaves its name behind: only the same code once more makes it effective.
    const kind = step.kind === 'done' ? 'code' : step.kind;
    if (kind === last) return failed(detail ?? otherCode(known));
    const written = await sendStep({ ...step, kind } as Step, one, known, session, history);
    if (written.kind === 'refused') return { ok: false, refusal: written.refusal };
    // Only what AWS has accepted must have an effect.
    last = written.kind === 'done' ? kind : null;
    known =
      written.kind === 'done' && !isUnsettled(written.value)
        ? written.value
        : await settle(one.name, session);
  }
}

type Known = RemoteFunction | { ok: false; refusal: Refusal };

/** The plan's own look is good for the first write, since that names the state which it was made from. */
async function firstLook(
  one: PlannedFunction,
  session: WriteSession,
  history: WriteHistory,
): Promise<Known> {
  const { before, revisionId } = one;
  if (one.status === 'update' && before !== null && revisionId !== null) {
    return { ...knownLatest(one, before, session.plan), revisionId };
  }
  history.start ??= session.clock.now();
  return settle(one.name, session);
}

/** $LATEST as the plan has seen it. */
export function knownLatest(
  { name, handler }: PlannedFunction,
  { layers, codeSha256, storageMode }: FunctionState,
  { runtime, architecture }: Plan,
): RemoteFunction {
  return {
    ...{ name, arn: '', runtime, handler, architecture, packageType: 'Zip', layers, storageMode },
    ...(codeSha256 === null ? {} : { codeSha256 }),
  };
}

async function settle(name: string, session: WriteSession): Promise<Known> {
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

/** A lost answer is recognised: whoever is in the way then is judged like any function. */
async function createFunction(
  one: PlannedFunction,
  creation: FunctionCreation | undefined,
  session: WriteSession,
  history: WriteHistory,
): Promise<Known> {
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
