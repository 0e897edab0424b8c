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
import { onlyLock, readToolLock } from '../requirements/lock';
import { readPylock } from '../requirements/pylock';
import { decidingVariables } from '../requirements/secrets';
import { chooseRequirements } from '../requirements/sources';
import type { WorkspaceFiles } from './workspace-files';

/** Of the build target. Paths are relative to the workspace. */
export interface RequirementOptions {
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
  /** A lock that only its own tool can turn into requirement lines, with the files that the tool reads. */
  lock: { tool: 'uv' | 'poetry'; path: string; files: ReadonlyMap<string, string> } | undefined;
  isEmpty: boolean;
  /** Every path that was looked for, sorted, whether it exists or not: what appears there decides, too. */
  asked: string[];
  /** Of the environment, sorted: those that the files use outside of credentials. */
  variables: string[];
}

type Files = Pick<WorkspaceFiles, 'read' | 'exists' | 'isDirectory' | 'parse'>;

/** @throws REQUIREMENTS_MISSING, REQUIREMENTS_INVALID, OPTION_INVALID */
export function readRequired(
  options: RequirementOptions,
  files: Files,
  protect: Protect = (text) => text,
): RequiredInputs {
  const asked = new Set<string>();
  const noting = noteAsked(files, asked);
  const { taken } = chooseRequirements(options, noting.exists);
  const given = { ...options, requirements: taken };
  const lock = onlyLock(taken, options.constraints);
  const required =
    lock?.kind === 'uv' || lock?.kind === 'poetry'
      ? toolLock(given, lock.path, lock.kind, noting)
      : lock
        ? pylock(given, lock.path, noting, protect)
        : requirementFiles(given, noting.exists, protecting(protect, noting.read), false);
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
  exists: (path: string) => boolean,
  read: ReadFile,
  isLocked: boolean,
): Required {
  const { files, meaning, local } = collectRequirements(options, read, exists);
  const links = findLinksInArguments(options.pipArgs, options, exists);
  return {
    requirements: [...options.requirements],
    constraints: options.constraints,
    files,
    meaning,
    local: { ...local, findLinks: [...new Set([...local.findLinks, ...links])].sort() },
    isLocked,
    lock: undefined,
    isEmpty: meaning.requirements.length === 0,
    variables: [...new Set([...files.values()].flatMap(decidingVariables))].sort(),
  };
}

/** Read by us: its lines are known before pip is asked. */
function pylock(options: Given, path: string, { read, exists }: Files, protect: Protect): Required {
  const listed = `${path}.txt`;
  const readLines = (file: string) => {
    if (file !== listed) return read(file);
    const text = read(path);
    return text === undefined
      ? undefined
      : `${readPylock(text, path, options.projectRoot).join('\n')}\n`;
  };
  const lines = { ...options, requirements: [listed] };
  return requirementFiles(lines, exists, protecting(protect, readLines), true);
}

function toolLock(options: Given, path: string, tool: 'uv' | 'poetry', files: Files): Required {
  const { projectRoot, workspaceRoot, pipArgs } = options;
  const base = { projectRoot, workspaceRoot };
  const found = readToolLock(path, tool, base, files.read, files.parse);
  return {
    requirements: [],
    constraints: [],
    files: new Map(),
    meaning: {
      requirements: [],
      constraints: [],
      options: [],
      content: { [path]: found.digest },
    },
    local: {
      trees: found.paths.filter(files.isDirectory),
      archives: found.paths.filter((one) => !files.isDirectory(one)),
      findLinks: findLinksInArguments(pipArgs, base, files.exists),
      implied: [],
    },
    isLocked: true,
    lock: { tool, path, files: found.files },
    isEmpty: found.isEmpty,
    variables: [],
  };
}

/** What describes libraries is TOML and Python, in which nothing is a requirements file's. */
function protecting(protect: Protect, read: ReadFile): ReadFile {
  return (path) => {
    const text = read(path);
    return text === undefined || !isRequirementsFile(path) ? text : protect(text, path);
  };
}
