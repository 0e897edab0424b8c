/** A rollback as a plan like any other: what functions run now against what records say they ran. */

import { LambdaPythonError } from '../../errors';
import type { Architecture } from '../../service/runtimes';
import type { BackPlan, PlannedFunction } from '../model/plan';
import { accountsOf, stateOf, unsupported, type RemoteFunction } from '../model/remote-function';
import { isAliasRight, whereIs } from '../plan/next-step';
import { classify, type Judgement, type Wanted } from '../plan/plan';
import type { PackageOrigin, RollbackFunction, RollbackTarget } from './rollback-target';
import { identityOf, type PackageReference } from '../model/function-state';
import { listed, shortSha } from '../../report/text';

interface RollbackInput {
  target: RollbackTarget;
  region: string;
  /** By function name; null where AWS has none. */
  remote: ReadonlyMap<string, RemoteFunction | null>;
  /** By function name, what `neededVersions` asks for; null where it no longer exists. */
  versions: ReadonlyMap<string, RemoteFunction | null>;
  /** By digest, those of `neededPackages` that are in the bucket. */
  packages: ReadonlyMap<string, PackageReference>;
  /** By digest, what packages were built for; that of the release where no record says it. */
  origins: ReadonlyMap<string, PackageOrigin>;
}

type State = Pick<RollbackInput, 'target' | 'remote'>;

/** Digests of the packages that functions must get again; none of those that only an alias is moved for. */
export function neededPackages({ target, remote }: State): string[] {
  const needed = target.functions.flatMap((one) =>
    getsCode(one, remote.get(one.name)) ? (one.code ?? []) : [],
  );
  return [...new Set(needed)].sort();
}

/** Function and version of each alias that does not point there already. */
export function neededVersions({ target, remote }: State): [name: string, version: string][] {
  return target.functions.flatMap(({ name, version }): [string, string][] => {
    const found = remote.get(name);
    return version === null || !found || found.alias?.version === version ? [] : [[name, version]];
  });
}

/** @throws ROLLBACK_IMPOSSIBLE naming each function that cannot be brought back, and why */
export function planRollback(input: RollbackInput): BackPlan {
  const { target, region, remote } = input;
  const { record, functions, alias } = target;
  const obstacles = functions.flatMap((one) => {
    const reason = obstacle(one, input);
    return reason === null ? [] : [`${one.name} (${reason})`];
  });
  const getCode = functions.filter((one) => getsCode(one, remote.get(one.name)));
  const runtimes = [...new Set(getCode.map(({ name }) => runtimeOf(remote.get(name))))];
  const isMixed = obstacles.length === 0 && runtimes.length > 1;
  const impossible = isMixed
    ? getCode.map(({ name }) => `${name} (is ${runtimeOf(remote.get(name))}, others are not)`)
    : obstacles;
  const accounts = accountsOf(remote.values());
  if (impossible.length > 0) {
    throw new LambdaPythonError('ROLLBACK_IMPOSSIBLE', {
      message: `${impossible.length} of ${functions.length} functions in ${accounts.join('+')}/${region} cannot be brought back: ${listed(impossible)}; nothing was changed`,
      hint: 'go back to another release with `--to` (`nx releases <service>` lists them), leave them out with `--only`, or build its commit again: `nx build <service> --ref=<commit>`, then upload and deploy it with --excludeTaskDependencies',
    });
  }
  const [runtime = record.runtime, architecture = record.architecture] =
    runtimes[0]?.split(' ') ?? [];
  return {
    kind: 'back',
    of: target.of,
    description: target.description,
    goals: new Map(functions.map(({ name, state }) => [name, state])),
    service: record.service,
    stage: record.stage,
    region,
    accounts,
    source: null,
    alias,
    runtime,
    architecture: architecture as Architecture,
    storageMode: 'COPY',
    aliasWeight: null,
    layer: null,
    package: null,
    functions: functions.map((one) => plannedRollback(one, input)),
  };
}

