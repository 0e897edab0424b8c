/** Writes `package.zip`, with `"layer": true` `layer.zip`, and `manifest.json`, after checks of what is in them. */

import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LambdaPythonError } from '../errors';
import {
  partPrefix,
  PLAIN_PART,
  planPart,
  writePart,
  type PartDistribution,
  type PartFacts,
} from '../packaging/dependency-part';
import {
  checkImports,
  describeMissing,
  hiddenLibrary,
  hiddenModules,
} from '../packaging/imports-check';
import type { Decision } from '../packaging/inputs/decision';
import {
  LAYER_FILE,
  MANIFEST_FILE,
  PACKAGE_FILE,
  renderManifest,
  type BuildManifest,
  type ManifestDistribution,
  type ManifestSource,
} from '../packaging/manifest';
import {
  checkPaths,
  checkUnpackedSize,
  DamagedFileError,
  packageInputs,
  writePackage,
  type PackageFacts,
  type ServiceFile,
} from '../packaging/package';
import type { CachedPackage, SourceCache } from '../packaging/source-cache';
import {
  dropDraft,
  startDraft,
  writeWholeAfter,
  type Draft,
  writeTextWhole,
} from '../platform/files/write';
import { beginsWith, hashFile } from '../platform/files/files';
import type { OpenPart, DiskWheelStore } from '../platform/store/wheel-store';
import type { BuildOptions } from '../targets/build-target';
import type { Dependencies } from './dependencies';
import { withReach, type HandlerImports, type Service } from './service';

/** What a build knows of its sources. */
interface BuiltSources {
  /** With the option `ref`. */
  commit: string | undefined;
  /** Of git, asked when the build began. */
  state: Promise<ManifestSource | null>;
  decision: Decision;
  imports: HandlerImports;
}

export interface BuiltPackage {
  manifest: BuildManifest;
  warnings: string[];
}

/** Where packages go, and what earlier builds have left. */
interface PackageFiles {
  /** Absolute, of the package. */
  directory: string;
  store: DiskWheelStore;
  cache: SourceCache;
  begun: BegunPackage | undefined;
}

export async function writeOutput(
  { service: { project }, output, content }: BuildOptions,
  service: Service,
  sources: BuiltSources,
  dependencies: Dependencies,
  to: PackageFiles,
): Promise<BuiltPackage> {
  const { directory, store } = to;
  const { layer } = content;
  using part = await dependencies.openPart(layer ? undefined : join(directory, PACKAGE_FILE));
  try {
    const { imports } = output;
    const checked = { imports, excludeDistributions: content.excludeDistributions };
    const warnings = checkPackage(checked, service, dependencies, part.facts);
    const { layer: written, ...facts } = layer
      ? await ensureArchives(part, service, to)
      : await ensurePackage(part, service, to, dependencies.part);
    if (!layer) removeLayer(directory);
    const manifest: BuildManifest = {
      format: 3,
      project,
      package: { file: PACKAGE_FILE, ...facts },
      ...(written && { layer: written }),
      ...(sources.commit && { commit: sources.commit }),
      source: await sources.state,
      inputs: sources.decision,
      requirementsKey: dependencies.requirementsKey,
      runtime: service.marker.runtime.name,
      architecture: service.marker.architecture,
      image: dependencies.image,
      engine: dependencies.engine,
      handlers: withReach(service, sources.imports, layer ? null : part.facts.sha256),
      ...(content.excludeFiles.length > 0 && { excludeFiles: content.excludeFiles }),
      distributions: part.facts.distributions.map(describeDistribution),
    };
    writeTextWhole(join(directory, MANIFEST_FILE), renderManifest(manifest));
    return { manifest, warnings: [...part.facts.warnings, ...warnings] };
  } catch (error) {
    if (error instanceof DamagedFileError) store.dropPart(dependencies.part);
    throw error;
  }
}

