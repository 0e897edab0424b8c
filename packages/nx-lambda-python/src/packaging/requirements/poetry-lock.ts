/** poetry.lock, as far as it must be understood before Poetry is asked for its requirement lines. */

import { digestOf } from '../canonical-json';
import { jsonOf, stringOf, stringsOf, tableOf, tablesOf, type TomlTable } from './toml';
import type { LockFacts } from './uv-lock';

/** @param project the pyproject.toml beside it, by which Poetry tells what the service itself requires */
export function readPoetryLock(document: TomlTable, project: TomlTable): LockFacts {
  const poetry = tableOf(tableOf(project['tool'])['poetry']);
  const { dependencies, extras, source } = poetry;
  const packages = tablesOf(document['package']).filter(isRuntime);
  return {
    isEmpty: packages.length === 0,
    digest: digestOf({
      // Poetry compares its hash of pyproject.toml, and refuses a lock that is older than its requirements.
      metadata: jsonOf(document['metadata'] ?? null),
      packages: packages.map(jsonOf),
      project: jsonOf({
        dependencies: dependencies ?? {},
        extras: extras ?? {},
        source: source ?? [],
        project: tableOf(project['project'])['dependencies'] ?? [],
        python: tableOf(project['project'])['requires-python'] ?? '',
      }),
    }),
    paths: packages
      .flatMap((one) => {
        const { type, url } = tableOf(one['source']);
        return type === 'directory' || type === 'file' ? (stringOf(url) ?? []) : [];
      })
      .sort(),
  };
}

/** Locks before 2.1 do not say which groups need a package. */
function isRuntime(one: TomlTable): boolean {
  return one['groups'] === undefined || stringsOf(one['groups']).includes('main');
}
