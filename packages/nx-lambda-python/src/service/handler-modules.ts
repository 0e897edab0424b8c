/** Handler modules by their paths: what the marker's globs match, and the name each one gets. */

import picomatch from 'picomatch';
import { entryName } from './content';
import type { Marker } from './marker';

export interface HandlerModule {
  /** What `{handler}` stands for: `create_order`, or `admin-purge` for a nested one. */
  name: string;
  /** Relative to the service, as given. */
  file: string;
  /** Dotted: `orders.handlers.create_order`. */
  module: string;
}

/** The same matching on every system: `/` separates, case counts, names that start with a dot are hidden. */
const GLOB_OPTIONS = { windows: false, nocase: false, dot: false } as const;

/**
 * Every module that `handlers` names, sorted by file. Reads nothing: whether a module has a handler is not known here.
 *
 * `__init__.py` and whatever starts with `_` below the glob's fixed part are none.
 * The first glob that matches a file names it.
 *
 * @param files relative to the service, with forward slashes
 */
export function handlerModules(marker: Marker, files: readonly string[]): HandlerModule[] {
  const isNegated = picomatch(negatedGlobs(marker), GLOB_OPTIONS);
  const globs = positiveGlobs(marker).map(compile);
  const modules: HandlerModule[] = [];
  for (const file of [...files].sort()) {
    const path = entryName(marker, file);
    if (path === undefined || !path.endsWith('.py') || isNegated(path)) continue;
    const glob = globs.find(({ base, matches }) => matches(path) && !isPrivate(path, base));
    if (glob) modules.push({ name: nameOf(path, glob), file, module: moduleName(path) });
  }
  return modules;
}

export function positiveGlobs({ handlers }: Pick<Marker, 'handlers'>): string[] {
  return handlers.filter((glob) => !glob.startsWith('!'));
}

export function negatedGlobs({ handlers }: Pick<Marker, 'handlers'>): string[] {
  return handlers.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1));
}

/** `orders/handlers/create.py` → `orders.handlers.create`; a package's `__init__.py` is the package. */
export function moduleName(path: string): string {
  return path
    .replace(/\.py$/, '')
    .replace(/\/__init__$/, '')
    .replaceAll('/', '.');
}

export interface HandlerGlob {
  glob: string;
  /** Directories before the first wildcard: `orders/handlers`, or empty. */
  base: string;
  /** Path after the last wildcard, where a whole file name is fixed: `handler.py` in `functions/<name>/handler.py`. */
  tail: string;
  matches: (path: string) => boolean;
}

/** Takes a positive glob apart. */
export function compile(glob: string): HandlerGlob {
  const matches = picomatch(glob, GLOB_OPTIONS);
  const { base, isGlob } = picomatch.scan(glob);
  if (!isGlob) {
    const slash = glob.lastIndexOf('/');
    return { glob, base: slash === -1 ? '' : glob.slice(0, slash), tail: '', matches };
  }
  const segments = glob.split('/');
  const lastWild = segments.findLastIndex((segment) => picomatch.scan(segment).isGlob);
  return { glob, base, tail: segments.slice(lastWild + 1).join('/'), matches };
}

function isPrivate(path: string, base: string): boolean {
  return below(path, base)
    .split('/')
    .some((segment) => segment.startsWith('_'));
}

// `functions/*/handler.py` tells its handlers apart by directory: the fixed rest is no part of the name.
function nameOf(path: string, { base, tail }: HandlerGlob): string {
  const distinct = below(path, base);
  const name = tail === '' ? distinct.replace(/\.py$/, '') : distinct.slice(0, -tail.length - 1);
  return name.replaceAll('/', '-');
}

function below(path: string, base: string): string {
  return base === '' ? path : path.slice(base.length + 1);
}

/** How many handlers a service has, by its files' names alone, with the functions table's that lie elsewhere. */
export function countHandlers(marker: Marker, files: readonly string[]): number {
  const modules = handlerModules(marker, files);
  const found = new Set(modules.map(({ module }) => `${module}.${marker.handlerName}`));
  for (const { handler } of marker.functions) {
    if (handler !== undefined) found.add(handler);
  }
  return found.size;
}
