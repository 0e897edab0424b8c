/** Where a service says what it requires: the files that a build reads, and those that it does not read. */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { declaredDependencies } from '../../service/pyproject';
import { DEFAULT_FILES, LOCKS, PIPFILE, uvLockAbove } from '../../service/required-files';
import { parseRequirements, type ReadFile } from './parse';
import { isDeclaration } from './declaration';
import { PYPROJECT } from './project';
import { lockKind } from './lock';
import { isLockFile } from './lock-file';
import { readOrigin } from './lock-origin';

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

interface Files {
  read: ReadFile;
  exists: (path: string) => boolean;
}

/** @param requirements of the option; undefined for what the service has: a file, the lock of its uv workspace, or its own dependencies */
export function chooseRequirements(
  {
    projectRoot,
    requirements,
  }: { projectRoot: string; requirements?: readonly string[] | undefined },
  files: Files,
): ChosenRequirements {
  if (requirements !== undefined) return { taken: requirements, areDefault: false };
  const inProject = (name: string) => posix.join(projectRoot, name);
  const own = DEFAULT_FILES.map(inProject).find(files.exists);
  const taken =
    own ??
    uvLockAbove(projectRoot, files.read) ??
    declarationOf(projectRoot, files) ??
    inProject('requirements.txt');
  return { taken: [taken], areDefault: true };
}

/** pyproject.toml if it says what is required, else the Pipfile. */
function declarationOf(projectRoot: string, { read, exists }: Files): string | undefined {
  const project = posix.join(projectRoot, PYPROJECT);
  if (declaredDependencies(read(project) ?? '')) return project;
  return [posix.join(projectRoot, PIPFILE)].find(exists);
}

/** Where else a service may say what it requires, by the file's name, and how to build from that. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [...LOCKS, PIPFILE].map((name) => [
      name,
      `set "requirements": ["${name}"] on the build target`,
    ]),
  ),
  'requirements.in': 'lock it with `nx lock <service>`',
  'setup.py': 'list what it requires as `dependencies` under [project] in pyproject.toml',
  'setup.cfg': 'list what it requires as `dependencies` under [project] in pyproject.toml',
  'environment.yml': 'list what the handlers import in requirements.txt, as pip names it',
  'environment.yaml': 'list what the handlers import in requirements.txt, as pip names it',
};

/** The error for requirements that do not exist; its hint names what the service has instead. */
export function missingRequirements(
  path: string,
  projectRoot: string,
  { read, exists }: Files,
): LambdaPythonError {
  const inProject = (name: string) => posix.join(projectRoot, name);
  const project = inProject(PYPROJECT);
  const found = [
    ...(declaredDependencies(read(project) ?? '') ? [PYPROJECT] : []),
    ...Object.keys(ELSEWHERE).filter((name) => exists(inProject(name))),
  ].find((name) => inProject(name) !== path);
  const how =
    found === PYPROJECT
      ? 'set "requirements": ["pyproject.toml"] on the build target'
      : ELSEWHERE[found ?? ''];
  const what = lockKind(path) || isDeclaration(path) ? '' : 'the requirements file ';
  return new LambdaPythonError('REQUIREMENTS_MISSING', {
    message: `${what}\`${path}\` does not exist${found === undefined ? '' : `; the service has \`${inProject(found)}\``}`,
    hint:
      how ??
      'create it (an empty file is fine), or name another one: "requirements": ["requirements.txt"] on the build target',
  });
}

export function requirementSources(
  { taken, areDefault }: ChosenRequirements,
  projectRoot: string,
  { read, exists }: Files,
): RequirementSources {
  const above = uvLockAbove(projectRoot, read);
  const files = [
    ...DEFAULT_FILES.map((name) => posix.join(projectRoot, name)),
    ...(above === undefined ? [] : [above]),
  ].filter((path) => !taken.includes(path) && exists(path));
  const project = posix.join(projectRoot, PYPROJECT);
  const pipfile = posix.join(projectRoot, PIPFILE);
  // A lock was made from what these declare.
  const isLocked = taken.some((path) => lockKind(path) !== undefined || isLock(read(path) ?? ''));
  const declared = [
    ...(declaredDependencies(read(project) ?? '') === 'some' ? [project] : []),
    ...(exists(pipfile) ? [pipfile] : []),
  ].filter((path) => !isLocked && !taken.includes(path));
  return { taken, areDefault, beside: [...files, ...declared] };
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
  return isDeclaration(path) ? `the dependencies in \`${path}\`` : `\`${path}\``;
}

/** A file without requirements is a lock only if it has the header of `nx lock`. */
function isLock(text: string): boolean {
  if (readOrigin(text)) return true;
  return parseRequirements(text).some(({ kind }) => kind === 'requirement') && isLockFile(text);
}
