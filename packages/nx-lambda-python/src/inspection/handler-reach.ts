/** What each handler of a built package reaches: files of the service, and distributions with what these require. */

import { modulesOf } from '../packaging/dependency-part';
import { readImportGraph, type ReadOwn } from '../packaging/import-graph';
import type { InstalledDistribution } from '../packaging/installed-distributions';
import type { BuildManifest } from '../packaging/manifest';
import { isPython, OwnModules } from '../packaging/own-modules';
import { reachOf } from '../packaging/reach';
import { hexDigest } from '../packaging/requirements/canonical-json';
import {
  evaluateMarker,
  parseRequirement,
  runtimeEnvironment,
  type MarkerEnvironment,
} from '../packaging/requirements/requirement';
import type { SourceCache } from '../packaging/source-cache';
import { normalizeName } from '../packaging/wheel/names';
import { readContent } from '../packaging/zip/verify';
import { parseModule } from '../python/module';
import { findRuntime } from '../service/runtimes';
import type { PackageContents, PackagedFile } from './contents';

export interface ReachingHandler {
  name: string;
  /** Its imports are not all told by the text: it reaches every file. */
  isEverything: boolean;
  files: PackagedFile[];
  /** Names, sorted. */
  distributions: string[];
}

/** @param cache parses a module of the service once, whatever command reads it */
export async function handlerReaches(
  { files, distributions }: PackageContents,
  { handlers, runtime, architecture }: Pick<BuildManifest, 'handlers' | 'runtime' | 'architecture'>,
  cache: SourceCache,
): Promise<ReachingHandler[]> {
  const ofService = new Map(files.filter(({ isOwn }) => isOwn).map((file) => [file.path, file]));
  const read = (path: string): { content: Buffer; sha256: string } => {
    const file = ofService.get(path);
    const content = file ? readContent(file.archive, file.entry) : Buffer.alloc(0);
    return { content, sha256: hexDigest(content) };
  };
  const own = new OwnModules(
    [...ofService.keys()].map((path) => ({
      path,
      // Only an empty module is told from others by it.
      sha256: isPython(path) ? read(path).sha256 : '',
    })),
  );
  const parse: ReadOwn = (path) => {
    const { content, sha256 } = read(path);
    return cache.parse(sha256, () => parseModule(content));
  };
  const starts = handlers.map(({ name, handler }) => {
    const module = handler.split('.').slice(0, -1).join('/');
    return { name, file: own.filesOf(module)[0] ?? '' };
  });
  const graph = await readImportGraph(starts.map(({ file }) => file).filter(Boolean), own, parse);
  const modules = modulesOf(
    files
      .filter(({ isOwn }) => !isOwn)
      .map(({ path, distribution }) => ({ path, distribution: distribution?.name })),
  );
  const known = findRuntime(runtime);
  const environment = known ? runtimeEnvironment(known, architecture) : NOTHING_KNOWN;
  return starts.map(({ name, file }) => {
    const reach = reachOf(file, graph, own);
    if (reach.everything.length > 0) {
      const all = distributions.map((one) => one.name);
      return { name, isEverything: true, files, distributions: all };
    }
    const imported = modules
      .filter((module) => reach.names.has(module.name))
      .flatMap((module) => module.distributions);
    const needed = withRequired(imported, distributions, environment);
    const isReached = ({ path, isOwn, distribution }: PackagedFile): boolean =>
      isOwn
        ? !isPython(path) || reach.files.has(path)
        : distribution !== null && needed.has(distribution);
    return {
      name,
      isEverything: false,
      files: files.filter(isReached),
      distributions: [...needed].map((one) => one.name).sort(),
    };
  });
}

/** No marker is false in it. */
const NOTHING_KNOWN: MarkerEnvironment = { values: {}, ranges: {} };

/**
 * Distributions and all that they require in turn, as far as the package has it. Nothing in it tells which of their
 * extras were asked for: all count.
 */
function withRequired(
  names: readonly string[],
  installed: readonly InstalledDistribution[],
  environment: MarkerEnvironment,
): Set<InstalledDistribution> {
  const byName = new Map(installed.map((one) => [normalizeName(one.name), one]));
  const reached = new Set(names.flatMap((name) => byName.get(normalizeName(name)) ?? []));
  // A set that grows is walked to its end.
  for (const { requires, extras } of reached) {
    const asked = new Set(['', ...extras.map(normalizeName)]);
    for (const text of requires) {
      const { name = '', marker } = parseRequirement(text) ?? {};
      const next = byName.get(name);
      const isActive = marker === undefined || evaluateMarker(marker, environment, asked) !== false;
      if (next && isActive) reached.add(next);
    }
  }
  return reached;
}
