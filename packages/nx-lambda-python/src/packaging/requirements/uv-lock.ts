/**
 * uv.lock as requirement lines, as `uv export --frozen` has them for the runtime: the packages that the service reaches
 * along its dependencies, each with the hashes of all its files.
 *
 * A lock resolves once for all systems and Pythons. Where that gave several versions of one package, markers on the
 * dependencies choose between them, and so they do between extras and groups that conflict.
 */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { memberOf } from '../../service/required-files';
import { normalizeName } from '../wheel/names';
import { canonicalJson } from './canonical-json';
import type { Target } from './lock-scope';
import { lockedLine, type LockedSource } from './locked';
import { evaluateMarker, runtimeEnvironment, type MarkerEnvironment } from './requirement';
import { patchRanges, rangesMarker, type PatchRange } from './patch-versions';
import { selected, type Selection } from './selection';
import { jsonOf, stringOf, stringsOf, tableOf, tablesOf, type TomlTable } from './toml';

/** Of the format; a later one may mean something else. */
const VERSION = 1;

export interface UvLockRequest extends Selection {
  /** Of the lock, relative to the workspace. */
  path: string;
  /** Of the service. */
  projectRoot: string;
  target: Target;
}

/**
 * @returns one line each, sorted
 * @throws REQUIREMENTS_INVALID for a lock without the service or of another format, OPTION_INVALID for an unknown name
 */
export function readUvLock(document: TomlTable, request: UvLockRequest): string[] {
  const { path, projectRoot, target } = request;
  if (document['version'] !== VERSION && document['version'] !== BigInt(VERSION)) {
    throw invalid(path, `has format \`${String(document['version'])}\`, expected \`${VERSION}\``);
  }
  const directory = posix.dirname(path);
  const own = ownPackage(document, path, projectRoot);
  const chosen = selected(request, selectableOf(own), path);
  const packages = new PackageIndex(tablesOf(document['package']), path);
  const environment = runtimeEnvironment(target.runtime, target.architecture);
  const ranges = patchRanges(markersOf(document), environment);
  const reached = new Map<TomlTable, Set<PatchRange>>();
  for (const range of ranges) {
    const conditions = new Conditions(range.environment, document['conflicts'] !== undefined, path);
    for (const one of reach(packages, own, chosen, conditions)) {
      reached.set(one, (reached.get(one) ?? new Set()).add(range));
    }
  }
  const lines = [...reached].flatMap(([one, taken]) => {
    const source = sourceOf(one, path, directory);
    if (one === own || source === undefined) return [];
    const name = stringOf(one['name']) ?? '';
    const locked = { name, source, hashes: hashesOf(one) };
    return lockedLine(locked, rangesMarker(taken, ranges), projectRoot) ?? [];
  });
  return [...localIndexes(reached.keys()), ...lines.sort()];
}

/** Directory of the workspace member of this name, relative to the lock's directory. */
export function uvLibraryNamed(document: TomlTable, name: string): string | undefined {
  const found = tablesOf(document['package']).find(
    (one) => normalizeName(stringOf(one['name']) ?? '') === normalizeName(name),
  );
  return found && directoryOf(found);
}

function ownPackage(document: TomlTable, path: string, projectRoot: string): TomlTable {
  const member = memberOf(path, projectRoot);
  const own = tablesOf(document['package']).find((one) => directoryOf(one) === member);
  if (own) return own;
  throw new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${path}\` does not have the project \`${projectRoot}\``,
    hint: 'add a `[project]` table with name, version and dependencies to its pyproject.toml, make it a member of the workspace and run `uv lock`',
  });
}

/** Extras and groups without dependencies are named in the metadata only. */
function selectableOf(own: TomlTable) {
  const metadata = tableOf(own['metadata']);
  return {
    extras: new Set([
      ...Object.keys(tableOf(own['optional-dependencies'])),
      ...stringsOf(metadata['provides-extras']),
    ]),
    groups: new Set([
      ...Object.keys(groupsOf(own)),
      ...Object.keys(tableOf(metadata['requires-dev'])),
    ]),
  };
}

