/** What a service requires, whatever the form: files for pip, and their meaning for the requirements key. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import {
  collectRequirements,
  type LocalParts,
  type ReadFile,
  type RequirementsMeaning,
} from '../../packaging/requirements/collect';
import { findLinksInArguments } from '../../packaging/requirements/find-links';
import { describeLocal } from '../../packaging/requirements/local';
import {
  defaultRequirements,
  lockKind,
  onlyLock,
  readToolLock,
} from '../../packaging/requirements/lock';
import { readPylock } from '../../packaging/requirements/pylock';
import { readLocalContent } from '../../platform/files/local-files';
import type { ResolveRequest } from '../../platform/pip/request';
import type { BuildOptions } from './normalize';

export interface ServiceRequirements extends Pick<
  ResolveRequest,
  'files' | 'requirements' | 'constraints' | 'pipArguments' | 'local'
> {
  meaning: RequirementsMeaning;
  /** Nothing is required at all. */
  isEmpty: boolean;
}

type Options = Pick<
  BuildOptions,
  | 'workspaceRoot'
  | 'sourceRoot'
  | 'projectRoot'
  | 'requirements'
  | 'areRequirementsGiven'
  | 'constraints'
  | 'pipArgs'
>;

/** Takes credentials out of the text of a requirements file before anything else sees it. */
export type Protect = (text: string, path: string) => string;

/** @throws REQUIREMENTS_MISSING, REQUIREMENTS_INVALID, OPTION_INVALID, ENTRY_INVALID */
export function readRequirements(given: Options, protect: Protect): ServiceRequirements {
  const options = withDefault(given);
  const lock = onlyLock(options.requirements, options.constraints);
  if (lock?.kind === 'uv' || lock?.kind === 'poetry')
    return toolLock(options, lock.path, lock.kind);
  if (lock) return pylock(options, lock.path, protect);
  return requirementFiles(
    options,
    protecting(protect, (path) => readText(options, path)),
    false,
  );
}

/** Where nobody chose, a lock stands in for a missing requirements.txt, which is said. */
function withDefault(options: Options): Options {
  if (options.areRequirementsGiven) return options;
  const isThere = (name: string) => existsSync(join(options.sourceRoot, options.projectRoot, name));
  const path = posix.join(options.projectRoot, defaultRequirements(isThere));
  if (lockKind(path)) console.log(`there is no requirements.txt: taking \`${path}\``);
  return { ...options, requirements: [path] };
}

function requirementFiles(
  options: Options,
  read: (path: string) => string | undefined,
  isLocked: boolean,
): ServiceRequirements {
  const exists = (path: string) => existsSync(join(options.sourceRoot, path));
  const { files, meaning, local } = collectRequirements(options, read, exists);
  const links = findLinksInArguments(options.pipArgs, options, exists);
  const parts = { ...local, findLinks: [...new Set([...local.findLinks, ...links])].sort() };
  const content = readLocalContent(options.sourceRoot, parts, options.requirements.join(', '));
  // A lock is complete: what it leaves out is not needed.
  const implied = isLocked ? [] : impliedFile(options.projectRoot, local);
  return {
    files: new Map([...files, ...implied]),
    requirements: [...options.requirements, ...implied.map(([path]) => path)],
    constraints: options.constraints,
    pipArguments: options.pipArgs,
    meaning: withContent(meaning, content.digests),
    local: { base: baseOf(options), files: content.files, isLocked },
    isEmpty: meaning.requirements.length === 0,
  };
}

/** Libraries that no requirements file names, in a file of their own. */
function impliedFile(projectRoot: string, { implied }: LocalParts): [string, string][] {
  if (implied.length === 0) return [];
  const lines = implied.map((one) => {
    const path = posix.relative(projectRoot, one.path);
    return describeLocal({ ...one, name: undefined, path });
  });
  return [[posix.join(projectRoot, '.implied-requirements.txt'), `${lines.join('\n')}\n`]];
}

/** Read by us: its lines are known before pip is asked. */
function pylock(options: Options, path: string, protect: Protect): ServiceRequirements {
  const listed = `${path}.txt`;
  const read = (file: string) => {
    if (file !== listed) return readText(options, file);
    const text = readText(options, path);
    return text === undefined
      ? undefined
      : `${readPylock(text, path, options.projectRoot).join('\n')}\n`;
  };
  return requirementFiles({ ...options, requirements: [listed] }, protecting(protect, read), true);
}

function toolLock(options: Options, path: string, tool: 'uv' | 'poetry'): ServiceRequirements {
  const base = baseOf(options);
  const read = (file: string) => readText(options, file);
  const { digest, paths, files, isEmpty } = readToolLock(path, tool, base, read);
  const isDirectory = (one: string) =>
    statSync(join(options.sourceRoot, one), { throwIfNoEntry: false })?.isDirectory();
  const content = readLocalContent(
    options.sourceRoot,
    {
      trees: paths.filter(isDirectory),
      archives: paths.filter((one) => !isDirectory(one)),
      findLinks: findLinksInArguments(options.pipArgs, options, (one) =>
        existsSync(join(options.sourceRoot, one)),
      ),
    },
    path,
  );
  return {
    files: new Map(),
    requirements: [],
    constraints: [],
    pipArguments: options.pipArgs,
    meaning: withContent(
      { requirements: [], constraints: [], options: [] },
      { ...content.digests, [path]: digest },
    ),
    local: { base, files: content.files, isLocked: true, lock: { tool, path, files } },
    isEmpty,
  };
}

/** What describes libraries is TOML and Python, in which nothing is a requirements file's. */
function protecting(protect: Protect, read: ReadFile): ReadFile {
  return (path) => {
    const text = read(path);
    const isProject = /(^|\/)(pyproject\.toml|setup\.py|uv\.lock)$/.test(path);
    return text === undefined || isProject ? text : protect(text, path);
  };
}

function baseOf({ projectRoot, workspaceRoot }: Options) {
  return { projectRoot, workspaceRoot };
}

function withContent(
  meaning: RequirementsMeaning,
  content: Record<string, string>,
): RequirementsMeaning {
  return Object.keys(content).length === 0 ? meaning : { ...meaning, content };
}

function readText({ sourceRoot }: Options, path: string): string | undefined {
  const file = join(sourceRoot, path);
  return statSync(file, { throwIfNoEntry: false })?.isFile()
    ? readFileSync(file, 'utf8')
    : undefined;
}
