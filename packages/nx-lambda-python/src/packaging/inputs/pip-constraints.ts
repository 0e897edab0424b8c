/** The files that PIP_CONSTRAINT, PIP_BUILD_CONSTRAINT and pip.conf's settings of these names point to. */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { collectRequirements } from '../requirements/collect';
import { inWorkspace, withoutCredentials, type PathBase } from '../requirements/parse';

const SETTINGS = ['PIP_CONSTRAINT', 'PIP_BUILD_CONSTRAINT'] as const;

/** Where files from outside of the workspace stand beside those of it, with their places relative to each other kept. */
const OUTSIDE = '.nx-lambda-python/outside';

export interface ConfiguredConstraints {
  /** Every file with what it includes: its text by its place below pip's input. */
  files: ReadonlyMap<string, string>;
  /** What each variable names, in its order: places of `files`, and URLs, which pip reads itself. */
  named: Readonly<Record<string, readonly string[]>>;
  /** What each variable comes to, by what the files say rather than what they are called: for the requirements key. */
  meaning: Readonly<Record<string, string>>;
  /** Files of `files` that are in the workspace, relative to it; sorted. */
  inside: string[];
  /** The others, absolute, and URLs: Nx sees none of them. Sorted, without credentials. */
  outside: string[];
}

/** @param path relative to the workspace, or absolute outside of it */
export type ReadConstraints = (path: string) => string | undefined;

/**
 * pip takes paths from where it is run, which for a build is the workspace.
 *
 * @param settings pip's, by the names of their variables
 * @returns undefined where none of them names a file or URL of constraints
 * @throws REQUIREMENTS_MISSING, REQUIREMENTS_INVALID
 */
export function readConstraints(
  settings: Readonly<Record<string, string>>,
  base: Required<PathBase>,
  read: ReadConstraints,
): ConfiguredConstraints | undefined {
  const given = SETTINGS.flatMap((variable) => {
    const words = settings[variable]?.split(/\s+/).filter(Boolean) ?? [];
    return words.length > 0 ? [{ variable, words }] : [];
  });
  if (given.length === 0) return undefined;
  const files = new Map<string, string>();
  const isWindows = /^[a-z]:/i.test(base.workspaceRoot);
  const outsidePath = (place: string) => absoluteOf(place, isWindows);
  const readPlace = (place: string) => read(outsidePath(place) ?? place);
  const results = given.map(({ variable, words }) => {
    const named = words.map((word) => (isUrl(word) ? word : placeOf(word, base.workspaceRoot)));
    const places = named.filter((one) => !isUrl(one));
    for (const place of places) {
      if (readPlace(place) === undefined) throw missing(variable, outsidePath(place) ?? place);
    }
    const { projectRoot, workspaceRoot } = base;
    const request = { projectRoot, workspaceRoot, requirements: [], constraints: places };
    const collected = collectRequirements(request, readPlace);
    for (const [place, text] of collected.files) files.set(place, text);
    const { requirements, constraints, options } = collected.meaning;
    const lines = [...requirements, ...constraints, ...options, ...named.filter(isUrl)];
    return { variable, named, meaning: lines.map(withoutCredentials).join('\n') };
  });
  const urls = results.flatMap(({ named }) => named.filter(isUrl));
  const outside = [...files.keys()].flatMap((place) => outsidePath(place) ?? []);
  return {
    files,
    named: Object.fromEntries(results.map(({ variable, named }) => [variable, named])),
    meaning: Object.fromEntries(results.map(({ variable, meaning }) => [variable, meaning])),
    inside: [...files.keys()].filter((place) => outsidePath(place) === undefined).sort(),
    outside: [...outside, ...urls.map(withoutCredentials)].sort(),
  };
}

export function isUrl(word: string): boolean {
  return /^https?:\/\//i.test(word);
}

function placeOf(word: string, workspaceRoot: string): string {
  const path = word
    .replace(/^file:(\/\/(localhost)?(?=\/))?/i, '')
    .replace(/^\/(?=[a-z]:[\\/])/i, '');
  const inside = inWorkspace(path, { projectRoot: '.', workspaceRoot });
  if (inside !== undefined) return inside;
  const slashed = path.replaceAll('\\', '/');
  const isAbsolute = /^(\/|[a-z]:\/)/i.test(slashed);
  const absolute = isAbsolute
    ? posix.normalize(slashed)
    : posix.join(workspaceRoot.replaceAll('\\', '/'), slashed);
  return posix.join(OUTSIDE, absolute.replace(/^([a-z]):/i, '/$1'));
}

/** Of a file that is not in the workspace: its absolute path. */
function absoluteOf(place: string, isWindows: boolean): string | undefined {
  if (!place.startsWith(`${OUTSIDE}/`)) return undefined;
  const path = place.slice(OUTSIDE.length);
  return isWindows ? path.replace(/^\/([a-z])(?=\/)/i, '$1:') : path;
}

function missing(variable: string, path: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_MISSING', {
    message: `pip's configuration has ${variable}, which names \`${path}\`, and there is no such file`,
    hint: `correct ${variable} (or that setting in pip.conf: \`pip config debug\` shows which file has it); a relative path starts at the workspace`,
  });
}
