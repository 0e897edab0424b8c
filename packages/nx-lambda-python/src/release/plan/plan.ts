/** Decides what a deploy would do: what the manifest wants against what AWS has, nothing else. */

import type { DesiredFunction } from '../model/function-state';
import { LambdaPythonError } from '../../errors';
import { listed } from '../../report/text';
import {
  placeOf,
  SAME_CODE,
  type FunctionGoal,
  type DeployPlan,
  type Plan,
  type PlannedFunction,
  type PlanStatus,
  type PlanTarget,
} from '../model/plan';
import {
  accountsOf,
  isUnsettled,
  stateOf,
  unsupported,
  type RemoteFunction,
} from '../model/remote-function';
import { detaching, isAliasRight, nextStep, whereIs } from './next-step';
import type { SameCode } from './same-code';

interface PlanInput extends Pick<DeployPlan, 'service' | 'stage' | 'region' | 'source'> {
  target: PlanTarget;
  functions: readonly (DesiredFunction & Pick<PlannedFunction, 'namedBy'>)[];
  /** By function name; null where AWS has none. */
  remote: ReadonlyMap<string, RemoteFunction | null>;
  /** That of the credentials, where AWS has told it. */
  account?: string;
  /** Names of missing functions that can be created. */
  creatable?: ReadonlySet<string>;
  /** Name of the layer that an earlier package may have left; without one in the target it goes. */
  layerName?: string;
  /** Whether changed settings of $LATEST alone are a reason to publish a version. */
  publish?: boolean;
  /** Which functions may keep the package that they run; none without it. */
  sameCode?: SameCode;
}

export function planDeploy(input: PlanInput): DeployPlan {
  const { service, stage, region, target, functions, remote } = input;
  const { source, account, creatable, layerName, publish = false, sameCode } = input;
  const accounts = accountsOf(remote.values());
  const common: FunctionGoal = {
    package: target.package,
    storageMode: target.storageMode,
    layers: target.layer ? { kind: 'attach', arn: target.layer.arn } : { kind: 'keep' },
  };
  return {
    kind: 'deploy',
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
      const judge = (goal: FunctionGoal): FunctionGoal & Judgement => {
        const judged = classify({ ...one, ...goal, aliasTo: null }, found, target);
        const settings = { alias: target.alias, publish };
        return { ...goal, ...withSettings(withKind(judged, found, target), found, settings) };
      };
      const goal = left ? { ...common, layers: left } : common;
      const same = found && (sameCode?.(one.handler, found) ?? null);
      const kept = same && judge({ ...goal, package: same });
      // One that has to be written to anyway gets the new package.
      const { status, detail, ...wanted } =
        kept?.status === 'unchanged' ? { ...kept, detail: kept.detail ?? SAME_CODE } : judge(goal);
      return {
        ...one,
        ...wanted,
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

export type Judgement = Pick<PlannedFunction, 'status' | 'detail'>;

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
    detail: `callers of alias ${alias} do not get the settings of $LATEST: ${names} (--publish makes them live)`,
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
): Judgement {
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

function mismatches(wanted: DesiredFunction, remote: RemoteFunction, expected: Expected): string[] {
  if (remote.packageType !== 'Zip') return [`package type is ${remote.packageType}, expected Zip`];
  const pairs = [
    ['runtime', remote.runtime, expected.runtime],
    ['architecture', remote.architecture, expected.architecture],
    // Python's runtime reads both alike.
    ['handler', remote.handler?.replaceAll('/', '.'), wanted.handler],
  ] as const;
  return pairs
    .filter(([, got, want]) => got !== want)
    .map(([what, got, want]) => `${what} is ${got ?? 'not set'}, expected ${want}`);
}

export interface PlanRules {
  missing: 'error' | 'skip' | 'create';
  /** The only account that may be changed; any without it. */
  accountId?: string;
  /** The hint for a function that does not fit, if there is a better one than to change it in AWS. */
  mismatchHint?: string;
}

/** The worst thing first: another account, then functions that do not fit, then missing ones. */
export function planError(plan: Plan, rules: PlanRules): LambdaPythonError | null {
  return accountError(plan, rules) ?? mismatchError(plan, rules) ?? missingError(plan, rules);
}

function accountError(plan: Plan, { accountId }: PlanRules): LambdaPythonError | null {
  if (accountId === undefined) return null;
  if (plan.accounts.length === 0 && plan.functions.some(({ creates }) => creates)) {
    return new LambdaPythonError('ACCOUNT_UNKNOWN', {
      message: `neither a function nor STS names the account, expected ${accountId}; nothing was changed`,
      hint: 'allow access to STS in this region (AWS_ENDPOINT_URL_STS sets another endpoint): functions are created only once the account is known',
    });
  }
  return otherAccount(plan.accounts, accountId, 'changed');
}

/** Null where all functions are in the account that is expected. */
export function otherAccount(
  accounts: readonly string[],
  accountId: string | undefined,
  done: 'changed' | 'deleted',
): LambdaPythonError | null {
  const others = accounts.filter((account) => account !== accountId);
  if (accountId === undefined || others.length === 0) return null;
  return new LambdaPythonError('FUNCTION_MISMATCH', {
    message: `the functions are in account ${others.join(', ')}, expected ${accountId}; nothing was ${done}`,
    hint: `use credentials of ${accountId} (--profile), or correct \`accountId\``,
  });
}

function mismatchError(plan: Plan, { mismatchHint }: PlanRules): LambdaPythonError | null {
  const wrong = withStatus(plan, 'mismatch');
  if (wrong.length === 0) return null;
  const list = listed(wrong.map(({ name, detail }) => `${name} (${detail})`));
  return new LambdaPythonError('FUNCTION_MISMATCH', {
    message: `${wrong.length} of ${plan.functions.length} functions in ${placeOf(plan)} cannot run this package: ${list}; nothing was changed`,
    hint:
      mismatchHint ??
      'change the function where it is defined, or the marker in pyproject.toml, then build again; `--only` leaves functions out',
  });
}

function missingError(plan: Plan, { missing }: PlanRules): LambdaPythonError | null {
  const absent = withStatus(plan, 'missing').filter(({ creates }) => !creates);
  if (absent.length === 0 || missing === 'skip') return null;
  const names = listed(absent.map(({ name }) => name));
  const verb = absent.length === 1 ? 'does' : 'do';
  return new LambdaPythonError('FUNCTION_MISSING', {
    message: `${absent.length} of ${plan.functions.length} functions ${verb} not exist in ${placeOf(plan)}: ${names}; nothing was changed`,
    hint: 'create them, correct `functionName`, or run with --missing=skip, or --missing=create',
  });
}

function withStatus(plan: Plan, status: PlanStatus): PlannedFunction[] {
  return plan.functions.filter((one) => one.status === status);
}