function describeDistribution(distribution: PartDistribution): ManifestDistribution {
  const { name, version, wheel, sha256, unpackedSize, gaps, leftOut } = distribution;
  return {
    ...{ name, version, wheel, sha256, unpackedSize },
    ...(gaps && {
      incompleteRecord: Object.fromEntries(gaps.map(({ rule, files }) => [rule, files])),
    }),
    ...(leftOut && { leftOut }),
  };
}

/** Dependencies in `layer.zip`, the service's own files in `package.zip`. */
async function ensureArchives(
  part: OpenPart,
  service: Service,
  to: PackageFiles,
): Promise<PackageFacts & { layer?: BuildManifest['layer'] }> {
  using nothing = await openEmptyPart(to.store);
  const layer = await writeLayer(to.directory, part, service.files);
  const facts = await ensurePackage(nothing, service, to);
  // Lambda counts both.
  checkUnpackedSize(facts.unpackedSize + layer.unpackedSize, part.facts.distributions);
  return { ...facts, layer };
}

/**
 * What the last build made of the same inputs stays, if its bytes are still those.
 * @param digest the part's name in the store, if what was begun may begin with it
 */
async function ensurePackage(
  part: OpenPart,
  { files, content }: Service,
  { directory, cache, begun }: PackageFiles,
  digest?: string,
): Promise<PackageFacts & { layer?: undefined }> {
  const path = join(directory, PACKAGE_FILE);
  const inputs = packageInputs(part, content);
  const last = cache.packageOf(inputs);
  if (last && holds(path, part, last)) {
    if (part.draft) await dropDraft(part.draft);
    return last.facts;
  }
  const start = { file: part.path, length: part.facts.length };
  const facts = await writeWholeAfter(
    path,
    (digest && begun?.take(digest)) || (part.draft ?? startDraft(path, start)),
    (open) => writePackage(part, files, cache.compress, open),
    () => {
      removeManifest(directory);
      // Some systems flush a file that takes another one's place, which takes longer than all the rest.
      rmSync(path, { force: true });
    },
  );
  const tail = hashFile(path, part.facts.length);
  cache.keepPackage({ part: digest, inputs, facts, tail });
  return facts;
}

/** Comparing with the part is as sure as hashing all, and takes half as long. */
function holds(path: string, { archive, facts }: OpenPart, last: CachedPackage): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.size !== last.facts.size) return false;
  const { length } = facts;
  return beginsWith(path, archive, length) && hashFile(path, length) === last.tail;
}

/** A part without distributions, which a package begins with whose dependencies are in a layer. */
function openEmptyPart(store: DiskWheelStore): Promise<OpenPart> {
  const { digest, wheels } = planPart([], PLAIN_PART);
  return store.openPart(digest, wheels, (open, sink) => writePart(open, PLAIN_PART, sink));
}

/**
 * Writes `layer.zip`, which is the part as it stands.
 * @throws ENTRY_COLLISION if a file of the service would hide one of the layer
 */
async function writeLayer(
  directory: string,
  part: OpenPart,
  files: readonly ServiceFile[],
): Promise<NonNullable<BuildManifest['layer']>> {
  checkPaths(part, files, partPrefix({ layer: true }));
  const path = join(directory, LAYER_FILE);
  const { size, sha256, unpackedSize } = part.facts;
  const isSameSize = statSync(path, { throwIfNoEntry: false })?.size === size;
  if (!isSameSize || hashFile(path) !== sha256) {
    if (part.path !== undefined && hashFile(part.path) !== sha256) {
      throw new DamagedFileError('the dependency part in the wheel store is damaged');
    }
    const start = { file: part.path, length: part.path === undefined ? 0 : size };
    await writeWholeAfter(
      path,
      startDraft(path, start),
      async (open) => {
        const output = await open();
        // What is in memory only is not copied from a file.
        if (start.file === undefined) output.write(part.archive.read(0, size));
      },
      () => removeManifest(directory),
    );
  }
  const base64 = Buffer.from(sha256, 'hex').toString('base64');
  return { file: LAYER_FILE, sha256: base64, size, unpackedSize };
}

