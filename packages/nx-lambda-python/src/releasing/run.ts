/** One release from its lock to its report, for a deploy and a rollback alike: lock, plan, record, apply, report. */

import { LambdaPythonError } from '../errors';
import { releaseAuthor } from '../platform/git/author';
import { applyPlan, type ApplyPorts, type Canary } from '../release/apply/apply';
import { publishLayer, type LayerAccess } from '../release/apply/code-storage';
import type { FunctionCreation, FunctionService } from '../release/calls/function-service';
import { deployReport, isSuccess, type ReportCommands } from '../release/documents/deploy-report';
import { planSummary } from '../release/documents/plan-document';
import { secondsSince } from '../release/model/clock';
import type { FunctionOutcome } from '../release/model/function-state';
import type { Plan } from '../release/model/plan';
import { planError, type PlanRules } from '../release/plan/plan';
import type { FunctionReader } from '../release/plan/remote-states';
import { endedFunctions, hasChanges, type ReleaseRecord } from '../release/records/record';
import type { RecordAccess } from '../release/records/record-store';
import { guardedFunctions, lookAtLock, type LockView } from '../release/records/release-lock';
import {
  beginRelease,
  settleUnfinished,
  unprovenFunctions,
  type ReleaseSession,
} from '../release/records/release-session';
import type { OutputFormat } from '../report/render';
import {
  openAccess,
  type AccountAccess,
  type AccountNumber,
  type AccountRequest,
  type ReleaseScope,
} from './account';
import { openJournal, subjectOf, type Journal, type LockOptions } from './journal';
import {
  progressReporter,
  releaseOutput,
  showPlan,
  showReport,
  type ReleaseOutput,
} from './output';

/** What a deploy and a rollback are asked alike. */
export interface RunOptions {
  scope: ReleaseScope;
  account: AccountRequest;
  rules: PlanRules;
  pacing: { writesPerSecond: number; waitTimeoutSeconds: number };
  lock: LockOptions;
  output: {
    dryRun: boolean;
    format: OutputFormat;
    /** That of the package. */
    reportDirectory: string;
  };
}

/** What a deploy and a rollback do each in its own way. */
export interface ReleaseKind {
  /** `deploys to`, or `would deploy to` of a dry run */
  action: string;
  /** It cannot be planned without records: a dry run reads them, too. */
  readsRecords: boolean;
  /** Begins what needs no account; what it returns makes the plan, again whenever another release was faster. */
  prepare(access: AccountAccess): (desk: Desk) => Promise<PlannedRelease>;
}

/** What a plan is made from. */
export interface Desk {
  access: AccountAccess;
  account: AccountNumber;
  output: ReleaseOutput;
  /** Null if neither lock nor records are used. */
  records: { access: RecordAccess; view: LockView } | null;
}

export interface PlannedRelease {
  plan: Plan;
  /** `orders to 111122223333/eu-west-1` */
  title: string;
  canary?: Canary;
  creations?: ReadonlyMap<string, FunctionCreation>;
  /** The last word before the first write, or the end of a dry run. @throws what forbids it */
  check?: (dryRun: boolean) => Promise<void>;
  /** Undoes what a failed release has changed; the release stays failed without it. */
  undo?: (
    record: ReleaseRecord,
    outcomes: readonly FunctionOutcome[],
    functions: FunctionReader,
  ) => Promise<Undone>;
  /** What the report tells to type next. */
  commands(applied: Applied): Promise<ReportCommands>;
}

export interface Undone {
  /** Nothing of the release is left. */
  complete: boolean;
  /** Those of the release, which now say what became of each function. */
  outcomes: FunctionOutcome[];
}

export interface Applied {
  outcomes: FunctionOutcome[];
  /** A record of it exists that a rollback would undo. */
  isUndoable: boolean;
}

/** Times that another release may end between the look at its lock and the taking of it. */
const MAX_PLANS = 5;

/** Whether all is as it was asked for. @throws what forbids the release, before any write */
export async function runRelease(options: RunOptions, kind: ReleaseKind): Promise<boolean> {
  const { scope, account: request, lock, output: shown } = options;
  const output = releaseOutput(shown.format);
  const isRecorded = kind.readsRecords || (lock.records && !shown.dryRun);
  const author = isRecorded ? releaseAuthor(request.workspaceRoot) : null;
  const access = await openAccess(request, options.pacing.writesPerSecond);
  const start = access.policy.clock.now();
  try {
    const plan = kind.prepare(access);
    const account = await access.account;
    output.note(access.line(kind.action, scope, account.id));
    if (kind.readsRecords) await access.ensure();
    const journal =
      author && openJournal(await author, scope, request.destination, lock, account, access);
    const attempt = async (): Promise<boolean | null> => {
      // Looked at before the plan is made: what changes after this is noticed.
      const view = journal && (await lookAtLock(journal.access));
      const records = journal && view && { access: journal.access, view };
      const planned = await plan({ access, account, output, records });
      const run = { planned, options, access, output };
      const applied = await carryOut(run, journal && view && { journal, view });
      if (applied === null || typeof applied === 'boolean') return applied;
      const commands = await planned.commands(applied);
      const seconds = secondsSince(access.policy.clock, start);
      const report = deployReport(planned.plan, applied.outcomes, seconds, commands);
      showReport(report, shown, output);
      return isSuccess(report);
    };
    const subject = journal?.access.subject ?? subjectOf(scope);
    return await untilFirst(attempt, subject, output);
  } finally {
    output.end();
    await access.close();
  }
}

