/** `nx build <service>`: find or make the dependencies, put the package together, write it with its manifest. */

import type { ExecutorContext } from '@nx/devkit';
import { join } from 'node:path';
import type { ManifestSource } from '../packaging/manifest';
import { checkOut, readSourceState } from '../platform/git/git';
import { openSourceCache } from '../platform/store/source-cache';
import { storeDirectory } from '../platform/store/store-directory';
import { DiskWheelStore } from '../platform/store/wheel-store';
import { renderError } from '../report/error-text';
import { renderBytes } from '../report/text';
import { beginPackage } from '../assembly/begin';
import { withBytecode } from '../assembly/bytecode';
import { presentDecision } from '../assembly/decision';
import { ensureDependencies, modeOf, readResolution } from '../assembly/dependencies';
import { normalizeOptions, type BuildOptions } from '../assembly/normalize';
import { writeOutput, type BuiltPackage } from '../assembly/output';
import { withRepairs } from '../assembly/repairs';
import type { BuildExecutorSchema } from '../schemas/build';
import { readMarker, readService, type Service } from '../assembly/service';
import { commandsOf } from '../targets/project';
import { asTyped } from '../targets/options';

export default async function buildExecutor(
  schema: BuildExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  try {
    await build(normalizeOptions(asTyped(schema), context));
    return { success: true };
  } catch (error) {
    console.error(renderError(error, commandsOf(context)));
    return { success: false };
  }
}

/** Writes the package of these options and says what it is. */
export async function build(options: BuildOptions): Promise<void> {
  const started = performance.now();
  const store = new DiskWheelStore(storeDirectory());
  const built = await withSources(options, store, (sources) => buildPackage(sources, store));
  printSummary(built, join(options.outputPath, 'package.zip'), performance.now() - started);
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
    const mode = modeOf(options, marker, store);
    const built = await withRepairs(async (begin) => {
      let service: Promise<Service> | undefined;
      const read = () => (service ??= readService(options, marker, sources.cache));
      const resolution = readResolution(options, marker, mode.commands);
      // First, so that the engine answers while files are read. Faults of the service are told first; those of an
      // engine that was asked meanwhile, below.
      const dependencies = begin(
        ensureDependencies(options, marker, mode, resolution, store, read),
      );
      const complete = await read();
      // Asked when the files have been read: what is edited until then is in the package, and in git's answer.
      const state = readState(options);
      const decision = presentDecision(options, marker, complete.content, resolution.written);
      const begun = beginPackage(options, complete, store, sources.cache);
      try {
        const found = await dependencies;
        const all = await withBytecode(found, options, marker, store);
        const from = { commit: options.commit, state, decision };
        const output = await writeOutput(options, complete, from, all, store, sources.cache, begun);
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

function readState({
  commit,
  workspaceRoot,
}: BuildOptions & { commit?: string }): Promise<ManifestSource | null> {
  return commit ? Promise.resolve({ commit, dirty: false }) : readSourceState(workspaceRoot);
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