/** The layer of an earlier build with the option would be taken for part of this one. */
function removeLayer(directory: string): void {
  const path = join(directory, LAYER_FILE);
  if (!existsSync(path)) return;
  removeManifest(directory);
  rmSync(path);
}

/** A manifest never describes other archives than those beside it, whenever a build is interrupted. */
function removeManifest(directory: string): void {
  rmSync(join(directory, MANIFEST_FILE), { force: true });
}

/** Its disposal drops a draft that was not taken. */
interface BegunPackage extends AsyncDisposable {
  /** The draft, if it begins with this part; the caller has to finish or drop it. */
  take(part: string): Draft | undefined;
}

/**
 * Begins a package while the engine is asked: most edits leave the dependencies as they were.
 * @returns undefined if there was no earlier build, or one of the same files
 */
export function beginPackage(
  { content }: Service,
  { directory, store, cache }: Omit<PackageFiles, 'begun'>,
): BegunPackage | undefined {
  const { lastPart } = cache;
  if (lastPart === undefined) return undefined;
  let draft: Draft | undefined;
  try {
    using part = store.openKnownPart(lastPart);
    if (cache.packageOf(packageInputs(part, content))) return undefined;
    const start = { file: part.path, length: part.facts.length };
    draft = startDraft(join(directory, PACKAGE_FILE), start);
    store.hashAhead(lastPart, part);
  } catch (error) {
    // What is gone or damaged is reported, and made again, when the part is opened.
    if (!(error instanceof DamagedFileError)) throw error;
  }
  return {
    take(part) {
      if (part !== lastPart) return undefined;
      const taken = draft;
      draft = undefined;
      return taken;
    },
    [Symbol.asyncDispose]: async () => (draft ? dropDraft(draft) : undefined),
  };
}

type CheckOptions = Pick<BuildOptions['output'], 'imports'> &
  Pick<BuildOptions['content'], 'excludeDistributions'>;

/**
 * What a build can tell of a package without running it.
 * @returns warnings
 * @throws IMPORT_NOT_FOUND
 */
export function checkPackage(
  { imports, excludeDistributions }: CheckOptions,
  { marker, files, importing }: Pick<Service, 'marker' | 'files' | 'importing'>,
  { whenNone, leftOut }: Pick<Dependencies, 'whenNone' | 'leftOut'>,
  facts: Pick<PartFacts, 'modules' | 'topLevel' | 'distributions' | 'leftOut'>,
): string[] {
  const { runtime } = marker;
  const isNone = facts.distributions.length === 0 && excludeDistributions.length === 0;
  const warnings = [
    ...(isNone && whenNone ? [whenNone()] : []),
    ...hiddenLibrary(facts, files, runtime),
    ...hiddenModules(facts, files),
  ];
  if (imports === 'off') return warnings;
  const { modules } = facts;
  const excluded = () =>
    new Map([
      ...(leftOut?.() ?? []),
      ...(facts.leftOut ?? []).map(
        ({ name, distributions: [distribution = name] }) => [name, distribution] as const,
      ),
    ]);
  const checked = checkImports(importing, { runtime, files, modules, leftOut: excluded });
  if (checked.missing.length > 0) {
    const message = describeMissing(checked.missing);
    if (imports === 'error') throw importNotFound(message);
    warnings.push(`${message}\n  ("imports": "error" on the build target makes this an error)`);
  }
  if (checked.leftOut.length > 0) {
    const lines = checked.leftOut.map((line) => `\n  ${line}`).join('');
    warnings.push(
      `a layer from elsewhere has to contain what "excludeDistributions" or "excludeFiles" leaves out:${lines}`,
    );
  }
  return warnings;
}

function importNotFound(message: string): LambdaPythonError {
  return new LambdaPythonError('IMPORT_NOT_FOUND', {
    message,
    hint: 'require what is missing, correct the import, or put it below `try: … except ImportError:` where the module can do without; "imports": "warn" on the build target only warns',
  });
}
