/**
 * The layout of code that has no marker: which functions are handlers, under what names, and what they need, read from
 * the text of the modules and from what infrastructure says of them.
 */

import { posix } from 'node:path';
import { isImportPackage, moduleName } from '../../python/names';
import { handlerModules } from '../../service/files';
import { entryName } from '../../service/roots';
import type { SourceModule } from './existing';
import type { LocatedFunction } from './infrastructure';

/** What a marker says; everything that has its default is left out. */
export interface AdoptedLayout {
  /** Directory of the service that is the top of the package; empty for the service itself. */
  root: string;
  importPackage: string | undefined;
  handlers: string[] | undefined;
  handlerName: string;
  include: string[] | undefined;
  /** Handlers by another name than the others, and names of functions, by the key of the functions table. */
  functions: { key: string; handler?: string; name?: string }[];
}

/** What is known apart from the modules. */
export interface LayoutFacts {
  importPackage?: string | undefined;
  /** Those that the infrastructure code names. If it names any, no other module counts as a handler. */
  declared?: readonly LocatedFunction[];
  /** Directories from which the code is imported, the likeliest first. */
  importRoots?: readonly string[];
  /** The directory that is packaged as it is, as infrastructure says of all functions. */
  codeRoot?: string | undefined;
}

export interface FoundHandler {
  /** In the service. */
  file: string;
  name: string;
}

const USUAL_NAMES = ['handler', 'lambda_handler'];

