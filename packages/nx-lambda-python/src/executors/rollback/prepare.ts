/** Reads all that a rollback needs and makes its plan; writes nothing. */

import { forEachLimited } from '../../release/calls/concurrency';
import type { FunctionState, PackageReference } from '../../release/plan/function-state';
import type { ObjectLocation } from '../../release/upload/object-storage';
import { findReference, packageKey, type StorageAccess } from '../../release/upload/package-object';
import type { Plan } from '../../release/plan/plan';
import {
  readRemoteStates,
  type AliasReading,
  type FunctionReader,
} from '../../release/plan/remote-states';
import { neededPackages, planRollback } from '../../release/records/rollback-plan';
import type { RollbackTarget } from '../../release/records/rollback-target';
import type { StorageSettings } from '../upload/settings';

export interface PreparedRollback {
  plan: Plan;
  /** What each function shall run. */
  goals: ReadonlyMap<string, FunctionState>;
}

const HEADS_IN_FLIGHT = 8;

/** @throws ROLLBACK_IMPOSSIBLE, OBJECT_CONFLICT, and what AWS refuses */
export async function prepareRollback(
  target: RollbackTarget,
  settings: Pick<StorageSettings, 'bucket' | 'prefix'>,
  access: FunctionReader & StorageAccess,
): Promise<PreparedRollback> {
  const { region } = access.place;
  const remote = await readRemoteStates(
    target.functions.map(({ name }) => name),
    access,
    aliasReading(target),
  );
  const digests = neededPackages({ target, region, remote });
  const packages = await findPackages(digests, target, settings, access);
  const plan = planRollback({ target, region, remote, packages });
  return { plan, goals: new Map(target.functions.map(({ name, state }) => [name, state])) };
}

function aliasReading({ record, functions }: RollbackTarget): AliasReading | undefined {
  if (record.alias === null) return undefined;
  const versions = new Map(functions.map(({ name, state }) => [name, state.alias?.version]));
  return {
    name: record.alias,
    isRight: ({ name, alias }) => alias?.version === versions.get(name),
    // A gradual shift leaves the alias at the version that it had.
    needsWeights: (_, isRight) => isRight,
  };
}

async function findPackages(
  digests: readonly string[],
  { functions, record }: RollbackTarget,
  { bucket, prefix }: Pick<StorageSettings, 'bucket' | 'prefix'>,
  access: StorageAccess,
): Promise<Map<string, PackageReference>> {
  const packages = new Map<string, PackageReference>();
  await forEachLimited(digests, HEADS_IN_FLIGHT, async (sha256) => {
    const recorded = functions.find((one) => one.package?.sha256 === sha256)?.package;
    const location: ObjectLocation = {
      bucket,
      // Of this bucket: another's is not where the records are, and the prefix may have changed since.
      key:
        recorded?.bucket === bucket.name
          ? recorded.key
          : packageKey(prefix, record.service, sha256),
    };
    const found = await findReference(location, sha256, access);
    if (found !== null) packages.set(sha256, found);
  });
  return packages;
}
