/** Which files of a service import which others, and what of that their text does not tell. */

import type { ModuleImport } from '../python/imports';
import type { Unknown } from '../python/indirect-imports';
import type { PythonModule } from '../python/module';
import { type OwnModules, packageOf, segments } from './own-modules';

/** By paths in the package. */
export type ImportGraph = ReadonlyMap<string, FileImports>;

export interface FileImports {
  /** Files of the service that Python may read for them, in the order of the text. */
  own: OwnImport[];
  /** Top-level names that a distribution or Python may have. */
  others: { name: string; line: number }[];
  /** If there are any, the file may import all others. */
  unknowns: Unknown[];
}

interface OwnImport {
  file: string;
  /** Of the importing file. */
  line: number;
  /** See `ModuleImport`. */
  isCertain: boolean;
}

/** Reads a module of the service by its path in the package. */
export type ReadOwn = (path: string) => Promise<PythonModule>;

/**
 * Reads the starts, and every file that they reach.
 * @param starts files of modules that are imported by their names, as Lambda imports handler modules
 */
export async function readImportGraph(
  starts: readonly string[],
  own: OwnModules,
  read: ReadOwn,
): Promise<ImportGraph> {
  const graph = new Map<string, FileImports>();
  const files = new Set(starts.flatMap((start) => readFirst(start, own)));
  // A set that grows is walked to its end.
  for (const file of files) {
    const imports = await fileImports(file, own, read);
    graph.set(file, imports);
    for (const { file: next } of imports.own) files.add(next);
  }
  return graph;
}

/** Python itself imports these when it starts, if it finds them. */
const CUSTOMIZATIONS = ['sitecustomize', 'usercustomize'];

/** What is read when this file is imported and nothing else has been: packages on the way come first. */
export function readFirst(file: string, own: OwnModules): string[] {
  const directories = file.split('/').slice(0, -1);
  const packages = directories.map((_, index) => directories.slice(0, index + 1).join('/'));
  return [...[...CUSTOMIZATIONS, ...packages].flatMap((module) => own.filesOf(module)), file];
}

async function fileImports(file: string, own: OwnModules, read: ReadOwn): Promise<FileImports> {
  if (!file.endsWith('.py')) {
    return { own: [], others: [], unknowns: [{ line: 1, why: 'it is compiled' }] };
  }
  const module = await read(file);
  const found: FileImports = {
    own: [],
    others: [],
    unknowns: module.unknowns.filter(({ of }) => !of || of.some((top) => own.isModule(top))),
  };
  const { syntaxError } = module;
  if (syntaxError) found.unknowns.push({ line: syntaxError.line, why: 'it cannot be parsed' });
  const add = (files: readonly string[], line: number, isCertain = false): void => {
    for (const next of files) found.own.push({ file: next, line, isCertain });
  };
  for (const imported of module.imports) {
    const { level, line, certain: isCertain = false } = imported;
    const base = level > 0 ? packageOf(file, level) : '';
    if (base === undefined) continue;
    const path = [...base.split('/'), ...segments(imported)].filter(Boolean);
    const [top = ''] = path;
    // Of a namespace package, distributions may have other parts, which relative imports reach, too.
    found.others.push({ name: top, line });
    add(filesOnPath(path, own), line, isCertain);
    const target = path.join('/');
    const names = await takenNames(imported, target, own, read);
    if (names === null) found.unknowns.push({ line, why: computed(target) });
    for (const name of names ?? []) add(own.filesOf(`${target}/${name}`), line, isCertain);
  }
  for (const { name, line } of module.mentions) add(mentioned(name, own), line);
  return found;
}

/** Files of the packages on the way and of the module; as many as exist. */
function filesOnPath(path: readonly string[], own: OwnModules): string[] {
  return path.flatMap((_, index) => own.filesOf(path.slice(0, index + 1).join('/')));
}

/** The names that an import takes from its module, each of which may be a module in it; null if they are computed. */
async function takenNames(
  { names }: ModuleImport,
  target: string,
  own: OwnModules,
  read: ReadOwn,
): Promise<readonly string[] | null> {
  if (!names.includes('*') || !own.isPackage(target)) return names;
  const [file = ''] = own.filesOf(target);
  // Without `__all__`, Python takes what the module has, and imports nothing more.
  const { exported = [] } = file.endsWith('.py') ? await read(file) : {};
  return exported;
}

function computed(target: string): string {
  return `it takes all of \`${target.replaceAll('/', '.')}\`, whose \`__all__\` is computed`;
}

/** What a string names: a file, or a module and perhaps something in it. */
function mentioned(name: string, own: OwnModules): string[] {
  if (name.endsWith('.py')) {
    const end = name.replace(/^[./]*/, '/');
    return own.all.map(({ path }) => path).filter((path) => `/${path}`.endsWith(end));
  }
  return /^\.|[/-]/.test(name) ? [] : filesOnPath(name.split('.'), own);
}
