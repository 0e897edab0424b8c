/**
 * uv.lock, as far as it must be understood before uv is asked: what a service requires of it, and which
 * libraries of the workspace that are. The requirement lines themselves are uv's to write.
 */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { digestOf } from '../canonical-json';
import { normalizeName } from '../wheel/names';
import { jsonOf, stringOf, tableOf, tablesOf, without, type TomlTable } from './toml';

export interface LockFacts {
  /** It has nothing but the service itself. */
  isEmpty: boolean;
  /** Of everything in the lock that this service can need. */
  digest: string;
  /** Directories and archives of the workspace that it can need, relative to the lock's directory. */
  paths: string[];
}

/**
 * @param member the service, relative to the lock's directory: `.` or `services/orders`
 * @throws REQUIREMENTS_INVALID where the lock does not know the service
 */
export function readUvLock(document: TomlTable, path: string, member: string): LockFacts {
  const packages = tablesOf(document['package']);
  const own = packages.find((one) => directoryOf(one) === member);
  if (!own) {
    throw new LambdaPythonError('REQUIREMENTS_INVALID', {
      message: `\`${path}\` has no package for the project \`${member}\``,
      hint: 'add a `[project]` table with name, version and dependencies to its pyproject.toml, make it a member of the workspace and run `uv lock`',
    });
  }
  const general = without(document, ['package', 'manifest']);
  const needed = reachable(packages, own);
  return {
    isEmpty: needed.length === 1,
    // Where in the workspace the service lies says which package is the root.
    digest: digestOf({
      member,
      general: jsonOf(general),
      packages: needed.map((one) => jsonOf(one === own ? withoutGroups(one) : one)),
    }),
    paths: needed
      .filter((one) => one !== own)
      .flatMap((one) => localPath(one) ?? [])
      .sort(),
  };
}

/** Directory of the workspace member of this name, relative to the lock's directory. */
export function uvLibraryNamed(document: TomlTable, name: string): string | undefined {
  const found = tablesOf(document['package']).find(
    (one) => normalizeName(stringOf(one['name']) ?? '') === normalizeName(name),
  );
  return found && directoryOf(found);
}

/** By names alone: markers and extras could only make it less. Development groups are not followed. */
function reachable(packages: readonly TomlTable[], root: TomlTable): TomlTable[] {
  const byName = new Map<string, TomlTable[]>();
  for (const one of packages) {
    const name = stringOf(one['name']) ?? '';
    byName.set(name, [...(byName.get(name) ?? []), one]);
  }
  const seen = new Set<TomlTable>();
  const visit = (one: TomlTable): void => {
    if (seen.has(one)) return;
    seen.add(one);
    const optional = Object.values(tableOf(one['optional-dependencies']));
    for (const required of [one['dependencies'], ...optional].flatMap(tablesOf)) {
      for (const next of byName.get(stringOf(required['name']) ?? '') ?? []) visit(next);
    }
  };
  visit(root);
  return packages.filter((one) => seen.has(one));
}

/** What only development needs says nothing about the package. */
function withoutGroups(own: TomlTable): TomlTable {
  return without(own, ['dev-dependencies', 'metadata']);
}

function directoryOf(one: TomlTable): string | undefined {
  const source = tableOf(one['source']);
  const path = stringOf(source['editable'] ?? source['directory'] ?? source['virtual']);
  return path === undefined ? undefined : posix.normalize(path).replace(/\/$/, '');
}

/** A virtual package has dependencies and nothing to install. */
function localPath(one: TomlTable): string | undefined {
  const source = tableOf(one['source']);
  return stringOf(source['editable'] ?? source['directory'] ?? source['path']);
}
