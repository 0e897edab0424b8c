/**
 * Locks of Poetry before 2.0 do not say which groups and systems need a package: it follows from the dependencies of the
 * project and of each package, walked here in one environment as Poetry's export does.
 */

import { normalizeName } from '../wheel/names';
import { compareVersions } from '../wheel/versions';
import { poetryTable } from './poetry-project';
import { poetryAllows } from './poetry-versions';
import { evaluateMarker, type MarkerEnvironment } from './requirement';
import type { Selection } from './selection';
import { stringOf, stringsOf, tableOf, tablesOf, type TomlTable } from './toml';

/** One of the ways in which a table of dependencies names a distribution. */
interface Dependency {
  /** Normalized. */
  name: string;
  /** `version`, `markers`, `python`, `platform`, `extras`, `optional`, and `path`, `git` or `url`. */
  terms: TomlTable;
}

export interface Walk {
  document: TomlTable;
  /** The pyproject.toml beside the lock. */
  project: TomlTable;
  selection: Selection;
  environment: MarkerEnvironment;
  /** For what cannot be decided, or is not in the lock. */
  fail: (what: string) => Error;
}

/** The packages of the lock that are installed. */
export function walkPoetryLock(walk: Walk): Set<TomlTable> {
  const packages = tablesOf(walk.document['package']);
  const optional = extraNames(walk, packages);
  const features = new Map<TomlTable, Set<string>>();
  const pending: Dependency[] = rootsOf(walk).filter((dependency) => {
    const found = candidates(dependency, packages, walk)[0];
    return found?.['optional'] !== true || optional.has(dependency.name);
  });
  for (let one = pending.shift(); one !== undefined; one = pending.shift()) {
    const found = choose(one, packages, [...features.keys()], walk);
    const seen = features.get(found);
    const more = stringsOf(one.terms['extras']).map(normalizeName);
    const active = new Set([...(seen ?? []), ...more]);
    if (seen && seen.size === active.size) continue;
    features.set(found, active);
    pending.push(...requirementsOf(found, active, walk));
  }
  return new Set(features.keys());
}

/** What `[tool.poetry]` asks for that applies in the environment. */
function rootsOf({ project, selection, ...walk }: Walk): Dependency[] {
  const poetry = poetryTable(project);
  const groups = selection.groups.flatMap((group) => [
    tableOf(tableOf(tableOf(poetry['group'])[group])['dependencies']),
    ...(group === 'dev' ? [tableOf(poetry['dev-dependencies'])] : []),
  ]);
  return [tableOf(poetry['dependencies']), ...groups]
    .flatMap(dependenciesOf)
    .filter((one) => one.name !== 'python' && applies(one, new Set(), walk));
}

function dependenciesOf(table: TomlTable): Dependency[] {
  return Object.entries(table).flatMap(([name, value]) =>
    [value].flat().map((terms: unknown) => ({
      name: normalizeName(name),
      terms: typeof terms === 'string' ? { version: terms } : tableOf(terms),
    })),
  );
}

function requirementsOf(one: TomlTable, features: ReadonlySet<string>, walk: Walk): Dependency[] {
  const extras = Object.entries(tableOf(one['extras']));
  const optional = new Set(
    extras.flatMap(([extra, lines]) =>
      features.has(normalizeName(extra)) ? stringsOf(lines).map(nameOf) : [],
    ),
  );
  return dependenciesOf(tableOf(one['dependencies'])).filter(
    (next) =>
      (next.terms['optional'] !== true || optional.has(next.name)) && applies(next, features, walk),
  );
}

/** The packages that the selected extras stand for, with all that these require. */
function extraNames({ document, selection }: Walk, packages: readonly TomlTable[]): Set<string> {
  const extras = tableOf(document['extras']);
  const names = new Set<string>();
  const pending = selection.extras.flatMap((extra) => stringsOf(extras[extra]).map(nameOf));
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (names.has(name)) continue;
    names.add(name);
    const own = packages.filter((one) => nameOf(String(one['name'])) === name);
    pending.push(...own.flatMap((one) => Object.keys(tableOf(one['dependencies'])).map(nameOf)));
  }
  return names;
}

function applies(
  { name, terms }: Dependency,
  features: ReadonlySet<string>,
  { environment, fail }: Pick<Walk, 'environment' | 'fail'>,
): boolean {
  const { python, platform, markers } = terms;
  if (typeof python === 'string' && !poetryAllows(python, pythonOf(environment))) return false;
  if (typeof platform === 'string' && !isPlatform(platform, environment)) return false;
  if (typeof markers !== 'string') return true;
  const verdict = evaluateMarker(markers, environment, features);
  if (verdict !== undefined) return verdict;
  throw fail(`requires \`${name}\` if \`${markers}\`, which only the running system knows`);
}

/** `linux`, `!=win32`, `linux || darwin` */
function isPlatform(written: string, { values }: MarkerEnvironment): boolean {
  return written.split('||').some((one) => {
    const [, sign = '', name = ''] = /^\s*(==|!=)?\s*(.*?)\s*$/.exec(one) ?? [];
    return (name === values['sys_platform']) === (sign !== '!=');
  });
}

/** Once a version is chosen, every other dependency has to take it. */
function choose(
  dependency: Dependency,
  packages: readonly TomlTable[],
  chosen: readonly TomlTable[],
  walk: Walk,
): TomlTable {
  const found = candidates(dependency, packages, walk);
  const decided = chosen.filter((one) => nameOf(String(one['name'])) === dependency.name);
  const one = decided.length > 0 ? found.find((other) => decided.includes(other)) : found[0];
  if (one) return one;
  const { version } = dependency.terms;
  const what = typeof version === 'string' ? `${dependency.name} ${version}` : dependency.name;
  throw walk.fail(`has no package for the dependency \`${what}\``);
}

/** The newest first. */
function candidates(
  { name, terms }: Dependency,
  packages: readonly TomlTable[],
  { environment }: Walk,
): TomlTable[] {
  const python = pythonOf(environment);
  const kind = ['path', 'git', 'url'].find((key) => terms[key] !== undefined);
  return packages
    .filter((one) => {
      const { name: own, version, source, 'python-versions': pythons } = one;
      const type = stringOf(tableOf(source)['type']);
      const place = type === 'directory' || type === 'file' ? 'path' : type;
      return (
        nameOf(String(own)) === name &&
        (kind === undefined || kind === place) &&
        poetryAllows(stringOf(terms['version']) ?? '*', String(version)) &&
        poetryAllows(stringOf(pythons) ?? '*', python)
      );
    })
    .sort((a, b) => compareVersions(String(b['version']), String(a['version'])) ?? 0);
}

function pythonOf({ values }: MarkerEnvironment): string {
  return values['python_full_version'] ?? '';
}

/** Of a name, or of a requirement that begins with one. */
function nameOf(text: string): string {
  return normalizeName(/^[\w.-]+/.exec(text)?.[0] ?? '');
}
