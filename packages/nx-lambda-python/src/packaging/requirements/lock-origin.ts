/**
 * What a lock of this plugin was made from. Its header has the files and a digest of what they mean, so that a build
 * notices when they have changed since:
 *
 *     # Input: {"format":1,"root":".","sources":["pyproject.toml"],"extras":[],"sha256":"…"}
 */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { digestOf } from './canonical-json';
import { collectRequirements } from './collect';
import { declarationFiles, isDeclaration } from './declaration';
import type { Target } from './lock-scope';
import { linesFile } from './locked';
import type { ReadFile } from './parse';
import { withOwnDependencies } from './own-project';
import { PYPROJECT } from './project';
import { refuseSelection, type Selection } from './selection';

/** Of the line in the header. Builds read no other format, and accept a lock without the line as it is. */
const FORMAT = 1;
const LINE = /^# Input: (\{.*\})$/m;
/** As `renderLock` names it. */
const COMMAND = /^# Locked by nx-lambda-python for .*, by `(.+)`\.$/m;

/** What to lock; extras and groups are those of pyproject.toml or the Pipfile. */
export interface LockInputs extends Selection {
  /** Relative to the root of the project. */
  sources: readonly string[];
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
  /** Of the lock. */
  target: Target;
}

/** Sources as requirements files, and how they are read. */
export interface LockSources {
  requirements: string[];
  read: ReadFile;
}

/**
 * What pyproject.toml or a Pipfile declares is read as a requirements file beside it.
 * @throws what `declarationFiles` throws
 */
export function lockSources(
  { sources, ...selection }: LockInputs,
  place: LockPlace,
  read: ReadFile,
): LockSources {
  const { projectRoot, target } = place;
  const paths = sources.map((source) => posix.join(projectRoot, source.replaceAll('\\', '/')));
  const declared = new Map(
    paths
      .filter(isDeclaration)
      .flatMap((path) => [...declarationFiles({ ...selection, path, projectRoot, target }, read)]),
  );
  return {
    requirements: paths.map((path) => (isDeclaration(path) ? linesFile(path) : path)),
    read: withOwnDependencies(place, (path) => declared.get(path) ?? read(path)),
  };
}

/**
 * Requirements files have no extras and groups, but a lock of this plugin may have been made with them.
 * @throws OPTION_INVALID for those that it was made without
 */
export function checkLockedSelection(
  { extras, groups }: Selection,
  paths: readonly string[],
  read: ReadFile,
): void {
  const origins = paths.flatMap((path) => readOrigin(read(path) ?? '') ?? []);
  const locked = (kind: keyof Selection) => origins.flatMap((origin) => [...origin[kind]]);
  const rest = {
    extras: extras.filter((name) => !locked('extras').includes(name)),
    groups: groups.filter((name) => !locked('groups').includes(name)),
  };
  refuseSelection(rest, paths[0] ?? '');
}

/**
 * @param output the lock, relative to the workspace
 * @throws what `lockSources` and `collectRequirements` throw
 */
export function lockOrigin(
  { sources, extras, groups }: LockInputs,
  output: string,
  place: LockPlace,
  read: ReadFile,
  exists: (path: string) => boolean,
): LockOrigin {
  const input = lockSources({ sources, extras, groups }, place, read);
  // Each build applies its own constraints.
  const request = { ...place, requirements: input.requirements, constraints: [] };
  const { meaning } = collectRequirements(request, input.read, exists);
  const root = posix.relative(posix.dirname(output), place.projectRoot) || '.';
  const written = sources.map((source) => source.replaceAll('\\', '/'));
  return {
    root,
    sources: written,
    extras,
    groups,
    sha256: digestOf({ format: FORMAT, ...meaning }),
  };
}

export function renderOrigin({ root, sources, extras, groups, sha256 }: LockOrigin): string {
  const named = { extras, ...(groups.length > 0 ? { groups } : {}) };
  return `# Input: ${JSON.stringify({ format: FORMAT, root, sources, ...named, sha256 })}`;
}

/** Undefined for any other file, for locks from before this line existed, and for later formats. */
export function readOrigin(lock: string): LockOrigin | undefined {
  const [, json] = LINE.exec(lock) ?? [];
  if (json === undefined || !COMMAND.test(lock)) return undefined;
  try {
    const origin = JSON.parse(json) as Record<string, unknown>;
    const { format, root, sources, extras, groups = [], sha256 } = origin;
    if (format !== FORMAT || !isTexts([root, sha256]) || !isTexts(sources)) return undefined;
    if (!isTexts(extras) || !isTexts(groups)) return undefined;
    return { root: String(root), sources, extras, groups, sha256: String(sha256) };
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
  { workspaceRoot, target }: Pick<LockPlace, 'workspaceRoot' | 'target'>,
  read: ReadFile,
  exists: (path: string) => boolean,
): string[] {
  return [...paths].flatMap((path) => {
    const text = read(path) ?? '';
    const origin = readOrigin(text);
    if (!origin) return [];
    const projectRoot = posix.join(posix.dirname(path), origin.root);
    const change = changeOf(path, origin, { projectRoot, workspaceRoot, target }, read, exists);
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
  { sources, extras, groups }: LockOrigin,
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
    ...(groups.length === 0 ? [] : [`--groups=${groups.join(',')}`]),
    ...(output === 'requirements.txt' ? [] : [`--output=${output}`]),
  ].join(' ');
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
