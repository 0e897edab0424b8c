/** Imports of modules that the service has and that `exclude` keeps out of its package. */

import { defines } from '../python/module';
import { type ImportGraph, readFirst, type ReadOwn } from './import-graph';
import { type OwnModules, packageOf, segments } from './own-modules';

export interface ExcludedImport {
  /** The importing file, in the package. */
  file: string;
  line: number;
  /** Dotted. */
  module: string;
  pattern: string;
}

/** The pattern of `exclude` that keeps a module (`orders/shared`) out of the package; undefined if none does, or no file is the module. */
export type PatternOf = (module: string) => string | undefined;

function isExcluded(module: string, own: OwnModules, patternOf: PatternOf): boolean {
  const [top = ''] = module.split('/');
  const parent = module.slice(0, Math.max(module.lastIndexOf('/'), 0));
  // A name in a plain file cannot be a module.
  if (!own.has(top) || own.isModule(module)) return false;
  return (
    (own.isPackage(parent) || own.filesOf(parent).length === 0) && patternOf(module) !== undefined
  );
}

function prefixes(path: readonly string[]): string[] {
  return path.map((_, index) => path.slice(0, index + 1).join('/'));
}

/**
 * The first import that must succeed for some handler, and cannot.
 * @param handlers files of handler modules, in the package
 */
export async function findExcludedImport(
  handlers: readonly string[],
  patternOf: PatternOf,
  { own, graph }: { own: OwnModules; graph: ImportGraph },
  read: ReadOwn,
): Promise<ExcludedImport | undefined> {
  const files = new Set(handlers.flatMap((handler) => readFirst(handler, own)));
  for (const file of files) {
    if (!file.endsWith('.py')) continue;
    for (const { certain, ...imported } of (await read(file)).imports) {
      const base = imported.level > 0 ? packageOf(file, imported.level) : '';
      if (!certain || base === undefined) continue;
      const path = [...base.split('/'), ...segments(imported)].filter(Boolean);
      const target = path.join('/');
      const wanted = prefixes(path);
      for (const name of imported.names) {
        const [first] = own.filesOf(target);
        const isDefined = first?.endsWith('.py') && defines(await read(first), name);
        if (!isDefined) wanted.push(`${target}/${name}`);
      }
      for (const module of wanted) {
        const pattern = isExcluded(module, own, patternOf) ? patternOf(module) : undefined;
        if (pattern === undefined) continue;
        return { file, line: imported.line, module: module.replaceAll('/', '.'), pattern };
      }
    }
    for (const next of graph.get(file)?.own ?? []) if (next.isCertain) files.add(next.file);
  }
  return undefined;
}