/**
 * A plan is good only as long as nobody else releases: if another was faster, it is made again.
 *
 * @param attempt plans and applies; null if another release was faster
 * @throws RELEASE_LOCKED
 */
export async function untilFirst<T>(
  attempt: () => Promise<T | null>,
  subject: string,
  output: Pick<ReleaseOutput, 'note'>,
): Promise<T> {
  for (let plans = 1; ; plans += 1) {
    const done = await attempt();
    if (done !== null) return done;
    if (plans === MAX_PLANS) break;
    output.note('another release was made meanwhile: planning again');
  }
  throw new LambdaPythonError('RELEASE_LOCKED', {
    message: `${subject} was released ${MAX_PLANS} times by others during planning; nothing was changed`,
    hint: 'look at `nx releases <service>`, then run the same command again; let CI queue the deploys of one service',
  });
}

interface Run {
  planned: PlannedRelease;
  options: RunOptions;
  access: AccountAccess;
  output: ReleaseOutput;
}

/** True after a dry run, null if another release was faster. */
async function carryOut(
  run: Run,
  locked: { journal: Journal; view: LockView } | null,
): Promise<Applied | true | null> {
  const { planned, options, access, output } = run;
  const { plan, title, check } = planned;
  const { dryRun, format } = options.output;
  const error = planError(plan, options.rules);
  if (dryRun || error) showPlan(plan, format, output);
  if (error) throw error;
  await check?.(dryRun);
  if (dryRun) return true;
  output.note(`${title}: ${planSummary(plan)}`);
  const ports = applyPorts(run);
  if (locked === null) {
    const ready = await withLayer(plan, access.layers);
    const outcomes = await applyPlan(ready, ports(access.functions.functions));
    return { outcomes, isUndoable: false };
  }
  const { journal, view } = locked;
  if (!hasChanges(plan)) return applyUnchanged(run, journal, view);
  const release = await beginRelease(view, journal.draft(plan), journal.access);
  if (release === null) return null;
  output.note(`release ${release.number}`);
  try {
    return await applyRecorded(run, release);
  } finally {
    await release.leave();
  }
}

/** Carries out the plan under the lock, and writes the end into the record. */
async function applyRecorded(run: Run, release: ReleaseSession): Promise<Applied> {
  const { planned, access, output } = run;
  const { record, lock } = release;
  const endedBy = (outcomes: readonly FunctionOutcome[]) =>
    endedFunctions(record.functions, outcomes);
  const functions = guardedFunctions(access.functions.functions, lock);
  const ready = await withLayer(planned.plan, access.layers).catch(async (error: unknown) => {
    await release.end('failed', endedBy([]));
    throw error;
  });
  const unproven = unprovenFunctions(record.functions);
  const outcomes = await applyPlan(ready, applyPorts(run)(functions, unproven));
  const isGood = isWell(outcomes);
  const ended = { ...record, functions: endedBy(outcomes) };
  // The release's own rate lets every write through once it was stopped.
  const undoing = { ...access.functions, functions, writes: access.writesAgain() };
  const back = isGood ? undefined : await planned.undo?.(ended, outcomes, undoing);
  if (back) output.note(back.complete ? 'rolled back' : 'not everything could be rolled back');
  const status = isGood ? 'succeeded' : back?.complete ? 'rolled-back' : 'failed';
  const final = back?.outcomes ?? outcomes;
  for (const line of await release.end(status, endedBy(final))) output.note(`warning: ${line}`);
  // A release that was rolled back is skipped by a rollback: it would undo the one before.
  return { outcomes: final, isUndoable: status !== 'rolled-back' };
}

/**
 * Every function is as planned already. If it is so by a release whose end nobody has written, that one ended
 * well only if its canary, invoked again, answers well.
 */
async function applyUnchanged(run: Run, journal: Journal, view: LockView): Promise<Applied> {
  const { planned, access, output } = run;
  const ports = applyPorts(run);
  const { functions } = access.functions;
  let tried: FunctionOutcome[] | null = null;
  const draft = journal.draft(planned.plan);
  const settled = await settleUnfinished(view, draft, journal.access, async (record) => {
    const unproven = unprovenFunctions(record.functions);
    tried = await applyPlan(planned.plan, ports(functions, unproven));
    return isWell(tried);
  });
  if (settled !== null) output.note(`release ${settled} had been cut off; it is complete now`);
  const outcomes: FunctionOutcome[] | null = tried;
  if (outcomes !== null) return { outcomes, isUndoable: !isWell(outcomes) };
  return { outcomes: await applyPlan(planned.plan, ports(functions)), isUndoable: false };
}

/** What a rollback brings back has its layers published. */
async function withLayer(plan: Plan, layers: LayerAccess): Promise<Plan> {
  return plan.kind === 'deploy' ? publishLayer(plan, layers) : plan;
}

function isWell(outcomes: readonly FunctionOutcome[]): boolean {
  return outcomes.every(({ status }) => status !== 'failed');
}

/** What applying speaks through, and the progress that it shows. */
function applyPorts({ planned, options, access, output }: Run) {
  const progress = progressReporter(planned.plan, output);
  return (functions: FunctionService, unproven?: ReadonlySet<string>): ApplyPorts => ({
    ...access.policy,
    functions,
    reads: access.functions.reads,
    writes: access.functions.writes,
    waitTimeoutSeconds: options.pacing.waitTimeoutSeconds,
    ...(planned.canary && { canary: { ...planned.canary, ...(unproven && { unproven }) } }),
    creations: planned.creations,
    onPhase: progress.phase,
    onStep: progress.step,
    onOutcome: progress.outcome,
  });
}
