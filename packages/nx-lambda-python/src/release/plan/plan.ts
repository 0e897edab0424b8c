/** Decides what a deploy would do: what the manifest wants against what AWS has, nothing else. */

import type { Architecture } from '../../service/runtimes';
import { isAliasRight, whereIs } from './alias-goal';
import { unsupported } from '../model/function-kind';
import type { RemoteFunction } from '../calls/function-service';
import type { FunctionState, PackageReference, StorageMode } from '../model/function-state';
import type { DesiredFunction } from './functions';
import { detaching, nextStep, type FunctionGoal } from './next-step';

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
  package: PackageReference;
  storageMode: StorageMode;
  /** Versions are published and this alias is moved to them; null changes $LATEST alone. */
  alias: string | null;
  /** Share of the alias' calls that the new version gets, where not all. */
  aliasWeight: number | null;
  /** The dependencies, where they are in a layer. */
  layer: PlannedLayer | null;
}

export interface PlannedLayer {
  name: string;
  /** Of the version that has this content; null until it is published. */
  arn: string | null;
  package: PackageReference;
}

export interface PlannedFunction extends DesiredFunction, FunctionGoal {
  status: PlanStatus;
  /** Why, where the status alone does not say it. */
  detail: string | null;
  /** Null where it does not exist. */
  before: FunctionState | null;
  /** Of the state that the plan was made from. */
  revisionId: string | null;
  /** As it was there; new code keeps it. */
  sourceKmsKeyArn?: string | null;
  /** The version that its alias shall point to; null: the one that is published. */
  aliasTo: string | null;
  /** Base64: the code of that version. */
  aliasCode: string | null;
  /** It is missing, and will be created. */
  creates: boolean;
}

/** What the package was built from, as far as git knows. */
export interface PlanSource {
  /** Full SHA. */
  commit: string;
  /** Whether the working copy differed from it. */
  dirty: boolean;
}

export interface Plan extends Omit<PlanTarget, 'package'> {
  service: string;
  stage: string | null;
  region: string;
  /** The accounts that the functions' ARNs name; that of the credentials where no function exists yet. */
  accounts: string[];
  /** Null outside of git. */
  source: PlanSource | null;
  /** Null where functions get packages of their own. */
  package: PackageReference | null;
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
  /** That of the credentials, where AWS has told it. */
  account?: string;
  /** Names of missing functions that can be created. */
  creatable?: ReadonlySet<string>;
  /** Name of the layer that an earlier package may have left; without one in the target it goes. */
  layerName?: string;
  /** Whether changed settings of $LATEST alone are a reason to publish a version. */
  publish?: boolean;
}

export function planDeploy(input: PlanInput): Plan {
  const { service, stage, region, target, functions, remote } = input;
  const { source, account, creatable, layerName, publish } = input;
  const accounts = accountsOf(remote.values());
  const common: FunctionGoal = {
    package: target.package,
    storageMode: target.storageMode,
    layers: target.layer ? { kind: 'attach', arn: target.layer.arn } : { kind: 'keep' },
  };
  return {
    service,
    stage,
    region,
    accounts: accounts.length === 0 && account !== undefined ? [account] : accounts,
    source,
    ...target,
    functions: functions.map((one) => {
      const found = remote.get(one.name) ?? null;
      const creates = found === null && (creatable?.has(one.name) ?? false);
      const left = found && !target.layer && layerName ? detaching(layerName, found) : null;
      const goal = left ? { ...common, layers: left } : common;
      const { status, detail } = withSettings(
        withKind(classify({ ...one, ...goal, aliasTo: null }, found, target), found, target),
        found,
        { alias: target.alias, publish: publish ?? false },
      );
      return {
        ...one,
        ...goal,
        status,
        detail: creates ? 'will be created' : detail,
        before: stateOf(found),
        revisionId: found?.version === undefined ? (found?.revisionId ?? null) : null,
        sourceKmsKeyArn: found?.sourceKmsKeyArn,
        aliasTo: null,
        aliasCode: null,
        creates,
      };
    }),
  };
}

type Judgement = Pick<PlannedFunction, 'status' | 'detail'>;

/** A function of a kind that this release can't be right for. */
function withKind(
  judged: Judgement,
  remote: RemoteFunction | null,
  { alias }: Pick<PlanTarget, 'alias'>,
): Judgement {
  const reason = remote && unsupported(remote, alias, true);
  if (reason === null) return judged;
  const others = judged.status === 'mismatch' && judged.detail !== null ? [judged.detail] : [];
  return { status: 'mismatch', detail: [...others, reason].join('; ') };
}

