/** Reads all that a plan needs and makes it; writes nothing, but missing functions of a simulated account. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LambdaPythonError } from '../errors';
import type { BuildManifest } from '../packaging/manifest';
import { readSourceState } from '../platform/git/git';
import type { Canary } from '../release/apply/apply';
import type { FunctionCreation } from '../release/calls/function-service';
import type { DeployPlan, PlanSource } from '../release/model/plan';
import { isNumbered, type RemoteFunction } from '../release/model/remote-function';
import { desiredFunctions, planCreations, selectFunctions } from '../release/plan/functions';
import { planDeploy } from '../release/plan/plan';
import type { PlannedZips } from '../release/plan/code-storage';
import type { DesiredFunction, PackageReference } from '../release/model/function-state';
import { planLayer, type LayerAccess } from '../release/apply/layer-version';
import { objectUrl, type ObjectLocation } from '../release/upload/object-storage';
import { findReference, packageKey, type StorageAccess } from '../release/upload/package-object';
import { detaching } from '../release/plan/next-step';
import {
  readRemoteStates,
  type AliasReading,
  type FunctionReader,
} from '../release/plan/remote-states';
import { parseMarker } from '../service/marker';
import type { SimulatedAccount } from '../testing';
import type { UsedPackage } from '../assembly/present';
import type { DeployAccess } from './access';
import type { DeployRequest } from './deploy-request';

export interface PackageAccess extends FunctionReader, StorageAccess {
  /** Present where the account is simulated: nobody else creates functions there. */
  simulated: SimulatedAccount | null;
}

/** A plan, and what carrying it out needs besides. */
export interface PreparedDeploy {
  plan: DeployPlan;
  creations: ReadonlyMap<string, FunctionCreation>;
  /** What may have to be stored. */
  zips: PlannedZips;
}

/** @throws PACKAGE_NOT_BUILT, PACKAGE_NOT_UPLOADED, FUNCTION_NAME_INVALID, SOURCE_DIRTY, and what AWS refuses */
export async function prepareDeploy(
  request: DeployRequest,
  access: PackageAccess & LayerAccess & Pick<DeployAccess, 'account'>,
): Promise<PreparedDeploy> {
  const { project, naming, alias, aliasWeight, storageMode } = request;
  const used = await request.usePackage();
  const { manifest } = used;
  const functions = selectFunctions(desiredFunctions(manifest, naming), request.only);
  refuseUnknownCanary(functions, request.canary);
  const { sha256 } = manifest.package;

  // Lambda is asked first: its refusals say why, S3's to HEAD do not.
  const remote = await readRemoteStates(
    functions.map(({ name }) => name),
    access,
    alias === null ? undefined : aliasReading(alias, aliasWeight, manifest, request.layerName),
  );
  const source = await findUploaded(sha256, request, access);
  refuseUnversioned(source, request);
  const layer = manifest.layer
    ? await planLayer(
        request.layerName,
        await findUploaded(manifest.layer.sha256, request, access),
        access,
      )
    : null;
  const isCreating = request.rules.missing === 'create';
  if (access.simulated && !request.dryRun && !isCreating) {
    await createMissing(functions, remote, manifest, access.simulated, access);
  }
  const missing = functions.filter(({ name }) => remote.get(name) === null);
  const creations = isCreating ? readCreations(missing, request) : new Map<string, never>();
  const plan = planDeploy({
    service: project,
    stage: naming.stage ?? null,
    region: access.place.region,
    target: {
      runtime: manifest.runtime,
      architecture: manifest.architecture,
      package: source,
      storageMode,
      alias,
      aliasWeight,
      layer,
    },
    functions,
    remote,
    source: await readSource(used, request),
    ...(access.account.isKnown && { account: access.account.id }),
    creatable: new Set(creations.keys()),
    layerName: request.layerName,
    publish: request.publish,
  });
  refuseMissingCanary(plan, request);
  const zips = { package: manifest.package, layer: manifest.layer ?? null };
  return { plan, creations, zips };
}

