/** Which project a module belongs to, by the names under which Python would import the files of all of them. */

import { posix } from 'node:path';
import { moduleName } from '../python/names';
import type { ModuleSource } from './python-project';

/** At the top of a library, by convention: not part of what it installs. */
const NOT_INSTALLED =
  /^(?:tests?|testing|docs?|examples?|scripts?|tools|benchmarks?|build|dist|tasks|venv|node_modules|\..*|(?:setup|conftest|noxfile|manage)\.py)$/;

export interface ModuleOwners {
  /**
   * The projects that have the longest part of a dotted name as a module, or else as a directory of modules; the name
   * is what they have. None of either: it is of the standard library, or of an index.
   */
  of: (name: string) => { name: string; owners: readonly string[] } | undefined;
}

export interface OwnedFiles {
  project: string;
  sources: readonly ModuleSource[];
  /** Of Python, relative to the workspace. */
  files: readonly string[];
}

export function moduleOwners(projects: readonly OwnedFiles[]): ModuleOwners {
  const modules = new Map<string, Set<string>>();
  // PEP 420: many may have a part of it.
  const namespaces = new Map<string, Set<string>>();
  for (const { project, sources, files } of projects) {
    const own = files.flatMap((file) => modulesOf(file, sources));
    for (const name of own) add(modules, name, project);
    const packages = new Set(own.map((name) => name.slice(0, Math.max(name.lastIndexOf('.'), 0))));
    for (const name of new Set([...packages].flatMap(withParents))) add(namespaces, name, project);
  }
  return {
    of: (name) => {
      const module = withParents(name).find((part) => modules.has(part));
      if (module !== undefined) return { name: module, owners: [...(modules.get(module) ?? [])] };
      const namespace = withParents(name).find((part) => namespaces.get(part)?.size === 1);
      if (namespace === undefined) return undefined;
      return { name: namespace, owners: [...(namespaces.get(namespace) ?? [])] };
    },
  };
}

function modulesOf(file: string, sources: readonly ModuleSource[]): string[] {
  return sources.flatMap(({ directory, names }) => {
    const path = directory === '.' ? file : below(file, directory);
    if (path === undefined) return [];
    const [first = ''] = path.split('/');
    const isInstalled = names
      ? names.includes(first.replace(/\.py$/, ''))
      : !NOT_INSTALLED.test(first);
    return isInstalled ? [moduleName(path)] : [];
  });
}

function below(file: string, directory: string): string | undefined {
  const start = `${posix.normalize(directory)}/`;
  return file.startsWith(start) ? file.slice(start.length) : undefined;
}

/** `a.b.c`, `a.b`, `a` */
function withParents(name: string): string[] {
  const names: string[] = [];
  for (let part = name; part !== ''; part = part.slice(0, Math.max(part.lastIndexOf('.'), 0))) {
    names.push(part);
  }
  return names;
}

function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const values = map.get(key);
  if (values) values.add(value);
  else map.set(key, new Set([value]));
}
