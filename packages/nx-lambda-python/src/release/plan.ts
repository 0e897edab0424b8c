/** Decides what a deploy would do: what the manifest wants against what AWS has, nothing else. */

import type { Architecture } from '../service/runtimes';
import type { RemoteFunction } from './function-service';
import type { DesiredFunction } from './functions';

/**
 * - unchanged: runs this package already
 * - update: runs another package
 * - missing: does not exist
 * - mismatch: cannot run this package as it is configured
 * - busy: an update is under way; deploy waits for it and looks again
 * - failed: its last update failed; deploy updates it again
 */
export type PlanStatus = 'unchanged' | 'update' | 'missing' | 'mismatch' | 'busy' | 'failed';

/** In the order of tables: what needs attention comes last, where the eye is. */
export const PLAN_STATUSES: readonly PlanStatus[] = [
  'unchanged',
  'update',
  'busy',
  'failed',
  'missing',
  'mismatch',
];

/** What every function shall run. */
export interface PlanTarget {
  runtime: string;
  architecture: Architecture;
  /** Its dependencies are in a layer, which the functions must have. */
  needsLayer: boolean;
  package: {
    /** Base64. */
    sha256: string;
    bucket: string;
    key: string;
    versionId: string | null;
  };
}

export interface PlannedFunction extends DesiredFunction {
  status: PlanStatus;
  /** Why, where the status alone does not say it. */
  detail: string | null;
}

/** What the package was built from, as far as git knows. */
export interface PlanSource {
  /** Full SHA. */
  commit: string;
  /** Whether the working copy differed from it. */
  dirty: boolean;
}

export interface Plan extends PlanTarget {
  service: string;
  stage: string | null;
  region: string;
  /** The accounts that the functions' ARNs name: one, none where no function exists yet. */
  accounts: string[];
  /** Null outside of git. */
  source: PlanSource | null;
  /** Sorted by name. */
  functions: PlannedFunction[];
}

export interface PlanInput {
  service: string;
  stage: string | null;
  region: string;
  target: PlanTarget;
  functions: readonly DesiredFunction[];
  /** By function name; null where AWS has none. */
  remote: ReadonlyMap<string, RemoteFunction | null>;
  source: PlanSource | null;
}

export function planDeploy(input: PlanInput): Plan {
  const { service, stage, region, target, functions, remote, source } = input;
  return {
    service,
    stage,
    region,
    accounts: accountsOf(remote.values()),
    source,
    ...target,
    functions: functions.map((one) => ({
      ...one,
      ...classify(one, remote.get(one.name) ?? null, target),
    })),
  };
}

/** One function's status, from its remote state alone. */
export function classify(
  desired: DesiredFunction,
  remote: RemoteFunction | null,
  target: PlanTarget,
): Pick<PlannedFunction, 'status' | 'detail'> {
  if (remote === null) return { status: 'missing', detail: null };
  const differences = mismatches(desired, remote, target);
  if (differences.length > 0) return { status: 'mismatch', detail: differences.join('; ') };
  if (isUnsettled(remote)) return { status: 'busy', detail: 'an update is in progress' };
  if (remote.lastUpdateStatus === 'Failed' || remote.state === 'Failed') {
    return { status: 'failed', detail: remote.lastUpdateStatusReason ?? 'its last update failed' };
  }
  const isSame = remote.codeSha256 === target.package.sha256;
  return { status: isSame ? 'unchanged' : 'update', detail: null };
}

/** AWS refuses writes until it has finished with the last one. */
export function isUnsettled({ state, lastUpdateStatus }: RemoteFunction): boolean {
  return lastUpdateStatus === 'InProgress' || state === 'Pending';
}

export function countPlan(functions: readonly PlannedFunction[]): Record<PlanStatus, number> {
  const counts = { unchanged: 0, update: 0, busy: 0, failed: 0, missing: 0, mismatch: 0 };
  for (const { status } of functions) counts[status] += 1;
  return counts;
}

function mismatches(
  desired: DesiredFunction,
  remote: RemoteFunction,
  target: PlanTarget,
): string[] {
  if (remote.packageType !== 'Zip') return [`package type is ${remote.packageType}, expected Zip`];
  const pairs = [
    ['runtime', remote.runtime, target.runtime],
    ['architecture', remote.architecture, target.architecture],
    ['handler', remote.handler, desired.handler],
  ] as const;
  const differences = pairs
    .filter(([, got, expected]) => got !== expected)
    .map(([what, got, expected]) => `${what} is ${got ?? 'not set'}, expected ${expected}`);
  const lacksLayer = target.needsLayer && remote.layers.length === 0;
  return lacksLayer ? [...differences, 'no layer, and the dependencies are in one'] : differences;
}

function accountsOf(remote: Iterable<RemoteFunction | null>): string[] {
  const accounts = new Set<string>();
  for (const one of remote) {
    // arn:aws:lambda:eu-west-1:111122223333:function:orders-refund
    const account = one?.arn.split(':')[4];
    if (account) accounts.add(account);
  }
  return [...accounts].sort();
}
