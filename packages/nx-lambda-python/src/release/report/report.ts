/** What a deploy did, as one value; every form of output is rendered from it. */

import type { PackageReference } from '../model/function-state';
import { isLeftChanged, liveGroups, type LiveGroup } from '../plan/live-state';
import type { FunctionOutcome, OutcomeStatus } from '../model/outcome';
import type { Plan, PlanSource } from '../plan/plan';

export const REPORT_FILE = 'deploy-report.json';

/** `deploy-report.json`, of the last deploy or rollback. */
export interface DeployReport {
  /** Raised when fields are added or their meaning changes: with 2 functions have `pinned` and `detail`. */
  format: 2;
  service: string;
  stage: string | null;
  region: string;
  account: string | null;
  /** The commit that was deployed; null outside of git. */
  source: PlanSource | null;
  runtime: string;
  architecture: string;
  /** Null where functions got packages of their own, as in a rollback. */
  package: PackageReference | null;
  /** The alias that callers use; null where $LATEST itself was changed. */
  alias: string | null;
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
  const counts = { created: 0, updated: 0, unchanged: 0, skipped: 0, failed: 0 };
  for (const { status } of functions) counts[status] += 1;
  return {
    format: 2,
    service: plan.service,
    stage: plan.stage,
    region: plan.region,
    account: plan.accounts[0] ?? null,
    source: plan.source,
    runtime: plan.runtime,
    architecture: plan.architecture,
    package: plan.package,
    alias: plan.alias,
    functions: [...functions],
    counts,
    live: liveGroups(plan, functions),
    next: counts.failed === 0 ? [] : nextSteps(plan, functions, commands),
    seconds,
  };
}

/** Skipped counts as failure only where something stopped the deploy, and then something failed, too. */
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
      ? `correct what failed, then choose with \`--to\` ${releases === undefined ? 'an earlier release' : `what \`${releases}\` lists`}`
      : `correct what failed, then \`${again}\`: it goes on with what is left`;
  const back = `or \`${rollback}\`: what has changed goes back to what ran before`;
  return isLeft && rollback !== null ? [onward, back] : [onward];
}
