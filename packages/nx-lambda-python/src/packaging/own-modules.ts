/** What can be imported from the service's own files. */

import type { ModuleImport } from '../python/imports';
import { moduleName } from '../python/names';
import { modulesOf } from './dependency-part';
import type { ServiceFile } from './package';
import { hexDigest } from './requirements/canonical-json';

const EMPTY_SHA256 = hexDigest('');
const MODULE_FILE = /^([^.]+)(?:\.py|\.pyc|(?:\..*)?\.so)$/;

/** Modules by their paths: `orders`, `orders/handlers`, `orders/handlers/create`. */
export class OwnModules {
  private readonly tops: ReadonlySet<string>;
  private readonly directories = new Set<string>();
  private readonly initial = new Map<string, string[]>();
  private readonly plain = new Map<string, string[]>();
  /** Those that may define names: files, and directories whose `__init__` is not empty. */
  private readonly filled = new Set<string>();

  constructor(readonly all: readonly Pick<ServiceFile, 'path' | 'sha256'>[]) {
    this.tops = new Set(modulesOf(all).map(({ name }) => name));
    for (const { path, sha256 } of all) {
      const parts = path.split('/');
      const file = parts.pop() ?? '';
      for (let length = 1; length <= parts.length; length += 1) {
        this.directories.add(parts.slice(0, length).join('/'));
      }
      const [, stem] = MODULE_FILE.exec(file) ?? [];
      if (stem === undefined) continue;
      const isInitial = stem === '__init__';
      const module = [...parts, ...(isInitial ? [] : [stem])].join('/');
      const files = isInitial ? this.initial : this.plain;
      files.set(module, [...(files.get(module) ?? []), path]);
      if (!isInitial || sha256 !== EMPTY_SHA256) this.filled.add(module);
    }
  }

  has(top: string): boolean {
    return this.tops.has(top);
  }

  isModule(path: string): boolean {
    return this.directories.has(path) || this.plain.has(path);
  }

  /** True for a package that has only its modules. */
  isBare(path: string): boolean {
    return !this.filled.has(path);
  }

  /** What Python reads for a module: its package before a file of its name; nothing for a directory alone. */
  filesOf(path: string): readonly string[] {
    return this.initial.get(path) ?? this.plain.get(path) ?? [];
  }

  isPackage(path: string): boolean {
    return this.initial.has(path);
  }

  /** The dotted name of the first module that ends in this name. */
  named(name: string): string | undefined {
    const found = this.all.find(({ path }) =>
      [`/${name}.py`, `/${name}/__init__.py`].some((end) => path.endsWith(end)),
    );
    return found && moduleName(found.path);
  }
}

/** True for a file that only an import reads: code may read any other, and load any library. */
export function isPython(path: string): boolean {
  return /\.pyc?$/.test(path);
}

export function segments({ module }: Pick<ModuleImport, 'module'>): string[] {
  return module === '' ? [] : module.split('.');
}

/** The directory from which a relative import of this module starts; undefined above the package's top. */
export function packageOf(path: string, level: number): string | undefined {
  const directories = path.split('/').slice(0, -1);
  // At the top level a dot has no package to refer to.
  return level > directories.length
    ? undefined
    : directories.slice(0, directories.length - level + 1).join('/');
}