/** What is set on $LATEST reaches callers of an alias only by a version. */
function withSettings(
  judged: Judgement,
  remote: RemoteFunction | null,
  { alias, publish }: Pick<PlanTarget, 'alias'> & { publish: boolean },
): Judgement {
  const { unpublished = [] } = remote ?? {};
  if (judged.status !== 'unchanged' || alias === null || unpublished.length === 0) return judged;
  const names = unpublished.join(', ');
  if (publish) return { status: 'update', detail: `settings: ${names}` };
  return {
    status: 'unchanged',
    detail: `callers of alias ${alias} do not get what $LATEST has set: ${names} (--publish makes it live)`,
  };
}

/** What a function's status is judged by. */
export type Wanted = DesiredFunction & FunctionGoal & Pick<PlannedFunction, 'aliasTo'>;
export type Expected = Pick<PlanTarget, 'runtime' | 'architecture' | 'alias' | 'aliasWeight'>;

/** One function's status, from its remote state alone. */
export function classify(
  wanted: Wanted,
  remote: RemoteFunction | null,
  expected: Expected,
): Pick<PlannedFunction, 'status' | 'detail'> {
  if (remote === null) return { status: 'missing', detail: null };
  const differences = mismatches(wanted, remote, expected);
  if (differences.length > 0) return { status: 'mismatch', detail: differences.join('; ') };
  if (isUnsettled(remote)) return { status: 'busy', detail: 'an update is in progress' };
  if (remote.lastUpdateStatus === 'Failed' || remote.state === 'Failed') {
    return { status: 'failed', detail: remote.lastUpdateStatusReason ?? 'its last update failed' };
  }
  const reasons = reasonsToUpdate(wanted, remote, expected);
  if (reasons === null) return { status: 'unchanged', detail: null };
  return { status: 'update', detail: reasons === '' ? null : reasons };
}

/** Null where nothing is to be done; empty where only the package is another. */
function reasonsToUpdate(
  wanted: Wanted,
  remote: RemoteFunction,
  { alias, aliasWeight }: Expected,
): string | null {
  const { layers } = wanted;
  const goes =
    layers.kind === 'detach' ? `without the layer ${layers.layer.split(':').at(-1)}` : null;
  const step = nextStep(wanted, remote);
  if (step.kind === 'layers') return goes ?? 'layers';
  if (step.kind === 'code') {
    if (goes !== null) return goes;
    return remote.codeSha256 === wanted.package?.sha256 ? `storage mode ${wanted.storageMode}` : '';
  }
  if (alias === null || isAliasRight(wanted, remote, aliasWeight)) return null;
  return `alias ${alias} ${whereIs(remote.alias)}`;
}

/** What a record keeps of a function. */
export function stateOf(remote: RemoteFunction | null): FunctionState | null {
  if (remote === null) return null;
  const { alias } = remote;
  return {
    codeSha256: remote.codeSha256 ?? null,
    storageMode: remote.storageMode ?? 'COPY',
    layers: [...remote.layers],
    alias: alias
      ? { name: alias.name, version: alias.version, codeSha256: alias.codeSha256 }
      : null,
  };
}

/** Whether a function is written to. */
export function isChanged({
  status,
  creates,
}: Pick<PlannedFunction, 'status' | 'creates'>): boolean {
  return creates || status === 'update' || status === 'busy' || status === 'failed';
}

/** Its code and layers stay as they are. */
export function movesAliasOnly({
  package: source,
  layers,
}: Pick<PlannedFunction, 'package' | 'layers'>): boolean {
  return source === null && layers.kind === 'keep';
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

function mismatches(wanted: DesiredFunction, remote: RemoteFunction, expected: Expected): string[] {
  if (remote.packageType !== 'Zip') return [`package type is ${remote.packageType}, expected Zip`];
  const pairs = [
    ['runtime', remote.runtime, expected.runtime],
    ['architecture', remote.architecture, expected.architecture],
    ['handler', remote.handler, wanted.handler],
  ] as const;
  return pairs
    .filter(([, got, want]) => got !== want)
    .map(([what, got, want]) => `${what} is ${got ?? 'not set'}, expected ${want}`);
}

export function accountsOf(remote: Iterable<RemoteFunction | null>): string[] {
  const accounts = new Set<string>();
  for (const one of remote) {
    // arn:aws:lambda:eu-west-1:111122223333:function:orders-refund
    const account = one?.arn.split(':')[4];
    if (account) accounts.add(account);
  }
  return [...accounts].sort();
}
