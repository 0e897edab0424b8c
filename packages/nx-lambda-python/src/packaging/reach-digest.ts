/**
 * A digest of what each handler reaches: where two packages have the same one for a handler, it does the same in both.
 *
 * A file's digest is made of its own content and of the digests of what it imports; files that import each other in a
 * circle share one. So all handlers together cost one walk over the import graph.
 */

import { isLambdas, isStandard } from '../python/stdlib';
import type { Architecture, Runtime } from '../service/runtimes';
import { type ImportGraph, readFirst } from './import-graph';
import { isPython, type OwnModules } from './own-modules';
import type { ServiceFile } from './package';
import { digestOf, hexDigest } from './requirements/canonical-json';

/** Raised when something else is counted to what a handler reaches: every function is then updated once. */
const FORMAT = 1;

/** What every handler of a package depends on, beside the service's files. */
export interface ReachSurroundings {
  runtime: Runtime;
  architecture: Architecture;
  /**
   * SHA-256 of all dependencies in the package, with their bytecode. Null where they are in a layer: which one a
   * function has is compared with AWS, as it may change without the package.
   */
  dependencies: string | null;
}

type File = Omit<ServiceFile, 'read' | 'file'>;

/**
 * SHA-256, hex, in the order of the handlers.
 * @param handlers files of their modules, in the package
 * @param graph of at least these handlers
 */
export function reachDigests(
  handlers: readonly string[],
  graph: ImportGraph,
  own: OwnModules,
  files: readonly File[],
  { runtime, ...surroundings }: ReachSurroundings,
): string[] {
  const lines = new Map(files.map((file) => [file.path, lineOf(file)]));
  const always = files.filter((one) => !isPython(one.path) || replacesLibrary(one, runtime));
  const facts = digestOf({ format: FORMAT, runtime: runtime.name, ...surroundings });
  const common = [facts, ...linesOf(always)];
  const everything = hexDigest([...common, ...linesOf(files)].join('\n'));
  const closures = closureDigests(graph, (file) => lines.get(file) ?? file);
  return handlers.map((handler) => {
    const starts = readFirst(handler, own).map((file) => closures.get(file) ?? null);
    return starts.includes(null) ? everything : hexDigest([...common, ...starts].join('\n'));
  });
}

function lineOf({ path, executable, sha256 }: File): string {
  return `${sha256} ${executable ? 'x' : '-'} ${path}`;
}

function linesOf(files: readonly File[]): string[] {
  return files.map(lineOf).sort();
}

/** Distributions and the runtime itself import it in the place of their own, whatever the handler imports. */
function replacesLibrary({ path }: File, runtime: Runtime): boolean {
  const [top = ''] = path.split(/[/.]/);
  return isStandard(top, runtime) || isLambdas(top);
}

/** By file; null for what may import anything. Strongly connected components, as Tarjan finds them. */
function closureDigests(
  graph: ImportGraph,
  lineOf: (file: string) => string,
): ReadonlyMap<string, string | null> {
  const digests = new Map<string, string | null>();
  const numbers = new Map<string, number>();
  /** Files of circles that are not complete yet. */
  const open: string[] = [];
  const close = (circle: readonly string[]): void => {
    const reached = new Set(
      circle.flatMap((file) => graph.get(file)?.own.map((one) => one.file) ?? []),
    );
    for (const file of circle) reached.delete(file);
    const below = [...new Set([...reached].map((file) => digests.get(file) ?? null))];
    const isUnknown = circle.some((file) => (graph.get(file)?.unknowns.length ?? 1) > 0);
    const parts = [...circle.map(lineOf), ...below].sort();
    const digest = isUnknown || below.includes(null) ? null : hexDigest(parts.join('\n'));
    for (const file of circle) digests.set(file, digest);
  };
  const visit = (file: string): number => {
    const number = numbers.size;
    numbers.set(file, number);
    open.push(file);
    let lowest = number;
    for (const { file: next } of graph.get(file)?.own ?? []) {
      if (!digests.has(next)) lowest = Math.min(lowest, numbers.get(next) ?? visit(next));
    }
    if (lowest === number) close(open.splice(open.lastIndexOf(file)));
    return lowest;
  };
  for (const file of graph.keys()) if (!numbers.has(file)) visit(file);
  return digests;
}
