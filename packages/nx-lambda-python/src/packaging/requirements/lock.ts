/** Lock files in place of requirements files: their names, and what a service needs of those of uv and Poetry. */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { digestOf } from './canonical-json';
import { inWorkspace, type PathBase, type ReadFile } from './parse';
import { isPylock } from './pylock';
import { jsonOf, parseToml, stringOf, stringsOf, tableOf, tablesOf, type TomlTable } from './toml';

export type LockKind = 'uv' | 'poetry' | 'pylock';

/** In the order in which they are looked for if requirements.txt does not exist. */
export const LOCKS: readonly string[] = ['uv.lock', 'pylock.toml', 'poetry.lock'];

/** By its name: the tools allow only these. */
export function lockKind(path: string): LockKind | undefined {
  const name = posix.basename(path);
  if (name === 'uv.lock') return 'uv';
  if (name === 'poetry.lock') return 'poetry';
  return isPylock(name) ? 'pylock' : undefined;
}

/**
 * The lock among these files. It is complete, so no other file may be given with it.
 * @throws OPTION_INVALID
 */
export function onlyLock(
  requirements: readonly string[],
  constraints: readonly string[],
): { path: string; kind: LockKind } | undefined {
  const path = requirements.find((one) => lockKind(one) !== undefined);
  const kind = path === undefined ? undefined : lockKind(path);
  if (path === undefined || kind === undefined) return undefined;
  const other = requirements.find((one) => one !== path) ?? constraints[0];
  if (other === undefined) return { path, kind };
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`${path}\` is a lock and therefore complete, but \`${other}\` is given as well`,
    hint: `set "requirements": ["<the lock>"] and no constraints, and lock what \`${other}\` requires`,
  });
}

/** The facts of poetry.lock, with the files that Poetry reads. */
export interface ToolLock extends LockFacts {
  /** By path relative to the workspace. */
  files: Map<string, string>;
}

/**
 * @returns facts whose paths are relative to the workspace
 * @throws REQUIREMENTS_MISSING, REQUIREMENTS_INVALID
 */
export function readToolLock(path: string, base: PathBase, read: ReadFile): ToolLock {
  const directory = posix.dirname(path);
  const files = new Map<string, string>();
  const required = (name: string): string => {
    const text = read(name);
    if (text === undefined) throw missingFile(name, path);
    files.set(name, text);
    return text;
  };
  const lock = parseToml(required(path), path);
  const projectFile = posix.join(base.projectRoot, 'pyproject.toml');
  const project = parseToml(required(projectFile), projectFile);
  if (posix.normalize(directory) !== posix.normalize(base.projectRoot)) {
    throw elsewhere(path, base.projectRoot);
  }
  const facts = readPoetryLock(lock, project);
  const paths = facts.paths.map((written) => {
    const inside = inWorkspace(written, { ...base, projectRoot: directory });
    if (inside === undefined) throw outside(written, path);
    return inside;
  });
  return { ...facts, paths, files };
}

function missingFile(name: string, lock: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_MISSING', {
    message: `\`${name}\`, which \`${lock}\` needs, does not exist`,
    hint: 'create it with its tool, or name another file: "requirements": ["requirements.txt"] on the build target',
  });
}

function elsewhere(path: string, project: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${path}\` is the lock of another project: Poetry reads only the one beside \`${project}/pyproject.toml\``,
    hint: 'run `poetry lock` in the service and set "requirements": ["poetry.lock"]',
  });
}

function outside(written: string, path: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${path}\` requires \`${written}\`, which is outside of the workspace: the package would depend on this machine`,
    hint: 'move the library into the workspace, or publish it to an index, and lock again',
  });
}

export interface LockFacts {
  /** It has only the service itself. */
  isEmpty: boolean;
  /** Of everything in the lock that this service can need. */
  digest: string;
  /** Directories and archives of the workspace that it can need, relative to the lock's directory. */
  paths: string[];
}

/** @param project the pyproject.toml beside it, which says what the service itself requires */
export function readPoetryLock(document: TomlTable, project: TomlTable): LockFacts {
  const poetry = tableOf(tableOf(project['tool'])['poetry']);
  const { dependencies, extras, source } = poetry;
  const packages = tablesOf(document['package']).filter(isRuntime);
  return {
    isEmpty: packages.length === 0,
    digest: digestOf({
      // It has a hash of pyproject.toml: Poetry refuses a lock that is older than its requirements.
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
