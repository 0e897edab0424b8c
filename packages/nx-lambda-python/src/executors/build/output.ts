/** Writes `package.zip` and `manifest.json`. */

import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  MANIFEST_FILE,
  PACKAGE_FILE,
  renderManifest,
  type BuildManifest,
} from '../../packaging/manifest';
import {
  DamagedFileError,
  packageInputs,
  writePackage,
  type PackageFacts,
  type ServiceFile,
} from '../../packaging/package';
import type { SourceCache } from '../../packaging/source-cache';
import { hashFile, writeTextWhole, writeWholeAfter } from '../../platform/files';
import type { DiskWheelStore, OpenPart } from '../../platform/wheel-store';
import type { Dependencies } from './dependencies';
import type { BuildOptions } from './normalize';
import type { Service } from './service';

export interface BuiltPackage {
  manifest: BuildManifest;
  warnings: string[];
}

export async function writeOutput(
  options: BuildOptions,
  service: Service,
  dependencies: Dependencies,
  store: DiskWheelStore,
  cache: SourceCache,
): Promise<BuiltPackage> {
  const directory = join(options.workspaceRoot, options.outputPath);
  const manifestFile = join(directory, MANIFEST_FILE);
  const part = await dependencies.openPart();
  try {
    const facts = await ensurePackage(directory, part, service.files, cache);
    const manifest: BuildManifest = {
      format: 1,
      project: options.project,
      package: { file: PACKAGE_FILE, ...facts },
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
    return { manifest, warnings: part.facts.warnings };
  } catch (error) {
    if (error instanceof DamagedFileError) store.dropPart(dependencies.part);
    throw error;
  } finally {
    part.close();
  }
}

/** What the last build made of the same inputs stays, if its bytes are still those. */
async function ensurePackage(
  directory: string,
  part: OpenPart,
  files: readonly ServiceFile[],
  cache: SourceCache,
): Promise<PackageFacts> {
  const path = join(directory, PACKAGE_FILE);
  const inputs = packageInputs(part, files);
  const known = cache.packageOf(inputs);
  if (known && holds(path, known)) return known;
  const facts = await writeWholeAfter(
    path,
    { file: part.path, length: part.facts.length },
    (open) => writePackage(part, files, cache.compress, open),
    () => {
      // A manifest never stands beside a package that it does not describe, whenever this is interrupted.
      rmSync(join(directory, MANIFEST_FILE), { force: true });
      // Some systems flush a file that takes another one's place, which takes longer than all the rest.
      rmSync(path, { force: true });
    },
  );
  cache.keepPackage(inputs, facts);
  return facts;
}

function holds(path: string, { size, sha256 }: PackageFacts): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.size !== size) return false;
  return hashFile(path, 'base64') === sha256;
}
