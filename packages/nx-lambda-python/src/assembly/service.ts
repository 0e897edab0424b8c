/** Reads a service from disk: its marker, the files that go into the package, its handlers. */

import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { LambdaPythonError } from '../errors';
import {
  contentDigest,
  readUnchanged,
  SourceChangedError,
  type ServiceFile,
} from '../packaging/package';
import { hexDigest } from '../packaging/requirements/canonical-json';
import { findExcludedImport, type PatternOf } from '../packaging/excluded-imports';
import { type ImportGraph, readImportGraph, type ReadOwn } from '../packaging/import-graph';
import type { ImportingModule } from '../packaging/imports-check';
import type { ManifestHandler } from '../packaging/manifest';
import { OwnModules } from '../packaging/own-modules';
import { reachDigests } from '../packaging/reach-digest';
import type { SourceCache } from '../packaging/source-cache';
import type { SourceFile } from '../platform/files/local-files';
import { metadataFile, type OwnMetadata } from '../service/own-metadata';
import { ANY_PACKAGE, checkNames, selectFiles } from '../service/files';
import { entryName } from '../service/roots';
import { discoverHandlers, type Handler } from '../service/discover';
import { MARKER_FILE, parseMarker, type Marker } from '../service/marker';
import { parseModule, type PythonModule } from '../python/module';
import { listSources, readListed, type Place } from './sources';

export interface Service {
  marker: Marker;
  files: ServiceFile[];
  /** Digest of the files, see `contentDigest`. */
  content: string;
  handlers: Handler[];
  /** The handler modules, with what they import. */
  importing: ImportingModule[];
}

/** @throws ENTRY_COLLISION, and the codes of `discoverHandlers` */
export async function readService(
  place: Place,
  marker: Marker,
  cache: SourceCache,
): Promise<Service> {
  const root = join(place.sourceRoot, marker.directory);
  const listed = listSources(place, marker);
  // What decides is read once: a file may be edited at any moment.
  const digests = new Map<string, string>();
  const paths = listed.map(({ path }) => path);
  const importing: ImportingModule[] = [];
  const read = async (path: string): Promise<PythonModule> => {
    const content = readListed(root, path);
    const sha256 = hexDigest(content);
    digests.set(path, sha256);
    const module = await cache.parse(sha256, () => parseModule(content));
    importing.push({ file: path, path: entryName(marker, path) ?? path, imports: module.imports });
    return module;
  };
  const handlers = await discoverHandlers(marker, paths, read).catch(() => {
    // What is wrong is told by files that cannot be in this package, too.
    const all = listSources(place, marker, ANY_PACKAGE).map(({ path }) => path);
    return discoverHandlers(marker, all, read);
  });
  // They were parsed in any order.
  importing.sort((a, b) => (a.file < b.file ? -1 : 1));
  const files = readFiles(place, marker, listed, digests);
  return { marker, files, content: contentDigest(files), handlers, importing };
}

/** Reads modules of a service by their paths in the package, each once. */
export function moduleReader(files: readonly ServiceFile[], cache: SourceCache): ReadOwn {
  const byPath = new Map(files.map((file) => [file.path, file]));
  return async (path) => {
    const file = byPath.get(path);
    if (!file) throw new SourceChangedError(path);
    return cache.parse(file.sha256, () => parseModule(readUnchanged(file)));
  };
}

/** What the handlers import, and all that this imports. */
export interface HandlerImports {
  /** Files of the handlers' modules in the package, in their order. */
  starts: string[];
  own: OwnModules;
  graph: ImportGraph;
  read: ReadOwn;
}

export async function readImports(
  { marker, files, handlers }: Pick<Service, 'marker' | 'files' | 'handlers'>,
  cache: SourceCache,
): Promise<HandlerImports> {
  const own = new OwnModules(files);
  const starts = handlers.map(({ file }) => entryName(marker, file) ?? file);
  const read = moduleReader(files, cache);
  return { starts, own, read, graph: await readImportGraph(starts, own, read) };
}

