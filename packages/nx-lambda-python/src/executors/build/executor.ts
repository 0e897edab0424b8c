/** `nx build <service>`: find or make the dependencies, put the package together, write it with its manifest. */

import type { ExecutorContext } from '@nx/devkit';
import { join } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { DamagedFileError, SourceChangedError } from '../../packaging/package';
import { checkOut } from '../../platform/git';
import { openSourceCache } from '../../platform/store/source-cache';
import { storeDirectory } from '../../platform/store/store-directory';
import { DiskWheelStore } from '../../platform/store/wheel-store';
import { renderBytes, renderError } from '../../report';
import { asTyped } from '../typed';
import { beginPackage } from './begin';
import { withBytecode } from './bytecode';
import { ensureDependencies } from './dependencies';
import { normalizeOptions, type BuildOptions } from './normalize';
import { writeOutput, type BuiltPackage } from './output';
import type { BuildExecutorSchema } from './schema';
import { readMarker, readService, type Service } from './service';

export default async function buildExecutor(
  schema: BuildExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  const started = performance.now();
  try {
    const options = normalizeOptions(asTyped(schema), context);
    const store = new DiskWheelStore(storeDirectory());
    const built = await withSources(options, store, (sources) => buildPackage(sources, store));
    printSummary(built, join(options.outputPath, 'package.zip'), performance.now() - started);
    return { success: true };
  } catch (error) {
    console.error(renderError(error));
    return { success: false };
  }
}

/** The working copy, or the commit that `ref` names in a directory of its own. */
async function withSources<T>(
  options: BuildOptions,
  store: DiskWheelStore,
  build: (options: BuildOptions & { commit?: string }) => Promise<T>,
): Promise<T> {
  const { ref, workspaceRoot } = options;
  if (ref === undefined) return build(options);
  return store.withDirectory(async (directory) => {
    const { root, commit } = await checkOut(workspaceRoot, ref, directory);
    console.log(`building ${commit.slice(0, 12)} (${ref}), not the working copy`);
    return build({ ...options, sourceRoot: root, commit });
  });
}

async function buildPackage(
  options: BuildOptions & { commit?: string },
  store: DiskWheelStore,
): Promise<BuiltPackage & { hit: boolean }> {
  const sources = openSourceCache(store.root, join(options.workspaceRoot, options.projectRoot));
  try {
    const marker = readMarker(options);
    const built = await withRepairs(async () => {
      let service: Promise<Service> | undefined;
      const read = () => (service ??= readService(options, marker, sources.cache));
      // First, so that the engine answers while files are read.
      const dependencies = ensureDependencies(options, marker, store, read);
      // Faults of the service are told first; those of an engine that was asked meanwhile, below.
      dependencies.catch(() => undefined);
      const { commit } = options;
      const complete = { ...(await read()), commit };
      const begun = beginPackage(options, complete, store, sources.cache);
      try {
        const found = await dependencies;
        const all = await withBytecode(found, options, marker, store);
        const output = await writeOutput(options, complete, all, store, sources.cache, begun);
        return { hit: found.hit, ...output };
      } finally {
        await begun?.close();
      }
    });
    sources.save();
    return built;
  } finally {
    sources.close();
  }
}

/**
 * A dependency part, then the wheels that it is made of: more than these two cannot be found damaged in turn. As often
 * files may change that the package was to have.
 */
const REPAIRS = 2;

/** What was found damaged in the store has been removed, and each attempt reads the service: the next one gets it again. */
async function withRepairs<T>(build: () => Promise<T>): Promise<T> {
  for (let repairs = 0; ; repairs += 1) {
    try {
      return await build();
    } catch (error) {
      if (error instanceof SourceChangedError) {
        if (repairs === REPAIRS) throw sourceChanged(error);
        console.warn(`${error.message}; reading it again`);
      } else if (error instanceof DamagedFileError && repairs < REPAIRS) {
        console.warn(`${error.message}; repairing it`);
      } else throw error;
    }
  }
}

function sourceChanged(cause: SourceChangedError): LambdaPythonError {
  return new LambdaPythonError('SOURCE_CHANGED', {
    message: `\`${cause.path}\` changes again and again while the package is written`,
    hint: 'end what writes it (a generator, a watcher), or leave it out by `exclude` in pyproject.toml, and run the same command again',
    cause,
  });
}

function printSummary(
  { manifest, hit, warnings }: BuiltPackage & { hit: boolean },
  file: string,
  milliseconds: number,
): void {
  const { size, unpackedSize, sha256 } = manifest.package;
  for (const warning of warnings) console.warn(`warning: ${warning}`);
  const handlers = count(manifest.handlers.length, 'handler');
  const distributions = count(manifest.distributions.length, 'distribution');
  const source = hit ? 'from the wheel store' : `resolved by ${manifest.engine}`;
  console.log(
    `${handlers}, ${distributions} (${source}), ${manifest.runtime} ${manifest.architecture}`,
  );
  console.log(
    `${file}: ${renderBytes(size)}, ${renderBytes(unpackedSize)} unzipped, sha256 ${sha256}`,
  );
  console.log(`built in ${(milliseconds / 1000).toFixed(2)} s`);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
