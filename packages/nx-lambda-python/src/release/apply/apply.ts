/** Carries out a plan: aliases off $LATEST, one canary, all code, all versions, all aliases; none is forgotten. */

import type { FunctionCreation } from '../calls/function-service';
import { forEachLimited, withRetries } from '../calls/send';
import { describe } from '../model/aws-failure';
import { secondsSince } from '../model/clock';
import { identityOf, type FunctionOutcome, type FunctionState } from '../model/function-state';
import { isChanged, movesAliasOnly, type Plan, type PlannedFunction } from '../model/plan';
import { stateOf, type RemoteFunction } from '../model/remote-function';
import {
  changeLatest,
  followsLatest,
  moveAlias,
  pinAlias,
  publishVersion,
} from './change-function';
import { FunctionWrites, Refusal, stop, type WriteSession } from './write-session';

/** In their order. */
export type ReleasePhase = 'pin' | 'canary' | 'code' | 'publish' | 'aliases';

export interface ApplyPorts extends Omit<WriteSession, 'plan' | 'stopped'> {
  /** None for a rollback: what it brings back has run before. */
  canary?: Canary;
  /** By function name, for those that the plan creates. */
  creations?: ReadonlyMap<string, FunctionCreation>;
  onPhase?: (phase: ReleasePhase, total: number) => void;
  /** A function has passed the running phase, well or not. */
  onStep?: (name: string) => void;
  /** Called once for each function, in the order of their ends. */
  onOutcome?: (outcome: FunctionOutcome) => void;
}

/** AWS takes seconds to finish an update: many wait at once while the rate alone decides how many begin. */
const FUNCTIONS_IN_FLIGHT = 100;

/** One run of apply. */
type Release = ApplyPorts & WriteSession;

/** One function on its way through the phases. */
interface Task {
  one: PlannedFunction;
  writes: FunctionWrites;
  /** Of $LATEST, at rest. */
  remote: RemoteFunction | null;
  version: string | null;
  isAliasMoved: boolean;
  pinned: string | null;
  outcome: FunctionOutcome | null;
}

/**
 * The outcome of every function of the plan, in its order. Never throws for what AWS answers.
 * The plan must have no error: what is missing and not to be created is skipped.
 */
export async function applyPlan(plan: Plan, ports: ApplyPorts): Promise<FunctionOutcome[]> {
  const session: Release = { ...ports, plan, stopped: null };
  const tasks = plan.functions.map((one): Task => {
    const writes = new FunctionWrites(one.name, session);
    const state = { remote: null, version: null, isAliasMoved: false, pinned: null, outcome: null };
    return { one, writes, ...state };
  });
  const canary = ports.canary && chooseCanary(plan.functions, ports.canary);
  for (const task of tasks) {
    const isIdle = !isChanged(task.one) && task.one !== canary;
    if (isIdle) end(task, withoutWrite(task.one), session);
  }
  const first = tasks.find(({ one }) => one === canary);
  const changed = tasks.filter(({ one }) => isChanged(one));
  await pinAll(changed, session);
  await changeAll(first, changed, session);
  if (plan.alias !== null) await releaseAll(changed, session);
  for (const task of changed.filter(isOpen)) end(task, good(task), session);
  return tasks.flatMap(({ outcome }) => outcome ?? []);
}

/** None is changed where one still follows $LATEST. */
async function pinAll(tasks: Task[], session: Release): Promise<void> {
  const following = tasks.filter(({ one }) => followsLatest(one, session.plan));
  if (following.length === 0) return;
  await phase('pin', following, pin, session);
  const left = following.find((task) => !isOpen(task));
  if (left) stop(session, `not tried, because the alias of ${left.one.name} still follows $LATEST`);
}

