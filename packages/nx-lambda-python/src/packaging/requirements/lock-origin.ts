/**
 * What a lock of this plugin was made from. Its header has the files and a digest of what they mean, so that a build
 * notices when they have changed since:
 *
 *     # Input: {"format":1,"root":".","sources":["pyproject.toml"],"extras":[],"sha256":"…"}
 */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { readProjectDependencies } from '../../service/pyproject';
import { digestOf } from './canonical-json';
import { collectRequirements } from './collect';
import type { ReadFile } from './parse';

/** Of the line in the header. Builds read no other format, and accept a lock without the line as it is. */
const FORMAT = 1;
const LINE = /^# Input: (\{.*\})$/m;
/** As `renderLock` names it. */
const COMMAND = /^# Locked by nx-lambda-python for .*, by `(.+)`\.$/m;

const PYPROJECT = 'pyproject.toml';

export interface LockInputs {
  /** Relative to the root of the project. */
  sources: readonly string[];
  /** Names under [project.optional-dependencies]. */
  extras: readonly string[];
}

export interface LockOrigin extends LockInputs {
  /** Root of the project, relative to the lock's directory: another service may use the lock, too. */
  root: string;
  sha256: string;
}

/** Where the sources are read; paths with forward slashes, relative to the workspace. */
export interface LockPlace {
  projectRoot: string;
  workspaceRoot: string;
}

/** Sources as requirements files, and how they are read. */
export interface LockSources {
  requirements: string[];
  read: ReadFile;
}

/**
 * The dependencies of pyproject.toml are read as a requirements file beside it.
 * @throws REQUIREMENTS_MISSING, MARKER_INVALID, OPTION_INVALID
 */
export function lockSources(
  { sources, extras }: LockInputs,
  { projectRoot }: Pick<LockPlace, 'projectRoot'>,
  read: ReadFile,
): LockSources {
  const declared = new Map<string, string>();
  const requirements = sources.map((source) => {
    const path = posix.join(projectRoot, source.replaceAll('\\', '/'));
    if (posix.basename(path) !== PYPROJECT) return path;
    const lines = readProjectDependencies(read(path) ?? '', path, extras);
    const stand = posix.join(posix.dirname(path), 'pyproject.dependencies.txt');
    if (!lines) throw nothingDeclared(path);
    declared.set(stand, lines.map((line) => `${line}\n`).join(''));
    return stand;
  });
  return { requirements, read: (path) => declared.get(path) ?? read(path) };
}

/**
 * @param output the lock, relative to the workspace
 * @throws what `lockSources` and `collectRequirements` throw
 */
export function lockOrigin(
  { sources, extras }: LockInputs,
  output: string,
  place: LockPlace,
  read: ReadFile,
  exists: (path: string) => boolean,
): LockOrigin {
  const input = lockSources({ sources, extras }, place, read);
  // Each build applies its own constraints.
  const request = { ...place, requirements: input.requirements, constraints: [] };
  const { meaning } = collectRequirements(request, input.read, exists);
  const root = posix.relative(posix.dirname(output), place.projectRoot) || '.';
  const written = sources.map((source) => source.replaceAll('\\', '/'));
  return { root, sources: written, extras, sha256: digestOf({ format: FORMAT, ...meaning }) };
}

export function renderOrigin({ root, sources, extras, sha256 }: LockOrigin): string {
  return `# Input: ${JSON.stringify({ format: FORMAT, root, sources, extras, sha256 })}`;
}

/** Undefined for any other file, for locks from before this line existed, and for later formats. */
export function readOrigin(lock: string): LockOrigin | undefined {
  const [, json] = LINE.exec(lock) ?? [];
  if (json === undefined || !COMMAND.test(lock)) return undefined;
  try {
    const { format, root, sources, extras, sha256 } = JSON.parse(json) as Record<string, unknown>;
    if (format !== FORMAT || !isTexts([root, sha256]) || !isTexts(sources) || !isTexts(extras)) {
      return undefined;
    }
    return { root: String(root), sources, extras, sha256: String(sha256) };
  } catch {
    return undefined;
  }
}

/**
 * A warning for each lock among these files whose input has changed.
 * @param paths relative to the workspace
 */
export function staleLocks(
  paths: Iterable<string>,
  workspaceRoot: string,
  read: ReadFile,
  exists: (path: string) => boolean,
): string[] {
  return [...paths].flatMap((path) => {
    const text = read(path) ?? '';
    const origin = readOrigin(text);
    if (!origin) return [];
    const projectRoot = posix.join(posix.dirname(path), origin.root);
    const change = changeOf(path, origin, { projectRoot, workspaceRoot }, read, exists);
    if (change === undefined) return [];
    const command = commandOf(path, text, origin, projectRoot, exists);
    return `\`${path}\` is out of date: ${change}; the package has what the lock says until you run \`${command}\``;
  });
}

function changeOf(
  path: string,
  origin: LockOrigin,
  place: LockPlace,
  read: ReadFile,
  exists: (path: string) => boolean,
): string | undefined {
  const sources = origin.sources.map((source) => posix.join(place.projectRoot, source));
  const gone = sources.find((source) => read(source) === undefined);
  if (gone !== undefined) return `\`${gone}\`, which it was made from, no longer exists`;
  const names = sources.map((source) => `\`${source}\``).join(' and ');
  try {
    const { sha256 } = lockOrigin(origin, path, place, read, exists);
    return sha256 === origin.sha256 ? undefined : `${names} changed`;
  } catch (error) {
    if (!(error instanceof LambdaPythonError)) throw error;
    return `${names} can no longer be locked (${error.message})`;
  }
}

/** The lock target may have been given its options on the command line. */
function commandOf(
  path: string,
  lock: string,
  { sources, extras }: LockOrigin,
  projectRoot: string,
  exists: (path: string) => boolean,
): string {
  const [, command = ''] = COMMAND.exec(lock) ?? [];
  const present = sources.filter((source) => exists(posix.join(projectRoot, source)));
  const usual = exists(posix.join(projectRoot, 'requirements.in')) ? 'requirements.in' : PYPROJECT;
  const output = posix.relative(projectRoot, path);
  return [
    command,
    ...(present.length === 0 || String(present) === usual ? [] : [`--input=${present.join(',')}`]),
    ...(extras.length === 0 ? [] : [`--extras=${extras.join(',')}`]),
    ...(output === 'requirements.txt' ? [] : [`--output=${output}`]),
  ].join(' ');
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function nothingDeclared(path: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_MISSING', {
    message: `\`${path}\` declares no dependencies under [project]`,
    hint: 'add `dependencies = ["…"]` with what the handlers import, or name a requirements file: "input" on the lock target',
  });
}
