/** A rollback as a plan like any other: what functions run now against what records say they ran. */

import { LambdaPythonError } from '../../errors';
import type { Architecture } from '../../service/runtimes';
import type { RemoteFunction } from '../calls/function-service';
import type { PackageReference } from '../plan/function-state';
import {
  accountsOf,
  classify,
  stateOf,
  type Plan,
  type PlannedFunction,
  type Wanted,
} from '../plan/plan';
import type { RollbackFunction, RollbackTarget } from './rollback-target';

export interface RollbackInput {
  target: RollbackTarget;
  region: string;
  /** By function name; null where AWS has none. */
  remote: ReadonlyMap<string, RemoteFunction | null>;
  /** By digest, those that are in the bucket; with an alias none is needed. */
  packages: ReadonlyMap<string, PackageReference>;
}

/** Digests of the packages that functions must get again; none of those that only an alias is moved for. */
export function neededPackages({ target, remote }: Omit<RollbackInput, 'packages'>): string[] {
  const needed = target.functions
    .filter((one) => !isAliased(one) && !isThere(one, remote.get(one.name) ?? null))
    .flatMap(({ state }) => state.codeSha256 ?? []);
  return [...new Set(needed)].sort();
}

/** @throws ROLLBACK_IMPOSSIBLE naming each function that cannot be brought back, and why */
export function planRollback({ target, region, remote, packages }: RollbackInput): Plan {
  const { record, functions } = target;
  const impossible = functions.flatMap((one) => {
    const reason = obstacle(one, remote.get(one.name) ?? null, packages);
    return reason === null ? [] : [`${one.name} (${reason})`];
  });
  const accounts = accountsOf(remote.values());
  if (impossible.length > 0) {
    throw impossibleError(impossible, functions.length, `${accounts.join('+')}/${region}`);
  }
  return {
    service: record.service,
    stage: record.stage,
    region,
    accounts,
    source: null,
    alias: record.alias,
    runtime: record.runtime,
    architecture: record.architecture as Architecture,
    storageMode: 'COPY',
    aliasWeight: null,
    layer: null,
    package: null,
    functions: functions.map((one) =>
      plannedRollback(one, remote.get(one.name) ?? null, target, packages),
    ),
  };
}

function plannedRollback(
  one: RollbackFunction,
  remote: RemoteFunction | null,
  { record }: RollbackTarget,
  packages: ReadonlyMap<string, PackageReference>,
): PlannedFunction {
  const { name, handlerName, handler, state } = one;
  const { alias } = state;
  const sha256 = state.codeSha256 ?? '';
  const known = packages.get(sha256) ?? { sha256, bucket: '', key: '', versionId: null };
  const wanted: Wanted = {
    ...{ name, handlerName, handler },
    // An alias moves alone: what $LATEST has is left to the next deploy.
    package: alias === null ? known : null,
    layers: alias === null ? { kind: 'exactly', arns: state.layers } : { kind: 'keep' },
    storageMode: state.storageMode,
    aliasTo: alias?.version ?? null,
  };
  const { status, detail } = classify(wanted, remote, {
    // What runs here now ran the old package, too: only what it is, not what it should be, is compared.
    runtime: remote?.runtime ?? record.runtime,
    architecture: (remote?.architecture ?? record.architecture) as Architecture,
    alias: alias?.name ?? null,
    aliasWeight: null,
  });
  return {
    ...wanted,
    status,
    detail,
    before: stateOf(remote),
    revisionId: remote?.version === undefined ? (remote?.revisionId ?? null) : null,
    sourceKmsKeyArn: remote?.sourceKmsKeyArn,
    aliasCode: alias?.codeSha256 ?? null,
    creates: false,
  };
}

function obstacle(
  one: RollbackFunction,
  remote: RemoteFunction | null,
  packages: ReadonlyMap<string, PackageReference>,
): string | null {
  if (remote === null) return 'does not exist any more';
  if (isAliased(one) || isThere(one, remote)) return null;
  const { codeSha256 } = one.state;
  if (codeSha256 === null) return 'its code was not known';
  if (packages.has(codeSha256)) return null;
  return `its package ${Buffer.from(codeSha256, 'base64').toString('hex').slice(0, 12)} is not in the bucket`;
}

function isAliased({ state }: RollbackFunction): boolean {
  return state.alias !== null;
}

function isThere({ state }: RollbackFunction, remote: RemoteFunction | null): boolean {
  return (
    remote?.codeSha256 !== undefined &&
    remote.codeSha256 === state.codeSha256 &&
    remote.storageMode === state.storageMode
  );
}

function impossibleError(
  functions: readonly string[],
  total: number,
  place: string,
): LambdaPythonError {
  const shown = functions.slice(0, 20).join(', ');
  const more = functions.length > 20 ? ` and ${functions.length - 20} more` : '';
  return new LambdaPythonError('ROLLBACK_IMPOSSIBLE', {
    message: `${functions.length} of ${total} functions in ${place} cannot be brought back: ${shown}${more}; nothing was changed`,
    hint: 'go back to another release with `--to` (`nx releases <service>` lists them), leave them out with `--only`, or build its commit again: `nx build <service> --ref=<commit>`, then upload and deploy it with --excludeTaskDependencies',
  });
}