function groupsOf(one: TomlTable): TomlTable {
  return tableOf(one['dev-dependencies'] ?? one['dependency-groups']);
}

class PackageIndex {
  private readonly byName = new Map<string, TomlTable[]>();

  constructor(
    packages: readonly TomlTable[],
    private readonly path: string,
  ) {
    for (const one of packages) {
      const name = stringOf(one['name']) ?? '';
      const same = this.byName.get(name);
      if (same) same.push(one);
      else this.byName.set(name, [one]);
    }
  }

  /** What a dependency names: its version and source are there if the name alone is not enough. */
  find({ name, version, source }: TomlTable): TomlTable {
    const named = this.byName.get(stringOf(name) ?? '') ?? [];
    const fits = named.filter(
      (one) =>
        named.length === 1 ||
        ((version === undefined || one['version'] === version) &&
          (source === undefined || sameValue(one['source'], source))),
    );
    const [found, another] = fits;
    if (found && !another) return found;
    throw invalid(
      this.path,
      `has ${found ? 'several packages' : 'no package'} for the dependency \`${String(name)}\``,
    );
  }
}

function sameValue(a: unknown, b: unknown): boolean {
  return canonicalJson(jsonOf(a)) === canonicalJson(jsonOf(b));
}

/** Markers in one environment; most dependencies of a lock share a few. */
class Conditions {
  private readonly known = new Map<string, boolean>();

  constructor(
    private readonly environment: MarkerEnvironment,
    private readonly haveConflicts: boolean,
    private readonly path: string,
  ) {}

  /** As uv's markers name what is active, `extra == 'extra-6-orders-gpu'`; empty if none of them can ask for it. */
  items(kind: 'extra' | 'group' | 'project', one: TomlTable, of?: string): string[] {
    if (!this.haveConflicts) return [];
    const name = stringOf(one['name']) ?? '';
    return [[kind, name.length, name, ...(of === undefined ? [] : [of])].join('-')];
  }

  hold({ name, marker }: TomlTable, active: ReadonlySet<string>): boolean {
    if (typeof marker !== 'string') return true;
    const verdict = this.known.get(marker) ?? evaluateMarker(marker, this.environment, active);
    if (verdict === undefined) {
      throw invalid(
        this.path,
        `requires \`${String(name)}\` if \`${marker}\`, which only the running system knows`,
      );
    }
    if (!marker.includes('extra')) this.known.set(marker, verdict);
    return verdict;
  }
}

/**
 * All packages on a path of dependencies whose markers hold. Markers of conflicting extras and groups ask what is
 * active on the way to a package, so that a package is visited again for each that is added.
 */
function reach(
  packages: PackageIndex,
  own: TomlTable,
  { extras, groups }: Selection,
  conditions: Conditions,
): Iterable<TomlTable> {
  const roots = new Set([
    ...conditions.items('project', own),
    ...extras.flatMap((extra) => conditions.items('extra', own, extra)),
    ...groups.flatMap((group) => conditions.items('group', own, group)),
  ]);
  const active = new Map<TomlTable, Set<string>>([[own, roots]]);
  const asked = new Map<TomlTable, Set<string>>([[own, new Set(extras)]]);
  const pending = [own];
  const visit = (dependency: TomlTable, from: ReadonlySet<string>): void => {
    if (!conditions.hold(dependency, from)) return;
    const next = packages.find(dependency);
    const isNew = !active.has(next);
    const hasMore = addAll(active, next, from);
    const asksMore = addAll(asked, next, stringsOf(dependency['extra']));
    if (isNew || hasMore || asksMore) pending.push(next);
  };
  for (const group of groups) {
    for (const dependency of tablesOf(groupsOf(own)[group])) visit(dependency, roots);
  }
  for (let one = pending.pop(); one !== undefined; one = pending.pop()) {
    const from = active.get(one) ?? new Set();
    for (const dependency of tablesOf(one['dependencies'])) visit(dependency, from);
    const optional = tableOf(one['optional-dependencies']);
    for (const extra of asked.get(one) ?? []) {
      const more = new Set([...from, ...conditions.items('extra', one, extra)]);
      for (const dependency of tablesOf(optional[extra])) visit(dependency, more);
    }
  }
  return active.keys();
}

