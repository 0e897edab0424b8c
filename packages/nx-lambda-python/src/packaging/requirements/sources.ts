/** Where a service says what it requires: what a build reads of it, and what stands beside unread. */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { parseRequirements, type ReadFile } from './parse';
import { LOCKS, defaultRequirements, lockKind } from './lock';
import { isLockFile } from './lock-file';
import { readOrigin } from './lock-origin';
import { parseToml, tableOf } from './toml';

export interface RequirementSources {
  /** Relative to the workspace, as all paths here. */
  taken: string[];
  /** Files at the service's root that say what is required, too. */
  beside: string[];
  /** False where the option names what is taken. */
  areDefault: boolean;
}

export function requirementSources(
  {
    projectRoot,
    requirements,
    areRequirementsGiven,
  }: { projectRoot: string; requirements: readonly string[]; areRequirementsGiven: boolean },
  read: ReadFile,
): RequirementSources {
  const inProject = (name: string) => posix.join(projectRoot, name);
  const isThere = (name: string) => read(inProject(name)) !== undefined;
  const taken = areRequirementsGiven
    ? [...requirements]
    : [inProject(defaultRequirements(isThere))];
  const files = ['requirements.txt', ...LOCKS].filter(isThere).map(inProject);
  const project = inProject('pyproject.toml');
  // A lock was made of what pyproject.toml declares.
  const isLocked = taken.some((path) => lockKind(path) !== undefined || isLock(read(path) ?? ''));
  return {
    taken,
    beside: [
      ...files.filter((path) => !taken.includes(path)),
      ...(!isLocked && declares(read(project) ?? '', project) ? [project] : []),
    ],
    areDefault: !areRequirementsGiven,
  };
}

/** What a build says that took one of several; undefined where there is one, or the option chose. */
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
  return `the package is made of ${taken.map(nameOf).join(' and ')}; ${others} beside it ${verb} not read: remove what is not meant, or choose by "requirements": ${JSON.stringify(option)} on the build target`;
}

export function nameOf(path: string): string {
  return posix.basename(path) === 'pyproject.toml'
    ? `the dependencies in \`${path}\``
    : `\`${path}\``;
}

/** A file without requirements is one only where `nx lock` says so in its header. */
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
    // Whoever reads the marker in it says what is wrong.
    if (error instanceof LambdaPythonError) return false;
    throw error;
  }
}