/** The handlers as the manifest has them. @param dependencies see `ReachSurroundings` */
export function withReach(
  { marker, files, handlers }: Pick<Service, 'marker' | 'files' | 'handlers'>,
  { starts, graph, own }: HandlerImports,
  dependencies: string | null,
): ManifestHandler[] {
  const { runtime, architecture } = marker;
  const surroundings = { runtime, architecture, dependencies };
  const digests = reachDigests(starts, graph, own, files, surroundings);
  return handlers.map((handler, index) => ({ ...handler, reach: digests[index] }));
}

/**
 * Refuses a handler that must import what `exclude` keeps out of the package.
 * @throws IMPORT_NOT_FOUND
 */
export async function checkExcluded(
  { sourceRoot }: Place,
  { marker, files }: Pick<Service, 'marker' | 'files'>,
  imports: HandlerImports,
): Promise<void> {
  const patterns = marker.exclude.filter((pattern) => !pattern.startsWith('!'));
  if (patterns.length === 0) return;
  const exceptions = marker.exclude.filter((pattern) => pattern.startsWith('!'));
  const patternOf: PatternOf = (module) => {
    const file = [marker.root, ...marker.roots]
      .flatMap((top) =>
        [`${module}/__init__.py`, `${module}.py`].map((path) => posix.join(top, path)),
      )
      .find((path) => existsSync(join(sourceRoot, marker.directory, path)));
    const isLeftOut = (...exclude: string[]): boolean =>
      file !== undefined && selectFiles({ ...marker, exclude }, [file]).length === 0;
    // By default, or by `include`.
    if (isLeftOut(...exceptions)) return undefined;
    return patterns.findLast((pattern) => isLeftOut(...exceptions, pattern));
  };
  const found = await findExcludedImport(imports.starts, patternOf, imports, imports.read);
  if (!found) return;
  const { file: path, line, module, pattern } = found;
  const file = files.find((one) => one.path === path)?.file ?? path;
  throw new LambdaPythonError('IMPORT_NOT_FOUND', {
    message: `\`${file}\` line ${line} imports \`${module}\`, which the pattern \`${pattern}\` of \`exclude\` leaves out of the package`,
    hint: `correct \`exclude\` in \`${marker.path}\`, or put the import below \`try: … except ImportError:\` where the module can do without`,
  });
}

/** Digest of the files alone, as `Service.content`: no module is parsed. */
export function readContent(place: Place, marker: Marker): string {
  return contentDigest(readServiceFiles(place, marker));
}

export function readServiceFiles(place: Place, marker: Marker): ServiceFile[] {
  return readFiles(place, marker, listSources(place, marker));
}

function readFiles(
  { sourceRoot }: Place,
  marker: Marker,
  listed: readonly SourceFile[],
  digests: ReadonlyMap<string, string> = new Map(),
): ServiceFile[] {
  const root = join(sourceRoot, marker.directory);
  const executable = new Map(listed.map((file) => [file.path, file.executable]));
  const selected = selectFiles(
    marker,
    listed.map(({ path }) => path),
  );
  const nameOf = (path: string): string => entryName(marker, path) ?? path;
  checkNames(selected, nameOf);
  const files = selected.map((path) => ({
    path: nameOf(path),
    file: path,
    executable: executable.get(path) ?? false,
    read: () => readListed(root, path),
    sha256: digests.get(path) ?? hexDigest(readListed(root, path)),
  }));
  return marker.metadata ? [...files, ofMetadata(marker.metadata)] : files;
}

function ofMetadata(metadata: OwnMetadata): ServiceFile {
  const { path, text } = metadataFile(metadata);
  const content = Buffer.from(text);
  return {
    path,
    file: MARKER_FILE,
    executable: false,
    read: () => content,
    sha256: hexDigest(content),
  };
}

/** @throws MARKER_MISSING, MARKER_INVALID, RUNTIME_UNKNOWN */
export function readMarker({ sourceRoot, projectRoot }: Place): Marker {
  const path = posix.join(projectRoot, MARKER_FILE);
  const file = join(sourceRoot, path);
  if (!existsSync(file)) {
    throw new LambdaPythonError('MARKER_MISSING', {
      message: `\`${path}\` does not exist, so this project is not a service`,
      hint: 'create one with `nx g nx-lambda-python:project`, or add a pyproject.toml with a [tool.nx-lambda-python] table',
    });
  }
  return parseMarker(readFileSync(file, 'utf8'), path);
}
