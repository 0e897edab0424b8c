/** What a deploy did, as one value, and that value as table, JSON and Markdown. */

import { reasonSections, type Document, type Section } from '../../report/document';
import { renderDocument, type OutputFormat } from '../../report/render';
import { countStatuses, renderJson, seconds, shortSha, summarize } from '../../report/text';
import type { FunctionOutcome, FunctionState, OutcomeStatus } from '../model/function-state';
import {
  isChanged,
  releaseFacts,
  type Plan,
  type PlannedFunction,
  type ReleaseFacts,
} from '../model/plan';
import { commitLine, packageFacts, unchangedSections } from './plan-document';

export const REPORT_FILE = 'deploy-report.json';

/** `deploy-report.json`, of the last deploy or rollback. */
export interface DeployReport extends ReleaseFacts {
  /** Raised when fields are added or their meaning changes: with 2 functions have `pinned` and `detail`. */
  format: 2;
  /** Sorted by name. */
  functions: FunctionOutcome[];
  counts: Record<OutcomeStatus, number>;
  /** What runs now, and where. */
  live: LiveGroup[];
  /** What to type next; empty after a success. */
  next: string[];
  /** The whole deploy. */
  seconds: number;
}

/** The commands that a report may name. */
export interface ReportCommands {
  /** Goes on with what is left: `nx deploy orders -c production`; null where no one command does. */
  again: string | null;
  /** `nx rollback orders -c production`; none after a rollback, and none where no record is left to undo. */
  rollback?: string | null;
  /** `nx releases orders -c production`: where to choose from, after a rollback that no command goes on with. */
  releases?: string;
}

export function deployReport(
  plan: Plan,
  functions: readonly FunctionOutcome[],
  seconds: number,
  commands: ReportCommands,
): DeployReport {
  const counts = countStatuses(functions, ORDER);
  return {
    format: 2,
    ...releaseFacts(plan),
    functions: [...functions],
    counts,
    live: liveGroups(plan, functions),
    next: counts.failed === 0 ? [] : nextSteps(plan, functions, commands),
    seconds,
  };
}

/** Skipped functions are not a failure of their own: what stopped the deploy is counted as failed. */
export function isSuccess({ counts }: DeployReport): boolean {
  return counts.failed === 0;
}

/** After a failure: on with it, or back. */
function nextSteps(
  plan: Plan,
  functions: readonly FunctionOutcome[],
  { again, rollback = null, releases }: ReportCommands,
): string[] {
  const planned = new Map(plan.functions.map((one) => [one.name, one]));
  const isLeft = functions.some((one) => isLeftChanged(one, planned.get(one.name), plan));
  const onward =
    again === null
      ? `fix what failed, then choose with \`--to\` ${releases === undefined ? 'an earlier release' : `what \`${releases}\` lists`}`
      : `fix what failed, then \`${again}\`: it continues with what is left`;
  const back = `or \`${rollback}\`: changed functions go back to what they ran before`;
  return isLeft && rollback !== null ? [onward, back] : [onward];
}

/**
 * - package: the one that was to be deployed
 * - before: what it ran before; the deploy did not touch it, also since its code is the same, or brought it back
 * - unknown: a write failed and the function was not seen at rest since
 * - absent: does not exist
 */
type LiveKind = 'package' | 'before' | 'unknown' | 'absent';

/** Functions that run the same. */
interface LiveGroup {
  kind: LiveKind;
  /** Base64; null if unknown. */
  codeSha256: string | null;
  functions: string[];
}

const KINDS: readonly LiveKind[] = ['package', 'before', 'unknown', 'absent'];

/** In the order of kinds, then of the largest group. */
function liveGroups(plan: Plan, outcomes: readonly FunctionOutcome[]): LiveGroup[] {
  const planned = new Map(plan.functions.map((one) => [one.name, one]));
  const groups = new Map<string, LiveGroup>();
  for (const outcome of outcomes) {
    const { kind, codeSha256 } = liveState(outcome, planned.get(outcome.name), plan);
    const key = `${kind} ${codeSha256}`;
    const group = groups.get(key) ?? { kind, codeSha256, functions: [] };
    group.functions.push(outcome.name);
    groups.set(key, group);
  }
  return [...groups.values()].sort(
    (a, b) =>
      KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || b.functions.length - a.functions.length,
  );
}

function liveState(
  { status, after }: FunctionOutcome,
  planned: PlannedFunction | undefined,
  plan: Plan,
): Pick<LiveGroup, 'kind' | 'codeSha256'> {
  if (after === null || (planned?.status === 'missing' && status === 'skipped')) {
    return { kind: 'absent', codeSha256: null };
  }
  if (after === undefined) return { kind: 'unknown', codeSha256: null };
  const code = codeOf(after, plan);
  const goal = planned?.aliasCode ?? planned?.package?.sha256 ?? null;
  const isGood = status === 'created' || status === 'updated' || status === 'unchanged';
  const isKept = plan.package !== null && goal !== null && goal !== plan.package.sha256;
  if (code !== null && code === goal) {
    return { kind: isKept ? 'before' : 'package', codeSha256: code };
  }
  return { kind: isGood ? 'package' : 'before', codeSha256: code };
}

