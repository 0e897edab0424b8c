/** Imports of modules that do not exist, each of which would be an ImportModuleError in Lambda; and modules that hide standard ones. */

import type { ModuleImport } from '../python/imports';
import { hidesStandard, isLambdas, isStandard } from '../python/stdlib';
import { foldName } from '../service/files';
import { RUNTIMES, type Runtime } from '../service/runtimes';
import { modulesOf, type PartFacts, type PartModule } from './dependency-part';
import { OwnModules, packageOf, segments } from './own-modules';
import type { ServiceFile } from './package';

/** A module whose imports are checked. */
export interface ImportingModule {
  /** Relative to the service, as messages name it. */
  file: string;
  /** In the package. */
  path: string;
  imports: readonly ModuleImport[];
}

export interface ImportSurroundings {
  runtime: Runtime;
  files: readonly Pick<ServiceFile, 'path' | 'sha256'>[];
  /** Of the dependencies, in the package or its layer. */
  modules: readonly PartModule[];
  /** The distribution that was left out on purpose, by the name of a module that it has. Called only if something is missing. */
  leftOut: () => ReadonlyMap<string, string>;
}

export interface ImportFindings {
  /** One line for each name that does not exist, in the order of the first import. */
  missing: string[];
  /** The same for names that a layer, which this build does not know, may have. */
  leftOut: string[];
}

interface Fault {
  /** As messages name it. */
  name: string;
  why: string;
  /** The name that a distribution may have, if it is not the service's own. */
  top?: string;
}

export function checkImports(
  modules: readonly ImportingModule[],
  surroundings: ImportSurroundings,
): ImportFindings {
  const own = new OwnModules(surroundings.files);
  const others = new Set(surroundings.modules.map(({ name }) => name));
  const found = new Map<string, Fault & { places: string[] }>();
  for (const module of modules) {
    for (const imported of module.imports.filter(({ certain }) => certain)) {
      const fault = faultOf(module, imported);
      if (!fault) continue;
      const place = `\`${module.file}:${imported.line}\``;
      const other = found.get(fault.name);
      if (other) other.places.push(place);
      else found.set(fault.name, { ...fault, places: [place] });
    }
  }
  const excluded = found.size > 0 ? surroundings.leftOut() : new Map<string, string>();
  const findings: ImportFindings = { missing: [], leftOut: [] };
  for (const [name, { places, why, top }] of found) {
    const distribution = top === undefined ? undefined : excluded.get(top);
    const [first = '', ...more] = places;
    const line = `${first} imports \`${name}\`${more.length > 0 ? ` (and ${more.length} more)` : ''}`;
    if (distribution === undefined) findings.missing.push(`${line}: ${why}`);
    else findings.leftOut.push(`${line} of \`${distribution}\``);
  }
  return findings;

  function faultOf(module: ImportingModule, imported: ModuleImport): Fault | undefined {
    if (imported.level > 0) {
      const base = packageOf(module.path, imported.level);
      const written = '.'.repeat(imported.level) + imported.module;
      if (base === undefined) return { name: written, why: 'it is outside of the package' };
      // Files of a distribution may lie in the same directory.
      if (others.has(base.split('/')[0] ?? '')) return undefined;
      return ownFault([base, ...segments(imported)].filter(Boolean), imported.names, written);
    }
    const { module: name } = imported;
    const [top = ''] = name.split('.');
    if (others.has(top)) return undefined;
    if (own.has(top)) return ownFault(segments(imported), imported.names, name);
    if (isStandard(top, surroundings.runtime) || isLambdas(top)) return undefined;
    return { name: top, top, why: whyMissing(top, own, surroundings.runtime) };
  }

  function ownFault(
    path: readonly string[],
    names: readonly string[],
    written: string,
  ): Fault | undefined {
    const target = path.join('/');
    if (!own.isModule(target)) {
      return { name: written, why: `\`${target}\` does not exist in the package` };
    }
    // An `__init__.py` with content may define the name.
    const gone =
      own.isBare(target) &&
      names.find((name) => name !== '*' && !own.isModule(`${target}/${name}`));
    if (!gone) return undefined;
    const name = `${written}${written.endsWith('.') ? '' : '.'}${gone}`;
    return { name, why: `\`${target}/${gone}\` does not exist in the package` };
  }
}

