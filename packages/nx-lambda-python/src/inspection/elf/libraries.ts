/** Where the loader finds the libraries that a file needs: in the package, as Lambda's environment has it. */

import { posix } from 'node:path';
import type { ElfDynamic } from './read';

/** A file of the package that the loader maps. */
export interface LoadedFile {
  path: string;
  dynamic: ElfDynamic;
}

/** LD_LIBRARY_PATH of Lambda, as far as it is in the package: /var/task and /var/task/lib. */
const LIBRARY_PATH = ['', 'lib'];
/** Where a package, and a layer's Python files, are in Lambda. */
const PLACES = /^\/(?:var\/task|opt\/python)(?:\/|$)/;

export class PackageLibraries {
  private readonly paths: ReadonlySet<string>;
  /** Files by the names that others may need them by. */
  private readonly byName = new Map<string, LoadedFile[]>();
  /** Files by the names that they need. */
  private readonly loaders = new Map<string, LoadedFile[]>();

  constructor(files: readonly LoadedFile[]) {
    this.paths = new Set(files.map(({ path }) => path));
    for (const file of files) {
      for (const name of namesOf(file)) add(this.byName, name, file);
      for (const name of file.dynamic.needed) add(this.loaders, name, file);
    }
  }

  /** Whether the loader finds a library of this name for the file. */
  finds(name: string, file: LoadedFile): boolean {
    if (name.includes('/')) return this.paths.has(placed(name, file));
    const { runpath } = file.dynamic;
    const directories = runpath.length > 0 ? expanded(runpath, file) : this.inherited(file);
    return [...directories, ...LIBRARY_PATH].some((directory) =>
      this.paths.has(posix.join(directory, name)),
    );
  }

  /** A file that is the library, wherever it is: code may load it before. */
  elsewhere(name: string): string | undefined {
    return this.byName.get(posix.basename(name))?.[0]?.path;
  }

  /** RPATH of the file, and of those through which it is loaded: RUNPATH is not inherited, and hides its own. */
  private inherited(file: LoadedFile, seen: Set<LoadedFile> = new Set()): string[] {
    if (seen.has(file)) return [];
    seen.add(file);
    const { rpath, runpath } = file.dynamic;
    const loaders = namesOf(file).flatMap((name) => this.loaders.get(name) ?? []);
    return [
      ...(runpath.length > 0 ? [] : expanded(rpath, file)),
      ...loaders.flatMap((loader) => this.inherited(loader, seen)),
    ];
  }
}

function namesOf({ path, dynamic: { soname } }: LoadedFile): string[] {
  const name = posix.basename(path);
  return soname === null || soname === name ? [name] : [name, soname];
}

function expanded(paths: readonly string[], file: LoadedFile): string[] {
  return paths.map((path) => placed(path, file));
}

/** A path of the package; one that begins with `/` or `..` is outside of it. */
function placed(path: string, { path: file }: LoadedFile): string {
  const origin = `/var/task/${posix.dirname(file)}`;
  const absolute = posix.normalize(path.replace(/\$(?:ORIGIN\b|\{ORIGIN\})/g, origin));
  return absolute.replace(PLACES, '');
}

function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}