/** All code, the canary's first: if it fails, no other function has changed. */
async function changeAll(first: Task | undefined, tasks: Task[], session: Release): Promise<void> {
  const { canary } = session;
  if (canary && first && isOpen(first)) {
    session.onPhase?.('canary', 1);
    if (isChanged(first.one)) await attempt(change, first, session);
    if (isOpen(first)) await attempt((task) => check(task, canary, session), first, session);
    if (!isOpen(first)) stop(session, `not tried after the canary ${first.one.name} failed`);
    else if (!isChanged(first.one)) end(first, withoutWrite(first.one), session);
    else if (session.plan.alias === null) end(first, good(first), session);
    session.onStep?.(first.one.name);
  }
  const rest = tasks.filter((task) => task !== first && isOpen(task));
  // Reading alone is not a phase: nothing is reported as code if none is written.
  const isLook = rest.every(({ one }) => movesAliasOnly(one));
  if (rest.length > 0) await phase(isLook ? null : 'code', rest, change, session);
}

/** Callers of an alias notice nothing before this step, and must not get half a release either. */
async function releaseAll(tasks: Task[], session: Release): Promise<void> {
  if (isHalf(tasks)) return leaveAliases(tasks, session);
  const unpublished = tasks.filter(({ one, version }) => one.aliasTo === null && version === null);
  if (unpublished.length > 0) await phase('publish', unpublished, publish, session);
  if (isHalf(tasks)) return leaveAliases(tasks, session);
  if (tasks.length > 0) await phase('aliases', tasks.filter(isOpen), move, session);
}

type Work = (task: Task, session: Release) => Promise<void>;

async function phase(
  name: ReleasePhase | null,
  tasks: readonly Task[],
  work: Work,
  session: Release,
): Promise<void> {
  if (name !== null) session.onPhase?.(name, tasks.length);
  await forEachLimited(tasks, FUNCTIONS_IN_FLIGHT, async (task) => {
    await attempt(work, task, session);
    // Without an alias, a function is done when its code is.
    if (isOpen(task) && session.plan.alias === null) end(task, good(task), session);
    if (name !== null) session.onStep?.(task.one.name);
  });
}

/** A refusal ends the function's part, not the release. */
async function attempt(work: Work, task: Task, session: Release): Promise<void> {
  try {
    await work(task, session);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    end(task, { status: error.status, error: error.message }, session);
  }
}

async function change(task: Task, session: Release): Promise<void> {
  const { one, writes } = task;
  task.remote = await changeLatest(one, session.creations?.get(one.name), writes);
}

async function pin(task: Task): Promise<void> {
  const { one, version } = await pinAlias(task.one, task.writes);
  task.one = one;
  task.pinned = version;
}

async function publish(task: Task): Promise<void> {
  task.version = await publishVersion(task.one.package?.sha256 ?? '', task.writes);
}

async function move(task: Task, session: Release): Promise<void> {
  const version = task.one.aliasTo ?? task.version ?? '';
  await moveAlias(task.one, version, task.writes);
  task.version = version;
  task.isAliasMoved = true;
  end(task, good(task), session);
}

/** The version that callers are about to get, if there is one; what they have where nothing changes. */
async function check(task: Task, { event }: Canary, session: Release): Promise<void> {
  const { alias } = session.plan;
  if (alias !== null && isChanged(task.one)) await publish(task);
  if (event === null) return;
  const version = task.version ?? alias ?? undefined;
  const wrong = await invokeCanary(task.one.name, event, version, session);
  if (wrong !== null) throw new Refusal('failed', `its answer to the canary event is ${wrong}`);
}

function isHalf(tasks: readonly Task[]): boolean {
  return tasks.some((task) => !isOpen(task));
}

function leaveAliases(tasks: readonly Task[], session: Release): void {
  const error = `its alias ${session.plan.alias} was not moved, because other functions failed`;
  for (const task of tasks.filter(isOpen)) end(task, { status: 'skipped', error }, session);
}

function isOpen({ outcome }: Task): boolean {
  return outcome === null;
}

type Ending = Pick<FunctionOutcome, 'status' | 'error' | 'detail'>;

function withoutWrite({ status, detail }: PlannedFunction): Ending {
  if (status === 'unchanged') return { status, ...(detail === null ? {} : { detail }) };
  const reason = status === 'missing' ? 'does not exist' : (detail ?? 'does not fit');
  return { status: 'skipped', error: reason };
}

