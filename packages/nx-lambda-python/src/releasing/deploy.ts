/** Points every function of a service at its uploaded package: reads all, plans, then changes only what differs. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { UsedPackage } from '../assembly/present';
import { LambdaPythonError } from '../errors';
import type { BuildManifest } from '../packaging/manifest';
import { readSourceState } from '../platform/git/git';
import type { Canary } from '../release/apply/apply';
import { planLayer } from '../release/apply/code-storage';
import type { FunctionCreation } from '../release/calls/function-service';
import { planSummary } from '../release/documents/plan-document';
import {
  identityOf,
  type DesiredFunction,
  type PackageReference,
} from '../release/model/function-state';
import { placeOf, type Plan, type PlanSource } from '../release/model/plan';
import { isNumbered, type RemoteFunction } from '../release/model/remote-function';
import { checkCodeStorage } from '../release/apply/code-storage';
import {
  desiredFunctions,
  planCreations,
  refuseOtherPlaces,
  selectFunctions,
} from '../release/plan/functions';
import { detaching } from '../release/plan/next-step';
import { planDeploy } from '../release/plan/plan';
import {
  readRemoteStates,
  type AliasReading,
  type FunctionReader,
} from '../release/plan/remote-states';
import { readSameCode } from '../release/plan/same-code';
import { hasChanges } from '../release/records/record';
import { manifestLocation } from '../release/upload/manifest-object';
import { objectUrl, type ObjectLocation } from '../release/upload/object-storage';
import { findReference, packageKey, type StorageAccess } from '../release/upload/package-object';
import { counted } from '../report/text';
import { parseMarker } from '../service/marker';
import type { SimulatedAccount } from '../testing';
import type { Change, DeployRequest, Selection } from './deploy-options';
import { bringBack } from './rollback';
import { manifestAccess } from './account';
import { runRelease, type Desk, type PlannedRelease, type RunOptions } from './run';

/** @throws PACKAGE_NOT_BUILT, PACKAGE_NOT_UPLOADED, FUNCTION_NAME_INVALID, SOURCE_DIRTY, and what AWS refuses */
export function deploy(request: DeployRequest): Promise<boolean> {
  const { run, source, commands } = request;
  return runRelease(run, {
    action: run.output.dryRun ? 'would deploy to' : 'deploys to',
    readsRecords: false,
    prepare({ account, storage }) {
      // Neither the package nor its object depends on the account.
      const used = source.use(account);
      const uploaded = used.then(({ manifest }) =>
        findUploaded(manifest.package.sha256, run, storage, commands.upload),
      );
      // Told in its turn, after what Lambda says.
      uploaded.catch(() => undefined);
      return async (desk) => planRelease(request, await used, uploaded, desk);
    },
  });
}

async function planRelease(
  request: DeployRequest,
  used: UsedPackage,
  uploaded: Promise<PackageReference>,
  { access, account, output: shown }: Desk,
): Promise<PlannedRelease> {
  const { run, selection, source, change, canary, commands } = request;
  const { scope, rules, output } = run;
  const { manifest } = used;
  const { alias, layerName } = change;
  const named = selectFunctions(desiredFunctions(manifest, selection.naming), selection.only);
  refuseOtherPlaces(named, account.isKnown ? account.id : null, access.place.region);
  const functions = named.map((one) => ({ ...identityOf(one), namedBy: one.namedBy }));
  refuseUnknownCanary(functions, canary);

  // Lambda is heard first: its refusals have a reason, S3's answers to HEAD do not.
  const remote = await readRemoteStates(
    functions.map(({ name }) => name),
    access.functions,
    alias === null ? undefined : aliasReading(alias, change, manifest),
  );
  const object = await uploaded;
  if (change.storageMode !== 'COPY') refuseUnversioned(object, commands.upload);
  const layer = manifest.layer
    ? await planLayer(
        layerName,
        await findUploaded(manifest.layer.sha256, run, access.storage, commands.upload),
        access.layers,
      )
    : null;
  const isCreating = rules.missing === 'create';
  if (access.simulated && !output.dryRun && !isCreating) {
    await createMissing(functions, remote, manifest, access.simulated, access.functions);
  }
  const missing = functions.filter(({ name }) => remote.get(name) === null);
  const creations = isCreating
    ? readCreations(missing, selection, scope.service, run.account.workspaceRoot)
    : new Map<string, never>();
  const { destination } = run.account;
  const place = { ...destination, project: scope.service };
  const sameCode =
    change.updates === 'reached'
      ? await readSameCode(manifest, remote, place, manifestAccess(access), (sha256, count) =>
          shown.note(unknownPackage(manifestLocation(place, sha256), count)),
        )
      : undefined;
  const plan = planDeploy({
    service: scope.service,
    stage: scope.stage,
    region: access.place.region,
    target: {
      runtime: manifest.runtime,
      architecture: manifest.architecture,
      package: object,
      storageMode: change.storageMode,
      alias,
      aliasWeight: change.aliasWeight,
      layer,
    },
    functions,
    remote,
    source: await readSource(used, source.requireClean, run.account.workspaceRoot),
    ...(account.isKnown && { account: account.id }),
    creatable: new Set(creations.keys()),
    layerName,
    publish: change.publish,
    ...(sameCode && { sameCode }),
  });
  if (canary.event !== null && rules.missing === 'skip') refuseMissingCanary(plan, canary);
  const zips = { package: manifest.package, layer: manifest.layer ?? null };
  return {
    plan,
    title: `${plan.service} to ${placeOf(plan)}`,
    canary,
    creations,
    async check(dryRun) {
      if (!dryRun) return checkCodeStorage(plan, zips, access.functions);
      if (request.failOnChanges && hasChanges(plan)) throw changesFound(plan, commands.own);
    },
    undo: request.rollbackOnFailure
      ? (record, outcomes, functions) =>
          bringBack(record, outcomes, destination, {
            functions,
            storage: access.storage,
            waitTimeoutSeconds: run.pacing.waitTimeoutSeconds,
          })
      : undefined,
    commands: async ({ isUndoable }) => ({
      again: commands.own,
      rollback: isUndoable ? commands.rollback : null,
    }),
  };
}

