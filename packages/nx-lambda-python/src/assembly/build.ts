/** The use case of building: decide what the dependencies are, resolve them, write the package with its manifest. */

import { join } from 'node:path';
import { LambdaPythonError } from '../errors';
import { PACKAGE_FILE, type ManifestSource } from '../packaging/manifest';
import { DamagedFileError, SourceChangedError } from '../packaging/package';
import type { SourceCache } from '../packaging/source-cache';
import { checkOut, readSourceState } from '../platform/git/git';
import { openSourceCache } from '../platform/store/records';
import { DiskWheelStore } from '../platform/store/wheel-store';
import { warn } from '../report/error-text';
import { counted, renderBytes } from '../report/text';
import type { BuildOptions } from '../targets/build-target';
import { withBytecode } from './bytecode';
import { packageDecision, readResolution } from './decide';
import { modeOf } from './dependencies';
import { ensureDependencies } from './resolve';
import { checkExcluded, readImports, readMarker, readService, type Service } from './service';
import { beginPackage, writeOutput, type BuiltPackage } from './write';

interface Built extends BuiltPackage {
  /** The wheel store had the dependencies. */
  hit: boolean;
}

/** Writes the package of these options and prints what it is. */
export async function build(options: BuildOptions): Promise<void> {
  const started = performance.now();
  const store = new DiskWheelStore();
  const { ref, service } = options;
  const built =
    ref === undefined
      ? await buildPackage(options, undefined, store)
      : await store.withDirectory(async (directory) => {
          const { root, commit } = await checkOut(service.workspaceRoot, ref, directory);
          console.log(`building ${commit.slice(0, 12)} (${ref}), not the working copy`);
          const place = { ...service, sourceRoot: root };
          return buildPackage({ ...options, service: place }, commit, store);
        });
  printSummary(built, options.output.path, performance.now() - started);
}

async function buildPackage(
  options: BuildOptions,
  commit: string | undefined,
  store: DiskWheelStore,
): Promise<Built> {
  const { workspaceRoot, projectRoot } = options.service;
  using sources = openSourceCache(store.root, join(workspaceRoot, projectRoot));
  const built = await withRepairs((begin) =>
    attemptBuild(options, commit, { store, cache: sources.cache }, begin),
  );
  sources.save();
  return built;
}

async function attemptBuild(
  options: BuildOptions,
  commit: string | undefined,
  { store, cache }: { store: DiskWheelStore; cache: SourceCache },
  begin: Begin,
): Promise<Built> {
  const { service, output, content } = options;
  const marker = readMarker(service);
  let reading: Promise<Service> | undefined;
  const read = () => (reading ??= readService(service, marker, cache));
  const resolution = readResolution(options, marker, store);
  const mode = modeOf(options, marker, store);
  // First, so that the engine answers while files are read. Faults of the service are reported first; those of an
  // engine that was asked meanwhile, below.
  const resolving = begin(ensureDependencies(options, resolution, mode, store, read));
  const complete = await read();
  const imports = await readImports(complete, cache);
  if (output.imports !== 'off') await checkExcluded(service, complete, imports);
  // Asked when the files have been read: what is edited until then is in the package, and in git's answer.
  const state = readState(service.workspaceRoot, commit);
  const decision = packageDecision(options, marker, complete.content, resolution.written);
  const files = { directory: join(service.workspaceRoot, output.path), store, cache };
  await using begun = content.layer ? undefined : beginPackage(complete, files);
  const dependencies = await resolving;
  const all = await withBytecode(dependencies, content, resolution, store, {
    ...complete,
    ...imports,
  });
  const from = { commit, state, decision, imports };
  const built = await writeOutput(options, complete, from, all, { ...files, begun });
  return { hit: dependencies.hit, ...built };
}

function readState(
  workspaceRoot: string,
  commit: string | undefined,
): Promise<ManifestSource | null> {
  return commit ? Promise.resolve({ commit, dirty: false }) : readSourceState(workspaceRoot);
}

function printSummary({ manifest, hit, warnings }: Built, directory: string, ms: number): void {
  const { size, unpackedSize, sha256 } = manifest.package;
  warn(warnings);
  const handlers = counted(manifest.handlers.length, 'handler');
  const distributions = counted(manifest.distributions.length, 'distribution');
  const source = hit ? 'from the wheel store' : `resolved by ${manifest.engine}`;
  console.log(
    `${handlers}, ${distributions} (${source}), ${manifest.runtime} ${manifest.architecture}`,
  );
  console.log(
    `${join(directory, PACKAGE_FILE)}: ${renderBytes(size)}, ${renderBytes(unpackedSize)} unzipped, sha256 ${sha256}`,
  );
  console.log(`built in ${(ms / 1000).toFixed(2)} s`);
}

/**
 * A dependency part, then the wheels that it is made of: no more than these two can be found damaged in turn. Files of
 * the service may change as often.
 */
const REPAIRS = 2;

/** Registers work that an attempt has begun and may not come to wait for. */
type Begin = <T>(work: Promise<T>) => Promise<T>;

/**
 * Tries a build again that found its files changed, or the store damaged. What was damaged has been removed from the
 * store, and each attempt reads the service, so the next one gets it again. It starts when all that the one before has
 * begun has ended: both would ask the engine, and run pip, for the same.
 */
export async function withRepairs<T>(build: (begin: Begin) => Promise<T>): Promise<T> {
  for (let repairs = 0; ; repairs += 1) {
    const begun: Promise<unknown>[] = [];
    try {
      return await build((work) => {
        begun.push(work);
        // The attempt waits for it and sees the error; if it has failed before, the error must not count as unhandled.
        work.catch(() => undefined);
        return work;
      });
    } catch (error) {
      if (error instanceof SourceChangedError) {
        if (repairs === REPAIRS) throw sourceChanged(error);
        console.warn(`${error.message}; reading it again`);
      } else if (error instanceof DamagedFileError && repairs < REPAIRS) {
        console.warn(`${error.message}; repairing it`);
      } else throw error;
      await Promise.allSettled(begun);
    }
  }
}

function sourceChanged(cause: SourceChangedError): LambdaPythonError {
  return new LambdaPythonError('SOURCE_CHANGED', {
    message: `\`${cause.path}\` kept changing while the package was being written`,
    hint: 'stop what writes it (a generator, a watcher), or leave it out with `exclude` in pyproject.toml, and run the same command again',
    cause,
  });
}
