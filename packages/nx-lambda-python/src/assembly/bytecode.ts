/** The option `bytecode`: dependencies with their bytecode, compiled once for each dependency part. */

import type { ByteSink } from '../packaging/zip/write';
import { BYTECODE_FORMAT, writeBytecodePart } from '../packaging/bytecode-part';
import { digestOf } from '../packaging/requirements/canonical-json';
import { partPrefix, type WrittenPart } from '../packaging/dependency-part';
import { ensureInstalledTree, type InstalledTree } from '../packaging/installed-tree';
import { DamagedFileError } from '../packaging/package';
import { compilePart, type ImportFailure } from '../platform/bytecode/compile';
import { isLambdas } from '../python/stdlib';
import { hashFile, openFile } from '../platform/files/files';
import type { DiskWheelStore, OpenPart } from '../platform/store/wheel-store';
import type { ContentOptions } from '../targets/build-target';
import { keyAndPlace, type Resolution } from './decide';
import type { Dependencies } from './dependencies';
import { chooseImage } from './resolve';
import type { HandlerImports, Service } from './service';

/**
 * The same dependencies, with bytecode beside their modules. Of all modules, it depends on them alone, so that an edit
 * of the service compiles nothing and starts no container; of imported ones, on the service, too.
 */
export async function withBytecode(
  dependencies: Dependencies,
  { bytecodeMb, bytecodeImported: isImported, layer }: ContentOptions,
  resolution: Resolution,
  store: DiskWheelStore,
  service: ImportedService,
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
    // The service decides what is imported; else it changes nothing.
    ...(isImported && { service: service.content, handlers: handlerModules(service) }),
  });
  const tree = store.readTree(key) ?? (await compileOnce());
  if (tree === undefined) return dependencies;
  const { part, warnings = [] } = tree;
  const openPart = async (): Promise<OpenPart> => {
    const open = store.openKnownPart(part);
    return { ...open, facts: { ...open.facts, warnings: [...open.facts.warnings, ...warnings] } };
  };
  return { ...dependencies, part, openPart };

  /** Undefined if all distributions are left out of the package. */
  async function compileOnce(): Promise<InstalledTree | undefined> {
    const archive = await soundPart(dependencies, store);
    if (archive === undefined) return undefined;
    const { value } = await ensureInstalledTree(key, store, async (directory) => {
      const image = dependencies.image === null ? undefined : await chooseImage(resolution, store);
      const { place } = keyAndPlace(resolution, image);
      const where = place ? `in ${place.image.engine}, ${place.image.name}` : 'on this machine';
      console.log(`compiling bytecode for ${runtime.name} ${where}`);
      const prefix = partPrefix({ layer });
      const imports = isImported
        ? {
            prefix,
            files: service.files,
            handlers: handlerModules(service),
            reached: [...service.graph.keys()].sort(),
          }
        : undefined;
      const request = { runtime, architecture, archive, imports };
      const compiled = await compilePart(directory, request, place, resolution.exec);
      return {
        image: dependencies.image ?? '',
        engine: dependencies.engine,
        ...(imports && { warnings: describe(compiled.failures) }),
        write: (sink) => writeFrom(compiled.path, prefix, sink),
      };
    });
    return value;
  }

  async function writeFrom(path: string, prefix: string, sink: ByteSink): Promise<WrittenPart> {
    using plain = await dependencies.openPart();
    using bytecode = openFile(path);
    return await writeBytecodePart(plain, bytecode, { budget, prefix, isImported }, sink);
  }
}

/** What is imported, and all that decides it. */
type ImportedService = Pick<Service, 'files' | 'content' | 'handlers'> &
  Pick<HandlerImports, 'graph'>;

/** Modules, sorted: several handlers may be in one. */
function handlerModules({ handlers }: Pick<Service, 'handlers'>): string[] {
  const modules = handlers.map(({ handler }) => handler.slice(0, handler.lastIndexOf('.')));
  return [...new Set(modules)].sort();
}

/** What only Lambda itself has is missing in the image, and no fault of the handler. */
function describe(failures: readonly ImportFailure[]): string[] {
  return failures
    .filter(({ missing }) => missing === null || !isLambdas(missing.split('.')[0] ?? ''))
    .map(
      ({ handler, message }) =>
        `\`${handler}\` could not be imported to find what needs bytecode: ${message}; what it had imported until then, and what its modules import at their top, has some`,
    );
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
