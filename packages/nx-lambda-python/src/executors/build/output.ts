/** Writes `package.zip` and `manifest.json`. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  MANIFEST_FILE,
  PACKAGE_FILE,
  renderManifest,
  type BuildManifest,
} from '../../packaging/manifest';
import { DamagedFileError, writePackage } from '../../packaging/package';
import { writeTextWhole, writeWhole } from '../../platform/files';
import type { DiskWheelStore } from '../../platform/wheel-store';
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
): Promise<BuiltPackage> {
  const directory = join(options.workspaceRoot, options.outputPath);
  const manifestFile = join(directory, MANIFEST_FILE);
  const part = await dependencies.openPart();
  try {
    // A manifest never stands beside a package that it does not describe, whenever this is interrupted.
    rmSync(manifestFile, { force: true });
    const facts = writeWhole(join(directory, PACKAGE_FILE), (output) =>
      writePackage(part, service.files, output),
    );
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