function plannedRollback(
  one: RollbackFunction,
  { target, remote: all, packages }: RollbackInput,
): PlannedFunction {
  const { name, state, version, putsCode, code } = one;
  const { record, alias } = target;
  const remote = all.get(name) ?? null;
  const sha256 = code ?? '';
  const source = packages.get(sha256) ?? { sha256, bucket: '', key: '', versionId: null };
  const wanted: Wanted = {
    ...identityOf(one),
    // An alias moves alone: what $LATEST has is left to the next deploy.
    package: putsCode ? source : null,
    layers: putsCode ? { kind: 'exactly', arns: state.layers } : { kind: 'keep' },
    storageMode: state.storageMode,
    aliasTo: version,
  };
  const judged = putsCode
    ? classify(wanted, remote, {
        // Whether its package fits what it is now, `obstacle` has asked.
        runtime: remote?.runtime ?? record.runtime,
        architecture: (remote?.architecture ?? record.architecture) as Architecture,
        alias: version === null && !remote?.alias ? null : alias,
        aliasWeight: null,
      })
    : judgeAlias(wanted, remote, alias);
  return {
    ...wanted,
    ...judged,
    before: stateOf(remote),
    revisionId: remote?.version === undefined ? (remote?.revisionId ?? null) : null,
    sourceKmsKeyArn: remote?.sourceKmsKeyArn,
    aliasCode: version === null ? null : (state.alias?.codeSha256 ?? null),
    creates: false,
  };
}

/** Whatever $LATEST is, or has become: a version is what it was. */
function judgeAlias(
  wanted: Wanted,
  remote: RemoteFunction | null,
  alias: string | null,
): Judgement {
  if (remote === null) return { status: 'missing', detail: null };
  if (isAliasRight(wanted, remote)) return { status: 'unchanged', detail: null };
  return { status: 'update', detail: `alias ${alias} ${whereIs(remote.alias)}` };
}

/** Whether its package is written to $LATEST. */
function getsCode(
  { putsCode, code, state }: RollbackFunction,
  remote: RemoteFunction | null | undefined,
): boolean {
  const isThere =
    remote?.codeSha256 !== undefined &&
    remote.codeSha256 === code &&
    remote.storageMode === state.storageMode;
  return putsCode && !isThere;
}

function obstacle(
  one: RollbackFunction,
  { target, remote: all, packages, versions, origins }: RollbackInput,
): string | null {
  const remote = all.get(one.name) ?? null;
  if (remote === null) return 'no longer exists';
  const { version, putsCode, code } = one;
  const lost = version === null ? null : versionObstacle(one, version, versions.get(one.name));
  if (lost !== null || !putsCode) return lost;
  const kind = unsupported(remote, target.isLatestCalled ? null : target.alias, true);
  if (kind !== null) return kind;
  if (!getsCode(one, remote)) return null;
  if (code === null) return 'its code is unknown';
  if (!packages.has(code)) return `its package ${shortSha(code)} is not in the bucket`;
  const { runtime, architecture } = origins.get(code) ?? target.record;
  const builtFor = `${runtime} ${architecture}`;
  if (remote.packageType === 'Zip' && builtFor !== runtimeOf(remote)) {
    return `its package ${shortSha(code)} is for ${builtFor}, but the function is ${runtimeOf(remote)} now`;
  }
  return null;
}

/** @param found undefined where the alias points there already */
function versionObstacle(
  { state }: RollbackFunction,
  version: string,
  found: RemoteFunction | null | undefined,
): string | null {
  if (found === undefined) return null;
  if (found === null) return `its version ${version} no longer exists`;
  const was = state.alias?.codeSha256 ?? found.codeSha256;
  if (found.codeSha256 !== was) return `its version ${version} has a different package than before`;
  // The first call wakes what is only idle.
  const isUsable = found.stateReasonCode === 'Idle' || (found.state ?? 'Active') === 'Active';
  return isUsable ? null : `its version ${version} is ${found.state}`;
}

/** `python3.13 arm64` */
function runtimeOf(remote: RemoteFunction | null | undefined): string {
  return `${remote?.runtime ?? 'no runtime'} ${remote?.architecture ?? ''}`;
}
