/** Lock files in the place of requirements files: which they are, and what a service needs of them. */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import type { ReadFile } from './library';
import { inWorkspace, type PathBase } from './local';
import { readPoetryLock } from './poetry-lock';
import { isPylock } from './pylock';
import { parseToml } from './toml';
import { readUvLock, type LockFacts } from './uv-lock';

export type LockKind = 'uv' | 'poetry' | 'pylock';

/** In the order in which they are looked for where there is no requirements.txt. */
export const LOCKS: readonly string[] = ['uv.lock', 'pylock.toml', 'poetry.lock'];

/** What a service without the option `requirements` has, of the files at its root. */
export function defaultRequirements(exists: (name: string) => boolean): string {
  return ['requirements.txt', ...LOCKS].find(exists) ?? 'requirements.txt';
}

/** By its name: the tools allow no other. */
export function lockKind(path: string): LockKind | undefined {
  const name = posix.basename(path);
  if (name === 'uv.lock') return 'uv';
  if (name === 'poetry.lock') return 'poetry';
  return isPylock(name) ? 'pylock' : undefined;
}

/**
 * The lock among these files, if one is: it is complete, so nothing may stand beside it.
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
    message: `\`${path}\` is a lock, which is complete, and \`${other}\` is given beside it`,
    hint: `set "requirements": ["<the lock>"] and no constraints, and lock what \`${other}\` requires`,
  });
}

/** What a lock of uv or Poetry says, with the files that its tool will read. */
export interface ToolLock extends LockFacts {
  /** By path relative to the workspace. */
  files: Map<string, string>;
}

/**
 * @param parse for callers that read one lock for many services
 * @returns facts whose paths are relative to the workspace
 * @throws REQUIREMENTS_MISSING, REQUIREMENTS_INVALID
 */
export function readToolLock(
  path: string,
  tool: 'uv' | 'poetry',
  base: PathBase,
  read: ReadFile,
  parse: typeof parseToml = parseToml,
): ToolLock {
  const directory = posix.dirname(path);
  const files = new Map<string, string>();
  const required = (name: string): string => {
    const text = read(name);
    if (text === undefined) throw missing(name, path);
    files.set(name, text);
    return text;
  };
  const lock = parse(required(path), path);
  const projectFile = posix.join(base.projectRoot, 'pyproject.toml');
  const project = parseToml(required(projectFile), projectFile);
  if (posix.normalize(directory) !== posix.normalize(base.projectRoot)) {
    if (tool === 'poetry') throw elsewhere(path, base.projectRoot);
    required(posix.join(directory, 'pyproject.toml'));
  }
  const member = posix.relative(directory, base.projectRoot) || '.';
  const facts = tool === 'uv' ? readUvLock(lock, path, member) : readPoetryLock(lock, project);
  const paths = facts.paths.map((written) => {
    const inside = inWorkspace(written, { ...base, projectRoot: directory });
    if (inside === undefined) throw outside(written, path);
    return inside;
  });
  return { ...facts, paths, files };
}

function missing(name: string, lock: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_MISSING', {
    message:
      name === lock
        ? `the lock \`${lock}\` does not exist`
        : `\`${name}\`, which belongs to \`${lock}\`, does not exist`,
    hint: 'write it with the tool that makes it, or name the right file: "requirements": ["requirements.txt"] on the build target',
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
    message: `\`${path}\` requires \`${written}\`, which is outside of the workspace: a package of it would depend on this machine`,
    hint: 'move the library into the workspace, or publish it to an index, and lock again',
  });
}
