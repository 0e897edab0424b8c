/** Reads all that a rollback needs and makes its plan; writes nothing. */

import { forEachLimited } from '../release/calls/send';
import type { BackPlan } from '../release/model/plan';
import type { RemoteFunction } from '../release/model/remote-function';
import type { PackageOrigin, RollbackTarget } from '../release/records/rollback-target';
import type { PackageReference } from '../release/model/function-state';
import type { ObjectLocation } from '../release/upload/object-storage';
import { findReference, packageKey, type StorageAccess } from '../release/upload/package-object';
import {
  readFunction,
  readRemoteStates,
  type AliasReading,
  type FunctionReader,
} from '../release/plan/remote-states';
import {
  neededPackages,
  neededVersions,
  planRollback,
  wayBack,
} from '../release/records/rollback-plan';
import type { Destination } from '../targets/chain';

const READS_IN_FLIGHT = 8;

/**
 * @param originsOf what packages of these digests were built for, as far as records say it
 * @throws ROLLBACK_IMPOSSIBLE, OBJECT_CONFLICT, and what AWS refuses
 */
export async function prepareRollback(
  target: RollbackTarget,
  settings: Pick<Destination, 'bucket' | 'prefix'>,
  access: FunctionReader & StorageAccess,
  originsOf: (digests: readonly string[]) => Promise<ReadonlyMap<string, PackageOrigin>>,
): Promise<BackPlan> {
  const { region } = access.place;
  const remote = await readRemoteStates(
    target.functions.map(({ name }) => name),
    access,
    aliasReading(target),
  );
  const versions = await readVersions(neededVersions({ target, remote }), access);
  const digests = neededPackages({ target, remote });
  const packages = await findPackages(digests, target, settings, access);
  const origins = await originsOf(digests);
  return planRollback({ target, region, remote, versions, packages, origins });
}

function aliasReading(target: RollbackTarget): AliasReading | undefined {
  if (target.alias === null) return undefined;
  const ways = new Map(target.functions.map((one) => [one.name, wayBack(one, target)]));
  return {
    name: target.alias,
    isRight: ({ name, alias }) => {
      const way = ways.get(name);
      return way?.putsCode === false && alias?.version === way.version;
    },
    // A gradual shift leaves the alias at the version that it had.
    needsWeights: (_, isRight) => isRight,
  };
}

async function readVersions(
  wanted: readonly (readonly [name: string, version: string])[],
  access: FunctionReader,
): Promise<Map<string, RemoteFunction | null>> {
  const versions = new Map<string, RemoteFunction | null>();
  await forEachLimited(wanted, READS_IN_FLIGHT, async ([name, version]) => {
    versions.set(name, await readFunction(name, version, access));
  });
  return versions;
}

async function findPackages(
  digests: readonly string[],
  { functions, record }: RollbackTarget,
  { bucket, prefix }: Pick<Destination, 'bucket' | 'prefix'>,
  access: StorageAccess,
): Promise<Map<string, PackageReference>> {
  const packages = new Map<string, PackageReference>();
  await forEachLimited(digests, READS_IN_FLIGHT, async (sha256) => {
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