/** True if there was something to add. */
function addAll(
  sets: Map<TomlTable, Set<string>>,
  key: TomlTable,
  values: Iterable<string>,
): boolean {
  const set = sets.get(key) ?? new Set();
  const before = set.size;
  for (const value of values) set.add(value);
  sets.set(key, set);
  return set.size > before;
}

function markersOf(document: TomlTable): Set<string> {
  const markers = new Set<string>();
  for (const one of tablesOf(document['package'])) {
    const lists = [
      one['dependencies'],
      ...Object.values(tableOf(one['optional-dependencies'])),
      ...Object.values(groupsOf(one)),
    ];
    for (const { marker } of lists.flatMap(tablesOf)) {
      if (typeof marker === 'string') markers.add(marker);
    }
  }
  return markers;
}

function directoryOf(one: TomlTable): string | undefined {
  const source = tableOf(one['source']);
  const path = stringOf(source['editable'] ?? source['directory'] ?? source['virtual']);
  return path === undefined ? undefined : posix.normalize(path).replace(/\/$/, '');
}

/** Undefined for a virtual package, which has dependencies and nothing to install. */
function sourceOf(one: TomlTable, lock: string, directory: string): LockedSource | undefined {
  const source = tableOf(one['source']);
  if (source['virtual'] !== undefined) return undefined;
  const name = String(one['name']);
  const local = stringOf(source['editable'] ?? source['directory'] ?? source['path']);
  if (local !== undefined) {
    return { path: posix.isAbsolute(local) ? local : posix.join(directory, local) };
  }
  const [git, url] = [stringOf(source['git']), stringOf(source['url'])];
  if (git !== undefined) return { url: repositoryUrl(git, name, lock) };
  if (url !== undefined) {
    const below = stringOf(source['subdirectory']);
    return { url: below === undefined ? url : `${url}#subdirectory=${below}` };
  }
  const version = stringOf(one['version']);
  if (source['registry'] === undefined || version === undefined) {
    throw invalid(lock, `has a package \`${name}\` of an unknown source`);
  }
  return { version };
}

/** `https://host/repo?subdirectory=py&rev=main#<commit>` */
function repositoryUrl(written: string, name: string, lock: string): string {
  const [, place = '', query = '', commit = ''] =
    /^([^?#]*)(?:\?([^#]*))?#(.+)$/.exec(written) ?? [];
  const parameters = new URLSearchParams(query);
  if (place === '' || parameters.has('path') || parameters.get('lfs') === 'true') {
    throw invalid(
      lock,
      `has \`${name}\` from \`${written}\`, which pip cannot take from a repository`,
    );
  }
  const below = parameters.get('subdirectory');
  return `git+${place}@${commit}${below === null ? '' : `#subdirectory=${below}`}`;
}

function hashesOf(one: TomlTable): string[] {
  const files = [...tablesOf(one['wheels']), tableOf(one['sdist'])];
  return [...new Set(files.flatMap(({ hash }) => stringOf(hash) ?? []))].sort();
}

/** A registry may be a directory of files. The path starts at the lock, as in a requirements file beside it. */
function localIndexes(packages: Iterable<TomlTable>): string[] {
  const registries = [...packages].flatMap(
    (one) => stringOf(tableOf(one['source'])['registry']) ?? [],
  );
  return [...new Set(registries)]
    .filter((registry) => !/^(?!file:)[a-z][a-z0-9+.-]+:/i.test(registry))
    .sort()
    .map((registry) => `--find-links ${registry}`);
}

function invalid(path: string, what: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${path}\` ${what}`,
    hint: 'generate the lock again with `uv lock`, or build from its export: `uv export --frozen --format pylock.toml -o pylock.toml`',
  });
}
