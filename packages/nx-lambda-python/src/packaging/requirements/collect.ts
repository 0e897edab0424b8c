/** All requirements of a service: the files given and everything that they include. */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import {
  describeLocal,
  findLinksOf,
  parseRequirements,
  readLocal,
  resolveFindLinks,
  withoutCredentials,
  withoutEditable,
  type LocalRequirement,
  type PathBase,
  type ReadFile,
} from './parse';
import { writtenFile } from './locked';
import { isLibrary, libraryRequirements } from './library';

export interface RequirementsRequest {
  /** Paths relative to the workspace, with forward slashes. */
  requirements: readonly string[];
  constraints: readonly string[];
  /** Where the paths of local requirements start; the default is the first file's directory. */
  projectRoot?: string;
  /** Absolute, for requirements such as `common @ file:///…`. */
  workspaceRoot?: string;
  /** They are complete: what libraries require is among them, or not needed. */
  isLocked?: boolean;
}

export interface CollectedRequirements {
  /** The text of every file, by its path relative to the workspace. Never logged, and never hashed as a whole. */
  files: ReadonlyMap<string, string>;
  meaning: RequirementsMeaning;
  local: LocalParts;
}

/** What the files say, whatever their names, order, comments and credentials. Each list is sorted. */
export interface RequirementsMeaning {
  requirements: string[];
  constraints: string[];
  options: string[];
  /** Digests of the files and directories of the workspace that count, by path; absent if none does. */
  content?: Readonly<Record<string, string>>;
}

/** Files and directories of the workspace that the requirements name. Paths are relative to it; each list is sorted. */
export interface LocalParts {
  /** Directories of libraries. */
  trees: string[];
  /** Wheels and source archives. */
  archives: string[];
  /** Directories and archives of `--find-links`. */
  findLinks: string[];
  /** Libraries that other libraries require by name; no index needs to have them. */
  implied: LocalRequirement[];
}

/**
 * @param exists whether a file or directory exists
 * @throws REQUIREMENTS_MISSING, REQUIREMENTS_INVALID
 */
export function collectRequirements(
  request: RequirementsRequest,
  read: ReadFile,
  exists: (path: string) => boolean = (path) => read(path) !== undefined,
): CollectedRequirements {
  const projectRoot =
    request.projectRoot ?? posix.dirname(request.requirements[0] ?? request.constraints[0] ?? '.');
  const base = { ...request, projectRoot };
  const files = new Map<string, string>();
  const seen = new Set<string>();
  const lists = {
    requirements: new Set<string>(),
    constraints: new Set<string>(),
    options: new Set<string>(),
  };
  const trees = new Map<string, LocalRequirement>();
  const archives = new Set<string>();
  const findLinks = new Set<string>();
  const implied = new Map<string, LocalRequirement>();

  const visit = (path: string, as: 'requirements' | 'constraints', from?: string): void => {
    if (seen.has(`${as} ${path}`)) return;
    seen.add(`${as} ${path}`);
    const text = files.get(path) ?? read(path);
    if (text === undefined) throw missing(path, from);
    files.set(path, text);
    for (const line of parseRequirements(text)) {
      if (line.kind === 'include') visit(includedPath(line.path, path), line.as, path);
      else if (line.kind === 'option')
        lists.options.add(withoutCredentials(option(line.text, path)));
      else lists[as].add(requirement(line.text, writtenFile(path)));
    }
  };
  const option = (text: string, from: string): string => {
    const written = findLinksOf(text);
    const path = written && resolveFindLinks(written, from, base, exists);
    if (!path) return text;
    findLinks.add(path);
    return `--find-links ./${path}`;
  };
  const requirement = (text: string, from: string): string => {
    const local = readLocal(text, base, from);
    if (local) addLocal(local, text, from);
    return requirementMeaning(text, base, from);
  };
  const addLocal = (local: LocalRequirement, text: string, from: string): void => {
    if (local.isArchive) {
      if (!exists(local.path)) throw missingArchive(local, text, from);
      archives.add(local.path);
      return;
    }
    if (local.path === posix.normalize(projectRoot)) throw ownProject(text, from);
    // What a lock names is looked for with its content.
    if (!request.isLocked && !isLibrary(local.path, read))
      throw notALibrary(local, text, from, exists);
    if (trees.has(`${local.path}${local.extras}`)) return;
    trees.set(`${local.path}${local.extras}`, local);
    if (request.isLocked) return;
    const file = posix.join(local.path, 'pyproject.toml');
    const { byUrl, byName } = libraryRequirements(local, base, read);
    for (const path of byUrl) {
      addLocal(readLocal(`./${path}`, { projectRoot: '.' }, file) ?? local, path, file);
    }
    for (const one of byName) {
      implied.set(describeLocal(one), one);
      lists.requirements.add(describeLocal(one));
      addLocal(one, one.path, file);
    }
  };
  for (const path of request.requirements) visit(path, 'requirements');
  for (const path of request.constraints) visit(path, 'constraints');

  return {
    files,
    meaning: {
      requirements: [...lists.requirements].sort(),
      constraints: [...lists.constraints].sort(),
      options: [...lists.options].sort(),
    },
    local: {
      trees: [...new Set([...trees.values()].map(({ path }) => path))].sort(),
      archives: [...archives].sort(),
      findLinks: [...findLinks].sort(),
      implied: [...implied.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one),
    },
  };
}

/** A line as the requirements key has it. */
export function requirementMeaning(text: string, base: PathBase, from: string): string {
  const local = readLocal(text, base, from);
  return local ? describeLocal(local) : withoutCredentials(withoutEditable(text));
}

function includedPath(included: string, from: string): string {
  const path = posix.normalize(posix.join(posix.dirname(from), included.replaceAll('\\', '/')));
  if (/^[a-z]+:\/\//i.test(included) || posix.isAbsolute(included) || path.startsWith('../')) {
    throw new LambdaPythonError('REQUIREMENTS_INVALID', {
      message: `\`${from}\` includes \`${withoutCredentials(included)}\`, which is not a file of this workspace`,
      hint: 'copy that file into the workspace and include it by a relative path',
    });
  }
  return path;
}

function missing(path: string, from: string | undefined): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_MISSING', {
    message: from
      ? `\`${path}\`, included by \`${writtenFile(from)}\`, does not exist`
      : `the file \`${path}\` does not exist`,
    hint: from
      ? `correct the path in \`${writtenFile(from)}\`, or create the file`
      : 'create it, or correct the option that names it',
  });
}

function missingArchive(local: LocalRequirement, text: string, from: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_MISSING', {
    message: `\`${from}\` requires \`${text}\`, but the file \`${local.path}\` does not exist`,
    hint: "correct the path: pip reads it relative to the project's root, wherever the requirements file is",
  });
}

/** Paths are often written relative to the workspace or to the file, and then name something else. */
function notALibrary(
  local: LocalRequirement,
  text: string,
  from: string,
  exists: (path: string) => boolean,
): LambdaPythonError {
  const what = exists(local.path)
    ? `\`${local.path}\` has neither pyproject.toml nor setup.py`
    : `the directory \`${local.path}\` does not exist`;
  return new LambdaPythonError('REQUIREMENTS_MISSING', {
    message: `\`${from}\` requires \`${text}\`, but ${what}`,
    hint: "write the path relative to the project's root, wherever the requirements file is: `-e ../../libs/common`",
  });
}

function ownProject(text: string, from: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${from}\` requires \`${text}\`, which is the service itself: its files are in the package already`,
    hint: 'remove that requirement: a library cannot require the service that it is part of',
  });
}
