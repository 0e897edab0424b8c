/** Writes `package.zip` and `manifest.json`. */

import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Decision } from '../packaging/inputs/decision';
import {
  MANIFEST_FILE,
  PACKAGE_FILE,
  renderManifest,
  type BuildManifest,
  type ManifestSource,
} from '../packaging/manifest';
import {
  checkUnpackedSize,
  DamagedFileError,
  packageInputs,
  writePackage,
  type PackageFacts,
} from '../packaging/package';
import type { KnownPackage, SourceCache } from '../packaging/source-cache';
import { dropDraft, startDraft, writeWholeAfter } from '../platform/files/begun-files';
import { beginsWith, hashFile, writeTextWhole } from '../platform/files/files';
import type { OpenPart } from '../platform/store/open-part';
import type { DiskWheelStore } from '../platform/store/wheel-store';
import type { BegunPackage } from './begin';
import { checkPackage } from './checks';
import type { Dependencies } from './dependencies';
import { openEmptyPart, removeLayer, removeManifest, writeLayer } from './layer';
import type { BuildOptions } from './normalize';
import type { Service } from './service';

/** What a build knows of its sources. */
export interface BuiltSources {
  /** With the option `ref`. */
  commit: string | undefined;
  /** Of git, asked when the build began. */
  state: Promise<ManifestSource | null>;
  decision: Decision;
}

export interface BuiltPackage {
  manifest: BuildManifest;
  warnings: string[];
}

export async function writeOutput(
  options: BuildOptions,
  service: Service,
  sources: BuiltSources,
  dependencies: Dependencies,
  store: DiskWheelStore,
  cache: SourceCache,
  begun?: BegunPackage,
): Promise<BuiltPackage> {
  const directory = join(options.workspaceRoot, options.outputPath);
  const manifestFile = join(directory, MANIFEST_FILE);
  const { layer } = options;
  const part = await dependencies.openPart(layer ? undefined : join(directory, PACKAGE_FILE));
  try {
    const found = checkPackage(options, service, dependencies, part.facts);
    const archives = { part, digest: dependencies.part, store, cache, begun };
    const { layer: written, ...facts } = await ensureArchives(
      options,
      directory,
      service,
      archives,
    );
    const manifest: BuildManifest = {
      format: 2,
      project: options.project,
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
      handlers: service.handlers,
      distributions: part.facts.distributions.map(({ name, version, wheel, sha256 }) => ({
        name,
        version,
        wheel,
        sha256,
      })),
    };
    writeTextWhole(manifestFile, renderManifest(manifest));
    return { manifest, warnings: [...part.facts.warnings, ...found] };
  } catch (error) {
    if (error instanceof DamagedFileError) store.dropPart(dependencies.part);
    throw error;
  } finally {
    part.close();
  }
}

interface Given {
  part: OpenPart;
  /** The part's, in the store. */
  digest: string;
  store: DiskWheelStore;
  cache: SourceCache;
  begun: BegunPackage | undefined;
}

async function ensureArchives(
  { layer }: BuildOptions,
  directory: string,
  service: Service,
  { part, digest, store, cache, begun }: Given,
): Promise<PackageFacts & { layer?: BuildManifest['layer'] }> {
  if (!layer) {
    const facts = await ensurePackage(directory, part, service, cache, { digest, begun });
    removeLayer(directory);
    return facts;
  }
  const nothing = await openEmptyPart(store);
  try {
    const written = await writeLayer(directory, part, service.files);
    const facts = await ensurePackage(directory, nothing, service, cache);
    // Lambda counts both.
    checkUnpackedSize(facts.unpackedSize + written.unpackedSize, part.facts.distributions);
    return { ...facts, layer: written };
  } finally {
    nothing.close();
  }
}

/** What the last build made of the same inputs stays, if its bytes are still those. */
async function ensurePackage(
  directory: string,
  part: OpenPart,
  { files, content }: Service,
  cache: SourceCache,
  { digest, begun }: Partial<Pick<Given, 'digest' | 'begun'>> = {},
): Promise<PackageFacts> {
  const path = join(directory, PACKAGE_FILE);
  const inputs = packageInputs(part, content);
  const known = cache.packageOf(inputs);
  if (known && holds(path, part, known)) {
    if (part.draft) await dropDraft(part.draft);
    return known.facts;
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
  const tail = hashFile(path, 'hex', part.facts.length);
  cache.keepPackage({ part: digest, inputs, facts, tail });
  return facts;
}

/** Comparing with the part is as sure as hashing all, and takes half as long. */
function holds(path: string, { archive, facts }: OpenPart, known: KnownPackage): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.size !== known.facts.size) return false;
  const { length } = facts;
  return beginsWith(path, archive, length) && hashFile(path, 'hex', length) === known.tail;
}