/** A version with the package leaves nothing to do, but where a layer has to be compared, too. */
function aliasReading(
  name: string,
  weight: number | null,
  { layer, package: { sha256 } }: BuildManifest,
  layerName: string,
): AliasReading {
  return {
    name,
    isRight: (aliased) =>
      layer === undefined &&
      aliased.codeSha256 === sha256 &&
      isNumbered(aliased.alias?.version ?? '') &&
      detaching(layerName, aliased) === null,
    comparesSettings: true,
    // A shift that is there already is two writes less.
    needsWeights: ({ codeSha256, alias }, isRight) =>
      weight !== null && !isRight && codeSha256 === sha256 && alias?.codeSha256 !== sha256,
  };
}

/** @throws OPTION_INVALID: a typing error must not choose another one */
function refuseUnknownCanary(functions: readonly DesiredFunction[], { name }: Canary): void {
  if (name === null || functions.some((one) => one.handlerName === name || one.name === name)) {
    return;
  }
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`canary\` names \`${name}\`, expected one of ${functions.map((one) => one.handlerName).join(', ')}`,
    hint: 'set `--canary` to a handler or function of this deploy',
  });
}

/** @throws OPTION_INVALID: nobody else answers for it */
function refuseMissingCanary(
  { functions }: DeployPlan,
  { canary: { name, event }, rules }: DeployRequest,
): void {
  const named = functions.find((one) => one.handlerName === name || one.name === name);
  const isLeftOut = named?.status === 'missing' && !named.creates;
  if (event === null || !isLeftOut || rules.missing !== 'skip') return;
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`canary\` names \`${name}\`, whose function \`${named.name}\` does not exist, so nothing can be asked of it; nothing was changed`,
    hint: 'create it, or set `--canary` to another handler or function of this deploy',
  });
}

/** @throws BUCKET_NOT_VERSIONED */
function refuseUnversioned(
  { bucket, key, versionId }: PackageReference,
  { storageMode, uploadCommand }: DeployRequest,
): void {
  if (storageMode === 'COPY' || versionId !== null) return;
  throw new LambdaPythonError('BUCKET_NOT_VERSIONED', {
    message: `storage mode REFERENCE needs a version of s3://${bucket}/${key}, and the bucket keeps none`,
    hint: `switch it on (\`aws s3api put-bucket-versioning --bucket ${bucket} --versioning-configuration Status=Enabled\`), delete the object, and run \`${uploadCommand}\``,
  });
}

/** @throws MARKER_INVALID, FUNCTION_NOT_CREATABLE */
function readCreations(
  missing: readonly DesiredFunction[],
  { project, naming, workspaceRoot, markerPath: path }: DeployRequest,
): Map<string, FunctionCreation> {
  if (missing.length === 0) return new Map();
  const marker = parseMarker(readFileSync(join(workspaceRoot, path), 'utf8'), path);
  const own = new Map(
    marker.functions.flatMap(({ key, create }) => (create ? [[key, create]] : [])),
  );
  return planCreations(missing, { all: marker.create, own, project, naming, path });
}

/** @throws SOURCE_DIRTY */
async function readSource(
  used: UsedPackage,
  { workspaceRoot, requireClean }: DeployRequest,
): Promise<PlanSource | null> {
  const source = await builtSource(used, workspaceRoot);
  if (!requireClean || source?.dirty === false) return source;
  throw new LambdaPythonError('SOURCE_DIRTY', {
    message: source
      ? `the package was built from a working copy that differed from its commit ${source.commit.slice(0, 12)}, and \`requireClean\` is set`
      : '`requireClean` is set, and the package was not built in a git repository with a commit',
    hint: 'commit or stash the changes (`git status` lists them), or build a commit: `nx build <service> --ref=<commit>`',
  });
}

/** As the build says it. Changes that it did not find committed may have been since: the sources are the same. */
async function builtSource(
  { manifest: { source }, isPresent }: UsedPackage,
  workspaceRoot: string,
): Promise<PlanSource | null> {
  if (!isPresent || source?.dirty === false) return source;
  const present = await readSourceState(workspaceRoot);
  return present?.dirty === false ? present : source;
}

async function findUploaded(
  sha256: string,
  { project, settings: { bucket, prefix }, uploadCommand }: DeployRequest,
  access: PackageAccess,
): Promise<PackageReference> {
  const location: ObjectLocation = { bucket, key: packageKey(prefix, project, sha256) };
  const found = await findReference(location, sha256, access);
  if (found !== null) return found;
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
