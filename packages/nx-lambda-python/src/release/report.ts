/** What a deploy did, as one value; every form of output is rendered from it. */

import type { PackageReference } from './function-state';
import { liveGroups, type LiveGroup } from './live-state';
import type { FunctionOutcome, OutcomeStatus } from './outcome';
import type { Plan, PlanSource } from './plan';

export const REPORT_FILE = 'deploy-report.json';

/** `deploy-report.json`, of the last deploy or rollback. */
export interface DeployReport {
  /** Raised whenever the meaning of a field changes. */
  format: 1;
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
  /** `nx deploy orders -c production` */
  deploy: string;
  /** `nx rollback orders -c production`; none after a rollback, and none without records. */
  rollback?: string;
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
    format: 1,
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
    next: nextSteps(counts, commands),
    seconds,
  };
}

/** Skipped counts as failure only where something stopped the deploy, and then something failed, too. */
export function isSuccess({ counts }: DeployReport): boolean {
  return counts.failed === 0;
}

function nextSteps(
  counts: Record<OutcomeStatus, number>,
  { deploy, rollback }: ReportCommands,
): string[] {
  if (counts.failed === 0) return [];
  return [
    `correct what failed, then \`${deploy}\`: it goes on with what is left`,
    ...(rollback === undefined ? [] : [`or \`${rollback}\`: all as it was before`]),
  ];
}