// A function of Lambda's two arguments, or a usual name that is defined or assigned, at the start of a line.
const BY_ARGUMENTS =
  /^(?:async[ \t]+)?def[ \t]+([^\W_]\w*)[ \t]*\(\s*_?event\b[^,()]*,\s*_?(?:context|ctx)\b/gm;
const BY_NAME =
  /^(?:(?:async[ \t]+)?def[ \t]+|class[ \t]+)((?:lambda_)?handler)\b|^((?:lambda_)?handler)[ \t]*(?::[^=\n]+)?=(?!=)/gm;
// What other platforms call theirs, if it takes two arguments, whatever their names.
const BY_COUNT = /^(?:async[ \t]+)?def[ \t]+(main|handle)[ \t]*\(\s*\w+[^,()]*,\s*\w+[^,()]*\)/gm;
const IMPORTED = /^[ \t]*(?:from|import)[ \t]+([A-Za-z_][\w.]*)(?:[ \t]*,[ \t]*([\w., \t]+))?/gm;

/**
 * @param modules of `packagedModules`, by their paths in the service
 * @returns undefined where no handler is found
 */
export function findLayout(
  modules: ReadonlyMap<string, SourceModule>,
  { importPackage: givenPackage, declared = [], importRoots = [], codeRoot }: LayoutFacts = {},
): AdoptedLayout | undefined {
  const found = declared.length > 0 ? unique(declared) : findHandlers(modules);
  if (found.length === 0) return undefined;
  const handlerName = commonName(found);
  const files = (handlers: readonly FoundHandler[]) => [
    ...new Set(handlers.map(({ file }) => file)),
  ];
  const main = files(found.filter(({ file, name }) => name === handlerName && !isPrivate(file)));
  const others = found.filter(({ file, name }) => name !== handlerName || !main.includes(file));
  const root = codeRoot ?? findRoot(files(found), modules, importRoots);
  const inPackage = (file: string) => entryName({ root }, file) ?? file;
  const tops = neededTops(files(found).map(inPackage), root, modules);
  const own = [...modules.keys()]
    .filter((file) => entryName({ root }, file) !== undefined)
    .map(inPackage)
    .filter((path) => codeRoot || tops.includes(topOf(path)));
  const placed = main.length > 0 ? main : files(others).filter((file) => !isPrivate(file));
  const importPackage = givenPackage ?? packageOf(placed.map(inPackage), tops);
  const handlers = globs(placed.map(inPackage), own);
  const usual = importPackage && [`${importPackage.replaceAll('.', '/')}/handlers/*.py`];
  const isUsual = usual && (handlers.length === 0 || String(handlers) === String(usual));
  const listed = (all: readonly FoundHandler[]) =>
    keyed(all.map(({ file, name }) => `${moduleName(inPackage(file))}.${name}`));
  const functions = listed(others);
  const named = handlerModules({ root, handlers }, [...modules.keys()]).map(({ name }) => name);
  const keys = [...named, ...functions.map(({ key }) => key)];
  const areUnique = new Set(keys).size === keys.length;
  // All of such a directory was packaged, whatever imports it.
  const include = codeRoot
    ? ['*']
    : tops.map((top) => (top.endsWith('.py') ? `/${top}` : `/${top}/`));
  return {
    root,
    importPackage,
    handlers: !areUnique ? [] : isUsual ? undefined : handlers,
    handlerName,
    include:
      importPackage !== undefined && String(include) === `/${importPackage.split('.')[0]}/`
        ? undefined
        : include,
    // Names that globs would give twice are given here.
    functions: areUnique ? functions : listed(found),
  };
}

/** Handlers by the text of their modules. */
export function findHandlers(modules: ReadonlyMap<string, SourceModule>): FoundHandler[] {
  return [...modules].flatMap(([file, source]) =>
    handlerNames(source).map((name) => ({ file, name })),
  );
}

function unique(declared: readonly LocatedFunction[]): FoundHandler[] {
  const names = new Map(
    declared.map(({ file, attribute }) => [`${file} ${attribute}`, { file, name: attribute }]),
  );
  return [...names.values()];
}

function handlerNames({ module, text }: SourceModule): string[] {
  const matches = [
    ...text.matchAll(BY_ARGUMENTS),
    ...text.matchAll(BY_NAME),
    ...text.matchAll(BY_COUNT),
  ];
  const names = matches.map(([, one, other]) => one ?? other ?? '');
  // What stands in a text or a comment only is none of the module's names.
  const defined = [...new Set(names)].filter((name) => module.names.has(name));
  const usual = USUAL_NAMES.filter((name) => defined.includes(name));
  // Beside one of a usual name, the others of these arguments are its helpers.
  return usual.length > 0 ? usual.slice(0, 1) : defined;
}

/** The name that most modules have; of several in one module each has its own, and then it is the default. */
function commonName(found: readonly FoundHandler[]): string {
  const counts = new Map<string, number>();
  for (const { name } of found) counts.set(name, (counts.get(name) ?? 0) + 1);
  const usual = USUAL_NAMES.find((name) => counts.has(name));
  const [best, second] = [...counts].sort(([, a], [, b]) => b - a);
  if (usual !== undefined && (counts.get(usual) ?? 0) === best?.[1]) return usual;
  return best && (best[1] > 1 || second === undefined) ? best[0] : 'handler';
}

/**
 * The directory from which most of what the handlers import is found: the service itself, or one above them all.
 * Where imports do not tell, it is a directory of PYTHONPATH, or `src` if that is not a package.
 */
function findRoot(
  files: readonly string[],
  modules: ReadonlyMap<string, SourceModule>,
  importRoots: readonly string[],
): string {
  const common = commonDirectory(files).split('/').filter(Boolean);
  const roots = common.map((_, index) => common.slice(0, index + 1).join('/'));
  const imported = files.flatMap((file) => topsImported(modules.get(file)?.text ?? ''));
  const score = (root: string) =>
    imported.filter((top) =>
      [...modules.keys()].some((path) => {
        const below = entryName({ root }, path);
        return below !== undefined && topOf(below).replace(/\.py$/, '') === top;
      }),
    ).length;
  const isSource = roots[0] === 'src' && !modules.has('src/__init__.py');
  const usual = isSource ? ['src', '', ...roots.slice(1)] : ['', ...roots];
  const candidates = [...importRoots.filter((root) => roots.includes(root)), ...usual];
  return candidates.reduce((best, root) => (score(root) > score(best) ? root : best));
}

/** First segments of the package that hold the handlers, and those that modules of these import in turn. */
function neededTops(
  handlers: readonly string[],
  root: string,
  modules: ReadonlyMap<string, SourceModule>,
): string[] {
  const byTop = new Map<string, string[]>();
  for (const [file, { text }] of modules) {
    const path = entryName({ root }, file);
    if (path !== undefined) byTop.set(topOf(path), [...(byTop.get(topOf(path)) ?? []), text]);
  }
  const needed = new Set(handlers.map(topOf));
  for (const top of needed) {
    for (const name of (byTop.get(top) ?? []).flatMap(topsImported)) {
      for (const next of [name, `${name}.py`]) if (byTop.has(next)) needed.add(next);
    }
  }
  return [...needed].sort();
}

export function topsImported(text: string): string[] {
  return [...text.matchAll(IMPORTED)].flatMap(([, first = '', more = '']) =>
    [first, ...more.split(',')].map((name) => name.trim().split(/[.\s]/)[0] ?? '').filter(Boolean),
  );
}

/** `company.orders` of `company/orders/handlers/a.py`; undefined for several packages side by side. */
function packageOf(placed: readonly string[], tops: readonly string[]): string | undefined {
  const [top = ''] = tops;
  if (tops.length !== 1 || top.endsWith('.py') || !isImportPackage(top)) return undefined;
  const above = [...new Set(placed.map((path) => posix.dirname(path)))];
  const [directory = ''] = above;
  const name = posix.dirname(directory).replaceAll('/', '.');
  const isUsual = above.length === 1 && posix.basename(directory) === 'handlers';
  return isUsual && isImportPackage(name) ? name : top;
}

/** As few globs as name these modules and no other of the package. */
function globs(placed: readonly string[], own: readonly string[]): string[] {
  if (placed.length === 0) return [];
  const modules = own.filter((path) => !isPrivate(path));
  const base = commonDirectory(placed);
  const inBase = (pattern: string) => (base === '' ? pattern : `${base}/${pattern}`);
  const isBelow = (path: string) => base === '' || path.startsWith(`${base}/`);
  const [first = ''] = placed.map((path) => posix.basename(path));
  // `functions/*/app.py`
  const isDirectoryEach = (path: string) =>
    isBelow(path) &&
    posix.dirname(posix.dirname(path)) === (base || '.') &&
    path.endsWith(`/${first}`);
  if (placed.length > 1 && placed.every(isDirectoryEach)) {
    const rest = modules.filter((path) => isDirectoryEach(path) && !placed.includes(path));
    if (rest.length <= placed.length)
      return [inBase(`*/${first}`), ...rest.map((path) => `!${path}`)];
  }
  const directories = [...new Set(placed.map((path) => posix.dirname(path)))].sort();
  if (directories.length > 1 && modules.filter(isBelow).length === placed.length) {
    return [inBase('**/*.py')];
  }
  return directories.flatMap((directory) => {
    const here = modules.filter((path) => posix.dirname(path) === directory);
    const handlers = here.filter((path) => placed.includes(path));
    const rest = here.filter((path) => !placed.includes(path));
    if (directory === '.' || rest.length > handlers.length) return handlers;
    return [`${directory}/*.py`, ...rest.map((path) => `!${path}`)];
  });
}

/** `create` of `orders.api.create`, longer where two end alike. */
function keyed(handlers: readonly string[]): { key: string; handler: string }[] {
  const last = (handler: string, count: number) =>
    handler
      .split('.')
      .slice(-count)
      .join('-')
      .replace(/-(?:(?:lambda_)?handler|main|handle)$/, '');
  const isShared = (handler: string, count: number) =>
    handlers.some((other) => other !== handler && last(other, count) === last(handler, count));
  return handlers.map((handler) => {
    let count = /\.(?:(?:lambda_)?handler|main|handle)$/.test(handler) ? 2 : 1;
    while (isShared(handler, count) && count < handler.split('.').length) count += 1;
    return { key: last(handler, count), handler };
  });
}

function isPrivate(file: string): boolean {
  return posix.basename(file).startsWith('_');
}

function topOf(path: string): string {
  return path.split('/')[0] ?? '';
}

/** Empty for the top. */
function commonDirectory(files: readonly string[]): string {
  const [first = [], ...rest] = files.map((file) => file.split('/').slice(0, -1));
  const differs = first.findIndex((segment, index) =>
    rest.some((other) => other[index] !== segment),
  );
  return (differs < 0 ? first : first.slice(0, differs)).join('/');
}
