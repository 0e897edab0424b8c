/** What a service requires, whatever the form, and every file that says so: the build and the graph both read it here. */

import { posix } from 'node:path';
import {
  collectRequirements,
  type LocalParts,
  type RequirementsMeaning,
} from '../requirements/collect';
import { isRequirementsFile } from '../requirements/encoding';
import { findLinksInArguments } from '../requirements/parse';
import type { ReadFile } from '../requirements/parse';
import { linesFile } from '../requirements/locked';
import { lockKind, missingFile, onlyLock } from '../requirements/lock';
import type { Target } from '../requirements/lock-scope';
import { readPoetryLock } from '../requirements/poetry-lock';
import { readPylock } from '../requirements/pylock';
import { decidingVariables } from '../requirements/secrets';
import { refuseSelection, type Selection } from '../requirements/selection';
import { chooseRequirements } from '../requirements/sources';
import { readUvLock } from '../requirements/uv-lock';
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
  const lines = new Map<string, string>(
    options.requirements.flatMap((path) => {
      const found = linesOf(path, options, target, { read, parse });
      return found ? [[linesFile(path), found.map((line) => `${line}\n`).join('')]] : [];
    }),
  );
  const requirements = options.requirements.map((path) =>
    lines.has(linesFile(path)) ? linesFile(path) : path,
  );
  const { files, meaning, local } = collectRequirements(
    { ...options, requirements, isLocked },
    protecting(protect, (path) => lines.get(path) ?? read(path)),
    exists,
  );
  const links = findLinksInArguments(options.pipArgs, options, exists);
  return {
    requirements,
    constraints: options.constraints,
    files,
    meaning,
    local: { ...local, findLinks: [...new Set([...local.findLinks, ...links])].sort() },
    isLocked,
    isEmpty: meaning.requirements.length === 0,
    variables: [...new Set([...files.values()].flatMap(decidingVariables))].sort(),
  };
}

/** The requirement lines of a lock; undefined for a requirements file, which has its own. */
function linesOf(
  path: string,
  { projectRoot, extras, groups }: RequirementOptions,
  target: Target,
  { read, parse }: Pick<Files, 'read' | 'parse'>,
): string[] | undefined {
  const kind = lockKind(path);
  const request = { path, projectRoot, extras, groups };
  if (kind === undefined) {
    refuseSelection(request, path);
    return undefined;
  }
  const required = (name: string): string => {
    const text = read(name);
    if (text === undefined) throw missingFile(name, path);
    return text;
  };
  const text = required(path);
  if (kind === 'pylock') return readPylock(text, request);
  if (kind === 'uv') return readUvLock(parse(text, path), { ...request, target });
  const file = posix.join(projectRoot, 'pyproject.toml');
  const project = parse(required(file), file);
  return readPoetryLock(parse(text, path), { ...request, project, target });
}

/** What describes libraries is TOML and Python, in which nothing is a requirements file's. */
function protecting(protect: Protect, read: ReadFile): ReadFile {
  return (path) => {
    const text = read(path);
    return text === undefined || !isRequirementsFile(path) ? text : protect(text, path);
  };
}
