/** Imports of modules that the service has and that `exclude` keeps out of its package. */

import { defines } from '../python/module';
import { readFirst, readImportGraph, type ReadOwn } from './import-graph';
import { type OwnModules, packageOf, segments } from './own-modules';

export interface ExcludedImport {
  /** The importing file, in the package. */
  file: string;
  line: number;
  /** Dotted. */
  module: string;
  pattern: string;
}

/**
 * The first import that must succeed for some handler, and cannot.
 * @param handlers files of handler modules, in the package
 * @param patternOf the pattern of `exclude` that keeps a module (`orders/shared`) out, if it exists
 */
export async function findExcludedImport(
  handlers: readonly string[],
  patternOf: (module: string) => string | undefined,
  own: OwnModules,
  read: ReadOwn,
): Promise<ExcludedImport | undefined> {
  const graph = await readImportGraph(handlers, own, read);
  const files = new Set(handlers.flatMap((handler) => readFirst(handler, own)));
  for (const file of files) {
    if (!file.endsWith('.py')) continue;
    for (const { certain, ...imported } of (await read(file)).imports) {
      const base = imported.level > 0 ? packageOf(file, imported.level) : '';
      if (!certain || base === undefined) continue;
      const path = [...base.split('/'), ...segments(imported)].filter(Boolean);
      const target = path.join('/');
      const wanted = path.map((_, index) => path.slice(0, index + 1).join('/'));
      for (const name of imported.names) {
        const [first] = own.filesOf(target);
        const isDefined = first?.endsWith('.py') && defines(await read(first), name);
        if (!isDefined) wanted.push(`${target}/${name}`);
      }
      for (const module of wanted) {
        // In a directory that is not the service's own, nothing of it can be missing.
        if (!own.has(path[0] ?? '') || own.isModule(module)) continue;
        const pattern = patternOf(module);
        if (pattern === undefined) continue;
        return { file, line: imported.line, module: module.replaceAll('/', '.'), pattern };
      }
    }
    for (const next of graph.get(file)?.own ?? []) if (next.isCertain) files.add(next.file);
  }
  return undefined;
}
