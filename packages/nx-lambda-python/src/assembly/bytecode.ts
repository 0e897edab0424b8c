/** `"bytecode": true`: dependencies with their bytecode, compiled once for each dependency part. */

import type { ByteSink } from '../packaging/zip/write';
import { BYTECODE_FORMAT, writeBytecodePart } from '../packaging/bytecode-part';
import { digestOf } from '../packaging/requirements/canonical-json';
import { partPrefix, type WrittenPart } from '../packaging/dependency-part';
import { ensureInstalledTree } from '../packaging/installed-tree';
import { DamagedFileError } from '../packaging/package';
import { compilePart } from '../platform/bytecode/compile';
import { hashFile, openFile } from '../platform/files/files';
import type { DiskWheelStore } from '../platform/store/wheel-store';
import type { ContentOptions } from '../targets/build-target';
import { keyAndPlace, type Resolution } from './decide';
import type { Dependencies } from './dependencies';
import { chooseImage } from './resolve';

/**
 * The same dependencies, with bytecode beside their modules. It depends on them alone, so that an edit of
 * the service compiles nothing and starts no container.
 */
export async function withBytecode(
  dependencies: Dependencies,
  { bytecodeMb, layer }: ContentOptions,
  resolution: Resolution,
  store: DiskWheelStore,
): Promise<Dependencies> {
  if (bytecodeMb === null || dependencies.engine === 'none') return dependencies;
  const { runtime, architecture } = resolution.settings.target;
  const budget = bytecodeMb * 1e6;
  const key = digestOf({
    format: BYTECODE_FORMAT,
    part: dependencies.part,
    runtime: runtime.name,
    image: dependencies.image,
    budget,
  });
  const part = store.readTree(key)?.part ?? (await compileOnce());
  if (part === undefined) return dependencies;
  return { ...dependencies, part, openPart: () => Promise.resolve(store.openKnownPart(part)) };

  /** Undefined if all distributions are left out of the package. */
  async function compileOnce(): Promise<string | undefined> {
    const archive = await soundPart(dependencies, store);
    if (archive === undefined) return undefined;
    const { value: tree } = await ensureInstalledTree(key, store, async (directory) => {
      const image = dependencies.image === null ? undefined : await chooseImage(resolution, store);
      const { place } = keyAndPlace(resolution, image);
      const where = place ? `in ${place.image.engine}, ${place.image.name}` : 'on this machine';
      console.log(`compiling bytecode for ${runtime.name} ${where}`);
      const request = { runtime, architecture, archive };
      const compiled = await compilePart(directory, request, place, resolution.exec);
      return {
        image: dependencies.image ?? '',
        engine: dependencies.engine,
        write: (sink) => writeFrom(compiled, sink),
      };
    });
    return tree.part;
  }

  async function writeFrom(compiled: string, sink: ByteSink): Promise<WrittenPart> {
    using plain = await dependencies.openPart();
    using bytecode = openFile(compiled);
    const prefix = partPrefix({ layer });
    return await writeBytecodePart(plain, bytecode, { budget, prefix }, sink);
  }
}

/** The file of the dependency part, whose bytes are what they were; undefined if it is empty. */
async function soundPart(
  dependencies: Dependencies,
  store: DiskWheelStore,
): Promise<string | undefined> {
  using part = await dependencies.openPart();
  const { path, facts } = part;
  if (path === undefined || hashFile(path) === facts.sha256) return path;
  store.dropPart(dependencies.part);
  throw new DamagedFileError('the dependency part in the wheel store is damaged');
}
