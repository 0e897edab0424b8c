/** What a handler reaches: the files of the service and the top-level names that importing and running it can read. */

import type { ImportGraph } from './import-graph';
import { readFirst } from './import-graph';
import { isPython, type OwnModules } from './own-modules';

export interface Place {
  /** In the package. */
  file: string;
  line: number;
}

export interface Reach {
  /** Its Python files, each with the first place that imports it; null for what Lambda itself imports. */
  files: ReadonlyMap<string, Place | null>;
  /** Names that are not only the service's own: of distributions, of Python and its runtime, or of nothing. */
  names: ReadonlyMap<string, Place>;
  /** Lines whose imports the text does not tell: if there are any, the handler reaches every file. */
  everything: (Place & { why: string })[];
}

/**
 * Files that are not Python belong to what any handler reaches.
 * @param handler file of its module, in the package
 * @param graph of at least this handler
 */
export function reachOf(handler: string, graph: ImportGraph, own: OwnModules): Reach {
  const files = new Map<string, Place | null>();
  const names = new Map<string, Place>();
  const everything: Reach['everything'] = [];
  for (const file of readFirst(handler, own)) files.set(file, null);
  // A map that grows is walked to its end.
  for (const [file] of files) {
    const imports = graph.get(file);
    for (const { file: next, line } of imports?.own ?? []) {
      if (!files.has(next)) files.set(next, { file, line });
    }
    for (const { name, line } of imports?.others ?? []) {
      if (!names.has(name)) names.set(name, { file, line });
    }
    for (const unknown of imports?.unknowns ?? []) everything.push({ file, ...unknown });
  }
  const [first] = everything;
  if (first) {
    const { file, line } = first;
    for (const { path } of own.all) {
      if (isPython(path) && !files.has(path)) files.set(path, { file, line });
    }
  }
  return { files, names, everything };
}

/** The places that lead from the handler's module to this file, in their order. */
export function chainTo(file: string, { files }: Reach): Place[] {
  const place = files.get(file);
  return place ? [...chainTo(place.file, { files } as Reach), place] : [];
}
