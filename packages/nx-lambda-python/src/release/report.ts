/** What a deploy did, as one value; every form of output is rendered from it. */

import type { FunctionOutcome, OutcomeStatus } from './outcome';
import type { Plan, PlanSource } from './plan';

export const REPORT_FILE = 'deploy-report.json';

/** `deploy-report.json`. */
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
  package: {
    /** Base64, as Lambda's `CodeSha256`. */
    sha256: string;
    bucket: string;
    key: string;
    versionId: string | null;
  };
  /** Sorted by name. */
  functions: FunctionOutcome[];
  counts: Record<OutcomeStatus, number>;
  /** The whole deploy. */
  seconds: number;
}

export function deployReport(
  plan: Plan,
  functions: readonly FunctionOutcome[],
  seconds: number,
): DeployReport {
  const counts = { updated: 0, unchanged: 0, skipped: 0, failed: 0 };
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
    functions: [...functions],
    counts,
    seconds,
  };
}

/** Skipped counts as failure only where something stopped the deploy, and then something failed, too. */
export function isSuccess({ counts }: DeployReport): boolean {
  return counts.failed === 0;
}
