/** `"layer": true`: dependencies and service in archives of their own. */

import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { partPrefix, planPart, writePart } from '../packaging/dependency-part';
import { LAYER_FILE, MANIFEST_FILE, type BuildManifest } from '../packaging/manifest';
import { DamagedFileError, checkPaths, type ServiceFile } from '../packaging/package';
import { startDraft, writeWholeAfter } from '../platform/files/begun-files';
import { hashFile } from '../platform/files/files';
import type { OpenPart } from '../platform/store/open-part';
import type { DiskWheelStore } from '../platform/store/wheel-store';

const LAYER = { excludeDistributions: [], collisions: {}, layer: false, interpreter: null };

/** A part without distributions, which a package begins with whose dependencies are in a layer. */
export function openEmptyPart(store: DiskWheelStore): Promise<OpenPart> {
  const { digest, wheels } = planPart([], LAYER);
  return store.openPart(digest, wheels, (open, sink) => writePart(open, LAYER, sink));
}

/**
 * Writes `layer.zip`, which is the part as it stands.
 * @throws ENTRY_COLLISION where a file of the service would hide one of the layer
 */
export async function writeLayer(
  directory: string,
  part: OpenPart,
  files: readonly ServiceFile[],
): Promise<NonNullable<BuildManifest['layer']>> {
  checkPaths(part, files, partPrefix({ layer: true }));
  const path = join(directory, LAYER_FILE);
  const { size, sha256, unpackedSize } = part.facts;
  const isThere = statSync(path, { throwIfNoEntry: false })?.size === size;
  if (!isThere || hashFile(path, 'hex') !== sha256) {
    if (part.path !== undefined && hashFile(part.path, 'hex') !== sha256) {
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

/** One of an earlier build that had the option would be taken for part of this one. */
export function removeLayer(directory: string): void {
  const path = join(directory, LAYER_FILE);
  if (!existsSync(path)) return;
  removeManifest(directory);
  rmSync(path);
}

/** A manifest never stands beside archives that it does not describe, whenever a build is interrupted. */
export function removeManifest(directory: string): void {
  rmSync(join(directory, MANIFEST_FILE), { force: true });
}
