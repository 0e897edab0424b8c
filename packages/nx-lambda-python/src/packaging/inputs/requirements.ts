/** What a service requires, whatever the form, and every file that says so: the build and the graph both read it here. */

import { posix } from 'node:path';
import {
  collectRequirements,
  type LocalParts,
  type RequirementsMeaning,
} from '../requirements/collect';
import { declarationFiles, isDeclaration } from '../requirements/declaration';
import { isRequirementsFile } from '../requirements/encoding';
import { findLinksInArguments } from '../requirements/parse';
import type { ReadFile } from '../requirements/parse';
import { linesFile } from '../requirements/locked';
import { lockKind, onlyLock } from '../requirements/lock';
import type { Target } from '../requirements/lock-scope';
import { readPipfileLock } from '../requirements/pipfile-lock';
import { readPoetryLock } from '../requirements/poetry-lock';
import { readPylock } from '../requirements/pylock';
import { decidingVariables } from '../requirements/secrets';
import { withOwnDependencies } from '../requirements/own-project';
import { PYPROJECT } from '../requirements/project';
import { checkLockedSelection } from '../requirements/lock-origin';
import { type Selection } from '../requirements/selection';
import { chooseRequirements, missingRequirements } from '../requirements/sources';
import { readUvLock } from '../requirements/uv-lock';
import { stringsOf, type TomlTable } from '../requirements/toml';
import { readBuildConstraints, type BuildConstraints } from './build-constraints';
import { projectPath } from './option-paths';
import type { WorkspaceFiles } from './workspace-files';

/** Of the build target. Paths are relative to the workspace. */
export interface RequirementOptions extends Selection {
  projectRoot: string;
  /** Absolute. */
  workspaceRoot: string;
  /** Undefined if the option is not set: then a lock may stand in for a missing requirements.txt. */
  requirements: readonly string[] | undefined;
  constraints: readonly string[];
  pipArgs: readonly string[];
}

/**
 * The options as the build reads them, with paths relative to the workspace.
 * @throws OPTION_INVALID for a path outside the workspace
 */
export function requirementOptions(
  projectRoot: string,
  workspaceRoot: string,
  options: TomlTable,
): RequirementOptions {
  const base = { projectRoot, workspaceRoot };
  const paths = (option: string) =>
    stringsOf(options[option]).map((path) => projectPath(option, path, base));
  return {
    ...base,
    requirements: Array.isArray(options['requirements']) ? paths('requirements') : undefined,
    constraints: paths('constraints'),
    extras: stringsOf(options['extras']),
    groups: stringsOf(options['groups']),
    pipArgs: stringsOf(options['pipArgs']),
  };
}

/** Takes credentials out of the text of a requirements file before anything else sees it. */
export type Protect = (text: string, path: string) => string;

export interface RequiredInputs {
  /** As they are given to pip. */
  requirements: string[];
  constraints: readonly string[];
  /** Requirement and constraint files by path, protected. */
  files: ReadonlyMap<string, string>;
  /** Without the content of libraries, archives and links, which is not read here. */
  meaning: RequirementsMeaning;
  local: LocalParts;
  buildConstraints: BuildConstraints;
  /** Complete: what it leaves out is not needed. */
  isLocked: boolean;
  isEmpty: boolean;
  /** Every path that was looked for, sorted, whether it exists or not: what appears there decides, too. */
  asked: string[];
  /** Of the environment, sorted: those that the files use outside of credentials. */
  variables: string[];
}

type Files = Pick<WorkspaceFiles, 'read' | 'exists' | 'isDirectory' | 'parse'>;

/**
 * @param target that the requirements are for: a lock may resolve for others, too
 * @throws REQUIREMENTS_MISSING, REQUIREMENTS_INVALID, OPTION_INVALID
 */
export function readRequired(
  options: RequirementOptions,
  target: Target,
  files: Files,
  protect: Protect = (text) => text,
): RequiredInputs {
  const asked = new Set<string>();
  const noting = noteAsked(files, asked);
  const { taken } = chooseRequirements(options, noting);
  const missing = taken.find((path) => !noting.exists(path));
  if (missing !== undefined) throw missingRequirements(missing, options.projectRoot, noting);
  const given = { ...options, requirements: taken };
  const lock = onlyLock(taken, options.constraints);
  const required = requirementFiles(given, lock !== undefined, target, noting, protect);
  return { ...required, asked: [...asked].sort() };
}

function noteAsked(files: Files, asked: Set<string>): Files {
  const note = <T>(look: (path: string) => T) => {
    return (path: string): T => {
      asked.add(posix.normalize(path));
      return look(path);
    };
  };
  return { ...files, read: note(files.read), exists: note(files.exists) };
}

type Given = RequirementOptions & { requirements: readonly string[] };
type Required = Omit<RequiredInputs, 'asked'>;

function requirementFiles(
  options: Given,
  isLocked: boolean,
  target: Target,
  { read, exists, parse }: Files,
  protect: Protect,
): Required {
  // Other formats are read as requirements files that stand beside them.
  const lines = new Map(
    options.requirements.flatMap((path) => [...linesOf(path, options, target, { read, parse })]),
  );
  if (lines.size === 0) checkLockedSelection(options, options.requirements, read);
  const requirements = options.requirements.map((path) =>
    lines.has(linesFile(path)) ? linesFile(path) : path,
  );
  const { files, meaning, local } = collectRequirements(
    { ...options, requirements, isLocked },
    protecting(
      protect,
      withOwnDependencies({ ...options, target }, (path) => lines.get(path) ?? read(path)),
    ),
    exists,
  );
  const { projectRoot, workspaceRoot, pipArgs } = options;
  const buildConstraints = readBuildConstraints(
    { projectRoot, workspaceRoot, pipArgs },
    options.requirements,
    protecting(protect, read),
  );
  const limits = buildConstraints.meaning.map((line) => `--build-constraint ${line}`);
  const links = findLinksInArguments(options.pipArgs, options, exists);
  return {
    requirements,
    constraints: options.constraints,
    files,
    meaning: { ...meaning, options: [...meaning.options, ...limits] },
    buildConstraints,
    local: { ...local, findLinks: [...new Set([...local.findLinks, ...links])].sort() },
    isLocked,
    isEmpty: meaning.requirements.length === 0,
    variables: [...new Set([...files.values()].flatMap(decidingVariables))].sort(),
  };
}

/** Requirements files for another format, the first beside it; none for a requirements file itself. */
function linesOf(
  path: string,
  { projectRoot, extras, groups }: RequirementOptions,
  target: Target,
  { read, parse }: Pick<Files, 'read' | 'parse'>,
): Map<string, string> {
  const kind = lockKind(path);
  const request = { path, projectRoot, extras, groups, target };
  const text = read(path) ?? '';
  if (isDeclaration(path)) return declarationFiles(request, read);
  if (kind === undefined) return new Map();
  const readers = {
    uv: () => readUvLock(parse(text, path), request),
    pylock: () => readPylock(text, request),
    pipenv: () => readPipfileLock(text, request),
    poetry: () => {
      const file = posix.join(projectRoot, PYPROJECT);
      const project = parse(read(file) ?? '', file);
      return readPoetryLock(parse(text, path), { ...request, project });
    },
  };
  const lines = readers[kind]();
  return new Map([[linesFile(path), lines.map((line) => `${line}\n`).join('')]]);
}

/** What describes libraries is TOML and Python, in which nothing is a requirements file's. */
function protecting(protect: Protect, read: ReadFile): ReadFile {
  return (path) => {
    const text = read(path);
    return text === undefined || !isRequirementsFile(path) ? text : protect(text, path);
  };
}
