/** A service's sources as they are now, and what an edit of them means for what is served. */

import { join, posix } from 'node:path';
import {
  readImports,
  readMarker,
  readService,
  readServiceFiles,
  withReach,
  type Service,
} from '../assembly/service';
import { LambdaPythonError } from '../errors';
import type { ManifestHandler } from '../packaging/manifest';
import { SourceChangedError, type ServiceFile } from '../packaging/package';
import type { SourceCache } from '../packaging/source-cache';
import { walkTree } from '../platform/files/local-files';
import { parseModule } from '../python/module';
import { sourceTrees } from '../service/files';
import type { Marker } from '../service/marker';
import type { BuildOptions } from '../targets/build-target';

export interface LiveSources {
  marker: Marker;
  /** By their paths in the package. */
  files: ReadonlyMap<string, ServiceFile>;
  /** With the digest of what each reaches. */
  handlers: readonly ManifestHandler[];
  /** What keeps the present handlers from being found; they are then those of before. */
  fault?: LambdaPythonError;
}

/** How often files may vanish or change while they are read, as `git checkout` makes them. */
const ATTEMPTS = 10;

/**
 * @param last what it was before, for what cannot be read now
 * @throws the codes of `readService`, without a `last`
 */
export async function readSources(
  { service }: Pick<BuildOptions, 'service'>,
  cache: SourceCache,
  last?: LiveSources,
): Promise<LiveSources> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await readOnce(service, cache, last);
    } catch (error) {
      const isUnsteady = error instanceof SourceChangedError && attempts < ATTEMPTS;
      if (!isUnsteady) throw error;
    }
  }
}

async function readOnce(
  place: BuildOptions['service'],
  cache: SourceCache,
  last: LiveSources | undefined,
): Promise<LiveSources> {
  let marker = last?.marker;
  try {
    marker = readMarker(place);
    return await withHandlers(await readService(place, marker, cache), cache);
  } catch (error) {
    if (!(error instanceof LambdaPythonError) || !last || !marker) throw error;
    const files = readServiceFiles(place, marker);
    const handlers = last.handlers.filter(({ file }) => files.some((one) => one.file === file));
    const known = { marker, files, handlers: [...handlers] };
    return { ...(await withHandlers(known, cache)), fault: error };
  }
}

async function withHandlers(
  service: Pick<Service, 'marker' | 'files' | 'handlers'>,
  cache: SourceCache,
): Promise<LiveSources> {
  const { marker, files } = service;
  const handlers = withReach(service, await readImports(service, cache), null);
  return { marker, files: new Map(files.map((file) => [file.path, file])), handlers };
}

export interface Edit {
  /** New or with another content. */
  written: readonly ServiceFile[];
  /** Paths in the package. */
  removed: readonly string[];
  /** Lambda's `Handler` of those that reach some of it. */
  handlers: readonly string[];
}

export function compareSources(before: LiveSources, after: LiveSources): Edit {
  const isSame = (file: ServiceFile): boolean => {
    const old = before.files.get(file.path);
    return old?.sha256 === file.sha256 && old.executable === file.executable;
  };
  const reached = new Map(before.handlers.map(({ handler, reach }) => [handler, reach]));
  return {
    written: [...after.files.values()].filter((file) => !isSame(file)),
    removed: [...before.files.keys()].filter((path) => !after.files.has(path)),
    handlers: after.handlers
      .filter(({ handler, reach }) => reached.get(handler) !== reach)
      .map(({ handler }) => handler),
  };
}

/** `services/orders/orders/money.py:3:7 is not valid Python: …` for each of them that does not parse. */
export async function syntaxFaults(
  files: readonly ServiceFile[],
  { directory }: Marker,
): Promise<string[]> {
  const faults = files
    .filter(({ path }) => path.endsWith('.py'))
    .map(async ({ file, read }) => {
      const { syntaxError } = await parseModule(read());
      if (!syntaxError) return [];
      const { line, column, near, reason } = syntaxError;
      const what = [reason, near && `\`${near}\``].filter(Boolean).join(': ');
      return [`${posix.join(directory, file)}:${line}:${column} is not valid Python: ${what}`];
    });
  return (await Promise.all(faults)).flat();
}

/** Every directory that may have files of the service, absolute. */
export function sourceDirectories(workspaceRoot: string, marker: Marker): string[] {
  return sourceTrees(marker).flatMap(({ directory, rules }) => {
    const root = join(workspaceRoot, directory);
    const { directories } = walkTree(root, workspaceRoot, rules);
    return directories.map((path) => join(root, path));
  });
}