/** `"imports": "warn"` and `"error"` in words. */
export function describeMissing(missing: readonly string[]): string {
  const count = missing.length === 1 ? 'an import leads' : `${missing.length} imports lead`;
  return `${count} nowhere, so Lambda could not load these modules:\n${missing.map((line) => `  ${line}`).join('\n')}`;
}

function whyMissing(name: string, own: OwnModules, runtime: Runtime): string {
  const other = own.named(name);
  if (other !== undefined) return `in the package it is \`${other}\``;
  const python = `Python ${runtime.python.join('.')}`;
  if (RUNTIMES.some((other) => isStandard(name, other))) return `${python} does not have it`;
  return `neither the package nor Lambda's ${runtime.name} has it`;
}

/**
 * Lambda looks into the package and its layers before Python's own library. A backport for an older Python then
 * replaces the module for everything that imports it, and lacks what is newer.
 *
 * @param files of the service, by their paths in the package
 */
export function hiddenLibrary(
  { modules, distributions }: Pick<PartFacts, 'modules' | 'distributions'>,
  files: readonly { path: string }[],
  runtime: Runtime,
): string[] {
  const python = `Python ${runtime.python.join('.')}`;
  const hides = ({ name, isRegular }: { name: string; isRegular: boolean }) =>
    isRegular && hidesStandard(name, runtime);
  const byDistribution = modules.filter(hides).flatMap((module) => {
    const [owner] = module.distributions;
    if (owner === undefined) return [];
    const version = distributions.find(({ name }) => name === owner)?.version ?? '';
    return `\`${owner} ${version}\` hides \`${module.name}\` of ${python}'s standard library from everything that imports it: remove it from the requirements or, if another distribution requires it, from the package with "excludeDistributions": ["${owner}"]`;
  });
  const byFile = modulesOf(files)
    .filter(hides)
    .map(
      ({ name }) =>
        `the service's own \`${name}\` hides \`${name}\` of ${python}'s standard library from everything that imports it: rename it`,
    );
  return [...byDistribution, ...byFile];
}

/**
 * Modules that Python never imports, since a package of the same name comes first, in the service or of a distribution.
 * @param files of the service
 */
export function hiddenModules(
  { modules, topLevel }: Pick<PartFacts, 'modules' | 'topLevel'>,
  files: readonly Pick<ServiceFile, 'path' | 'file'>[],
): string[] {
  const end = '/__init__.py';
  const packages = new Map(
    files.flatMap(({ path, file }) =>
      path.endsWith(end) ? [[path.slice(0, -end.length), file] as const] : [],
    ),
  );
  /** Distributions that have a module at the top, as this file or in this directory. */
  const ownersOf = (name: string, first: string): string | undefined => {
    if (name.includes('/') || !topLevel.includes(foldName(first))) return undefined;
    const module = modules.find((one) => one.name === name && one.isRegular);
    return module?.distributions.map((one) => `\`${one}\``).join(' or ');
  };
  const hidden = (file: string, by: string) =>
    `${file} is never imported, since Python takes the package ${by}, which has its name: rename one of them`;
  const own = files.flatMap(({ path, file }) => {
    const name = path.replace(/\.py$/, '');
    if (name === path) return [];
    const initial = packages.get(name);
    const owners = ownersOf(name, name);
    if (initial !== undefined) return hidden(`\`${file}\``, `\`${initial}\``);
    return owners === undefined ? [] : hidden(`\`${file}\``, `\`${name}/\` of ${owners}`);
  });
  const ofDistributions = [...packages].flatMap(([name, file]) => {
    const owners = ownersOf(name, `${name}.py`);
    return owners === undefined ? [] : hidden(`\`${name}.py\` of ${owners}`, `\`${file}\``);
  });
  return [...own, ...ofDistributions];
}