/**
 * Whether callers get something different from before, or may: what a rollback brings back.
 * A function that was created has nothing to go back to.
 */
function isLeftChanged(
  { status, after }: FunctionOutcome,
  planned: PlannedFunction | undefined,
  plan: Plan,
): boolean {
  if (planned === undefined || planned.before === null) return false;
  // A canary that has the package by an earlier release, which did not end well.
  if (!isChanged(planned)) return status === 'failed';
  if (status === 'updated') return true;
  // With an alias, a write to $LATEST changes nothing for callers, whatever its end.
  if (after === undefined) return plan.alias === null;
  return codeOf(after, plan) !== codeOf(planned.before, plan);
}

/** What callers reach: through the alias, where the service has one. */
function codeOf(state: FunctionState | null, { alias }: Plan): string | null {
  return (alias === null ? state?.codeSha256 : state?.alias?.codeSha256) ?? null;
}

/** What failed comes last, where the eye is. */
const ORDER: readonly OutcomeStatus[] = ['unchanged', 'created', 'updated', 'skipped', 'failed'];
const NEEDS_REASON: readonly OutcomeStatus[] = ['skipped', 'failed'];

/** A function is slow if it takes longer than both: when all are slow, none stands out. */
const SLOW_SECONDS = 5;
const SLOW_FACTOR = 3;
const MAX_SLOW = 10;

/** Functions that a line about what is live names; beyond it they are a count. */
const MAX_NAMED = 3;

export function reportDocument(report: DeployReport): Document {
  const place = [report.account, report.region].filter(Boolean).join('/');
  const isComplete = report.counts.failed === 0 && report.counts.skipped === 0;
  return {
    title: `${report.package === null ? 'Rollback' : 'Deploy'}: ${report.service} to ${place}`,
    facts: packageFacts(report),
    sections: [...ORDER.slice(0, 3), 'slow' as const, ...ORDER.slice(3)].flatMap((status) =>
      status === 'slow' ? slowSection(report) : sectionsOf(status, report),
    ),
    live: isComplete ? [] : report.live.map((group) => liveLine(group, report)),
    summary: `${summarize(report.counts, ORDER)} in ${seconds(report.seconds)}`,
    next: report.next,
  };
}

function sectionsOf(status: OutcomeStatus, { functions }: DeployReport): Section[] {
  const those = functions.filter((one) => one.status === status);
  if (NEEDS_REASON.includes(status)) {
    return reasonSections(
      status,
      those.map(({ name, error }) => ({ name, reason: error ?? 'no reason given' })),
    );
  }
  return unchangedSections(status, those, {
    head: ['function', 'handler', 'version', 'time'],
    row: (one) => [
      one.name,
      one.handlerName,
      one.version ?? '',
      one.seconds > 0 ? seconds(one.seconds) : '',
    ],
    name: ({ name, version }) => (version === undefined ? name : `${name}:${version}`),
  });
}

/** Slowest first. */
function slowSection({ functions }: DeployReport): Section[] {
  const timed = functions.filter((one) => one.seconds > 0).sort((a, b) => b.seconds - a.seconds);
  const median = timed[timed.length >> 1]?.seconds ?? 0;
  const slow = timed.filter((one) => one.seconds > Math.max(SLOW_SECONDS, SLOW_FACTOR * median));
  if (slow.length === 0) return [];
  return [
    {
      title: `slow (${slow.length})`,
      head: ['function', 'time'],
      rows: slow.slice(0, MAX_SLOW).map((one) => [one.name, seconds(one.seconds)]),
    },
  ];
}

function liveLine(group: LiveGroup, report: DeployReport): string {
  const { functions, kind, codeSha256 } = group;
  const what =
    functions.length <= MAX_NAMED ? functions.join(', ') : `${functions.length} functions`;
  const [runs, stays] = functions.length === 1 ? ['runs', 'does'] : ['run', 'do'];
  const code = codeSha256 === null ? 'the same code' : `package ${shortSha(codeSha256)}`;
  switch (kind) {
    case 'package': {
      const commit = report.source === null ? '' : ` of commit ${commitLine(report.source)}`;
      return `${what} ${runs} ${code}${commit}`;
    }
    case 'before':
      return `${what} ${runs} ${code}, as before`;
    case 'unknown':
      return `${what}: unknown until AWS is asked again: a write was not answered, or its outcome was not seen`;
    case 'absent':
      return `${what} ${stays} not exist`;
  }
}

export function renderReport(report: DeployReport, format: OutputFormat): string {
  return format === 'json' ? renderJson(report) : renderDocument(reportDocument(report), format);
}
