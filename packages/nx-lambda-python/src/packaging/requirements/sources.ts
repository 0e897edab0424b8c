/** Where a service says what it requires: the files that a build reads, and those that it does not read. */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { parseRequirements, type ReadFile } from './parse';
import { LOCKS, defaultRequirements, lockKind } from './lock';
import { isLockFile } from './lock-file';
import { readOrigin } from './lock-origin';
import { parseToml, tableOf } from './toml';

/** Which requirements a build reads. */
export interface ChosenRequirements {
  /** Relative to the workspace, as all paths here. */
  taken: readonly string[];
  /** False if the option names what is taken. */
  areDefault: boolean;
}

export interface RequirementSources extends ChosenRequirements {
  /** Other files at the service's root that also say what is required. */
  beside: string[];
}

/** @param requirements of the option; undefined for what the service has at its root */
export function chooseRequirements(
  {
    projectRoot,
    requirements,
  }: { projectRoot: string; requirements?: readonly string[] | undefined },
  exists: (path: string) => boolean,
): ChosenRequirements {
  if (requirements !== undefined) return { taken: requirements, areDefault: false };
  const inProject = (name: string) => posix.join(projectRoot, name);
  const name = defaultRequirements((one) => exists(inProject(one)));
  return { taken: [inProject(name)], areDefault: true };
}

export function requirementSources(
  { taken, areDefault }: ChosenRequirements,
  projectRoot: string,
  { read, exists }: { read: ReadFile; exists: (path: string) => boolean },
): RequirementSources {
  const files = ['requirements.txt', ...LOCKS]
    .map((name) => posix.join(projectRoot, name))
    .filter((path) => !taken.includes(path) && exists(path));
  const project = posix.join(projectRoot, 'pyproject.toml');
  // A lock was made from what pyproject.toml declares.
  const isLocked = taken.some((path) => lockKind(path) !== undefined || isLock(read(path) ?? ''));
  const isDeclared = !isLocked && declares(read(project) ?? '', project);
  return { taken, areDefault, beside: [...files, ...(isDeclared ? [project] : [])] };
}

/** The warning of a build that took one of several; undefined if there is only one, or the option chose. */
export function besideWarning({
  taken,
  beside,
  areDefault,
}: RequirementSources): string | undefined {
  const [first] = beside;
  if (!areDefault || first === undefined) return undefined;
  const others = beside.map(nameOf).join(' and ');
  const option = [lockKind(first) ? first : (taken[0] ?? first)].map((path) =>
    posix.basename(path),
  );
  const verb = beside.length > 1 || lockKind(first) === undefined ? 'are' : 'is';
  return `the package is built from ${taken.map(nameOf).join(' and ')}; ${others} ${verb} not read: remove what is not needed, or choose with "requirements": ${JSON.stringify(option)} on the build target`;
}

export function nameOf(path: string): string {
  return posix.basename(path) === 'pyproject.toml'
    ? `the dependencies in \`${path}\``
    : `\`${path}\``;
}

/** A file without requirements is a lock only if it has the header of `nx lock`. */
function isLock(text: string): boolean {
  if (readOrigin(text)) return true;
  return parseRequirements(text).some(({ kind }) => kind === 'requirement') && isLockFile(text);
}

/** Under `[project]`, or in Poetry's own table. */
function declares(text: string, path: string): boolean {
  try {
    const document = parseToml(text, path);
    const { dependencies } = tableOf(document['project']);
    const poetry = tableOf(tableOf(tableOf(document['tool'])['poetry'])['dependencies']);
    return (
      (Array.isArray(dependencies) && dependencies.length > 0) ||
      Object.keys(poetry).some((name) => name !== 'python')
    );
  } catch (error) {
    // Reading the marker in it reports what is wrong.
    if (error instanceof LambdaPythonError) return false;
    throw error;
  }
}