function unknownPackage(location: ObjectLocation, functions: number): string {
  return `${objectUrl(location)} is missing or unreadable: ${counted(functions, 'function')} that run its package are updated`;
}

/** A version with the package leaves nothing to do, unless a layer has to be compared, too. */
function aliasReading(
  name: string,
  { aliasWeight, layerName }: Change,
  { layer, package: { sha256 } }: BuildManifest,
): AliasReading {
  return {
    name,
    isRight: (aliased) =>
      layer === undefined &&
      aliased.codeSha256 === sha256 &&
      isNumbered(aliased.alias?.version ?? '') &&
      detaching(layerName, aliased) === null,
    comparesSettings: true,
    // A shift that was made already saves two writes.
    needsWeights: ({ codeSha256, alias }, isRight) =>
      aliasWeight !== null && !isRight && codeSha256 === sha256 && alias?.codeSha256 !== sha256,
  };
}

function changesFound(plan: Plan, command: string): LambdaPythonError {
  return new LambdaPythonError('CHANGES_FOUND', {
    message: `\`failOnChanges\` is set, and the deploy would change functions: ${planSummary(plan)}; nothing was changed`,
    hint: `run \`${command}\` without \`--dryRun\` to change them`,
  });
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

/** @throws OPTION_INVALID: no other function answers in its place */
function refuseMissingCanary({ functions }: Plan, { name }: Canary): void {
  const named = functions.find((one) => one.handlerName === name || one.name === name);
  if (named?.status !== 'missing' || named.creates) return;
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`canary\` names \`${name}\`, whose function \`${named.name}\` does not exist and cannot be invoked; nothing was changed`,
    hint: 'create it, or set `--canary` to another handler or function of this deploy',
  });
}

/** @throws BUCKET_NOT_VERSIONED */
function refuseUnversioned(
  { bucket, key, versionId }: PackageReference,
  uploadCommand: string,
): void {
  if (versionId !== null) return;
  throw new LambdaPythonError('BUCKET_NOT_VERSIONED', {
    message: `storage mode REFERENCE needs a version of s3://${bucket}/${key}, and the bucket keeps none`,
    hint: `turn on versioning (\`aws s3api put-bucket-versioning --bucket ${bucket} --versioning-configuration Status=Enabled\`), delete the object, and run \`${uploadCommand}\``,
  });
}

/** @throws MARKER_INVALID, FUNCTION_NOT_CREATABLE */
function readCreations(
  missing: readonly DesiredFunction[],
  { naming, markerPath: path }: Selection,
  project: string,
  workspaceRoot: string,
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
  requireClean: boolean,
  workspaceRoot: string,
): Promise<PlanSource | null> {
  const { manifest, isPresent } = used;
  let { source } = manifest;
  if (isPresent && source?.dirty !== false) {
    // Changes that were not committed at the build may have been since: the sources are the same.
    const present = await readSourceState(workspaceRoot);
    if (present?.dirty === false) source = present;
  }
  if (!requireClean || source?.dirty === false) return source;
  throw new LambdaPythonError('SOURCE_DIRTY', {
    message: source
      ? `the package was built from a working copy that differed from its commit ${source.commit.slice(0, 12)}, and \`requireClean\` is set`
      : '`requireClean` is set, and the package was not built in a git repository with a commit',
    hint: 'commit or stash the changes (`git status` lists them), or build a commit: `nx build <service> --ref=<commit>`',
  });
}

async function findUploaded(
  sha256: string,
  { scope, account }: Pick<RunOptions, 'scope' | 'account'>,
  storage: StorageAccess,
  uploadCommand: string,
): Promise<PackageReference> {
  const { bucket, prefix } = account.destination;
  const location: ObjectLocation = { bucket, key: packageKey(prefix, scope.service, sha256) };
  const reference = await findReference(location, sha256, storage);
  if (reference !== null) return reference;
  throw new LambdaPythonError('PACKAGE_NOT_UPLOADED', {
    message: `the built package is not in S3: ${objectUrl(location)} does not exist`,
    hint: `run \`${uploadCommand}\``,
  });
}

/** In a simulated account, where nobody else creates functions. */
async function createMissing(
  functions: readonly DesiredFunction[],
  remote: Map<string, RemoteFunction | null>,
  { runtime, architecture }: BuildManifest,
  account: SimulatedAccount,
  reader: FunctionReader,
): Promise<void> {
  const missing = functions.filter(({ name }) => remote.get(name) === null);
  for (const { name, handler } of missing) {
    await account.createFunction({ name, runtime, handler, architecture });
  }
  const created = await readRemoteStates(
    missing.map(({ name }) => name),
    reader,
  );
  for (const [name, state] of created) remote.set(name, state);
}