function good({ one, writes }: Task): Ending {
  if (one.creates) return { status: 'created' };
  return { status: writes.mayHaveLanded ? 'updated' : 'unchanged' };
}

function end(task: Task, ending: Ending, session: Release): void {
  const { one, version, pinned } = task;
  const { start } = task.writes;
  const seconds = start === null ? 0 : secondsSince(session.clock, start);
  const after = stateAfter(task, session.plan);
  task.outcome = {
    ...{ ...identityOf(one), ...ending, seconds },
    ...(version === null ? {} : { version }),
    ...(pinned === null ? {} : { pinned }),
    ...(after === undefined ? {} : { after }),
  };
  session.onOutcome?.(task.outcome);
}

/** What AWS has refused has changed nothing, and nothing was in its way. */
function isAsBefore({ one, writes }: Task): boolean {
  if (writes.start === null) return true;
  return one.status !== 'busy' && writes.unclear === 0 && !writes.mayHaveLanded;
}

/** Undefined if a write may have landed, ours or another's, and its outcome was not seen. */
function stateAfter(task: Task, plan: Plan): FunctionState | null | undefined {
  const { one, remote, version, isAliasMoved } = task;
  if (remote === null) return isAsBefore(task) ? one.before : undefined;
  const latest = stateOf({ ...remote, alias: null, version: undefined });
  if (latest === null) return undefined;
  const storageMode = remote.storageMode ?? one.storageMode;
  const alias = one.before?.alias ?? null;
  const isShifted = plan.aliasWeight !== null && alias !== null && one.aliasTo === null;
  if (plan.alias === null || version === null || !isAliasMoved || isShifted) {
    return { ...latest, storageMode, alias };
  }
  // An alias that goes back reaches what its version has, whatever $LATEST is.
  const codeSha256 = one.aliasTo === null ? latest.codeSha256 : one.aliasCode;
  return { ...latest, storageMode, alias: { name: plan.alias, version, codeSha256 } };
}

export interface Canary {
  /** Of a handler or a function; the first one that changes without it. */
  name: string | null;
  /** JSON that is sent to it once its code is there. */
  event: string | null;
  /**
   * Functions that a release which did not end well has left with this package: it may be theirs that failed.
   * Absent without records: then all that have it already while others do not.
   */
  unproven?: ReadonlySet<string>;
}

/**
 * The one that a name asks for, also where it has the package already, so that its answer is known. Without a
 * name the first one that changes, or was changed by the release that is gone on with: the same one again.
 */
function chooseCanary(
  functions: readonly PlannedFunction[],
  { name, event, unproven }: Canary,
): PlannedFunction | undefined {
  const isUnfinished = functions.some(isChanged);
  const named = functions.find((one) => one.handlerName === name || one.name === name);
  const canBeInvoked = ({ status }: PlannedFunction): boolean =>
    event !== null && status === 'unchanged';
  if (named && (isChanged(named) || canBeInvoked(named))) return named;
  return functions.find(
    (one) =>
      isChanged(one) || (canBeInvoked(one) && (unproven ? unproven.has(one.name) : isUnfinished)),
  );
}

/** What a canary answered wrong; null for a good answer. */
async function invokeCanary(
  name: string,
  event: string,
  version: string | undefined,
  session: WriteSession,
): Promise<string | null> {
  const answer = await withRetries(
    () => session.functions.invoke(name, event, version),
    session,
    // The function did not run; what may have run is not run twice: its event need not be harmless.
    ({ kind }) => kind === 'throttled' || kind === 'conflict',
  );
  if (!answer.ok) return describe(answer.failure);
  const { functionError, payload } = answer.value;
  if (functionError === undefined) return null;
  // An answer may have kilobytes of stack trace.
  const shown = payload.length > LONGEST ? `${payload.slice(0, LONGEST)}…` : payload;
  return `${functionError}: ${shown}`;
}

const LONGEST = 300;
