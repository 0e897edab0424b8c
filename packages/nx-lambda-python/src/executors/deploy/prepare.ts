/** Reads all that a plan needs and makes it; writes nothing, but missing functions of a simulated account. */

import { LambdaPythonError } from '../../errors';
import type { BuildManifest } from '../../packaging/manifest';
import { readManifest } from '../../platform/built-package';
import { readSourceState } from '../../platform/git';
import type { RemoteFunction } from '../../release/function-service';
import { desiredFunctions, selectFunctions, type DesiredFunction } from '../../release/functions';
import { objectUrl, type ObjectLocation, type StoredObject } from '../../release/object-storage';
import {
  findPackage,
  hiddenError,
  packageKey,
  type StorageAccess,
} from '../../release/package-object';
import { planDeploy, type Plan, type PlanSource } from '../../release/plan';
import { readRemoteStates, type FunctionReader } from '../../release/remote-states';
import type { SimulatedAccount } from '../../testing';
import type { DeployRequest } from './request';

export interface PackageAccess extends FunctionReader, StorageAccess {
  /** Present where the account is simulated: nobody else creates functions there. */
  simulated: SimulatedAccount | null;
}

/** @throws PACKAGE_NOT_BUILT, PACKAGE_NOT_UPLOADED, FUNCTION_NAME_INVALID, SOURCE_DIRTY, and what AWS refuses */
export async function preparePlan(request: DeployRequest, access: PackageAccess): Promise<Plan> {
  const { project, naming, settings } = request;
  const manifest = readManifest(request.output);
  const functions = selectFunctions(desiredFunctions(manifest, naming), request.only);
  const names = functions.map(({ name }) => name);

  // Lambda is asked first: its refusals say why, S3's to HEAD do not.
  const remote = await readRemoteStates(names, access);
  const { sha256 } = manifest.package;
  const location = { bucket: settings.bucket, key: packageKey(settings.prefix, project, sha256) };
  const object = await findUploaded(location, sha256, request, access);
  if (access.simulated && !request.dryRun) {
    await createMissing(functions, remote, manifest, access.simulated, access);
  }
  return planDeploy({
    service: project,
    stage: naming.stage ?? null,
    region: access.place.region,
    target: {
      runtime: manifest.runtime,
      architecture: manifest.architecture,
      // Nobody attaches any to the functions that a simulated account makes by itself.
      needsLayer: manifest.layer !== undefined && !access.simulated,
      package: {
        sha256,
        bucket: location.bucket.name,
        key: location.key,
        versionId: object.versionId ?? null,
      },
    },
    functions,
    remote,
    source: await readSource(manifest, request),
  });
}

/** @throws SOURCE_DIRTY */
async function readSource(
  { commit }: BuildManifest,
  { workspaceRoot, requireClean }: DeployRequest,
): Promise<PlanSource | null> {
  // Built from a commit, whatever the working copy has become.
  const source = commit ? { commit, dirty: false } : await readSourceState(workspaceRoot);
  if (!requireClean || source?.dirty === false) return source ?? null;
  throw new LambdaPythonError('SOURCE_DIRTY', {
    message: source
      ? `the working copy differs from its commit ${source.commit.slice(0, 12)}, and \`requireClean\` is set`
      : '`requireClean` is set, and the workspace is not in a git repository with a commit',
    hint: 'commit or stash the changes (`git status` lists them), or build a commit: `nx build <service> --ref=<commit>`',
  });
}

async function findUploaded(
  location: ObjectLocation,
  sha256: string,
  { uploadCommand }: DeployRequest,
  access: PackageAccess,
): Promise<StoredObject> {
  const found = await findPackage(location, sha256, access);
  if (found.state === 'present') return found.object;
  if (found.state === 'hidden') throw hiddenError(found, location, access.place);
  throw new LambdaPythonError('PACKAGE_NOT_UPLOADED', {
    message: `the built package is not in S3: nothing is at ${objectUrl(location)}`,
    hint: `run \`${uploadCommand}\``,
  });
}

async function createMissing(
  functions: readonly DesiredFunction[],
  remote: Map<string, RemoteFunction | null>,
  { runtime, architecture }: BuildManifest,
  account: SimulatedAccount,
  access: PackageAccess,
): Promise<void> {
  const missing = functions.filter(({ name }) => remote.get(name) === null);
  for (const { name, handler } of missing) {
    await account.createFunction({ name, runtime, handler, architecture });
  }
  const created = await readRemoteStates(
    missing.map(({ name }) => name),
    access,
  );
  for (const [name, state] of created) remote.set(name, state);
}
