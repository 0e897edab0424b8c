/** Requirements files as pip reads them: their lines, and the paths and repositories that these name. */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';

/** Text of a workspace file, or undefined if it does not exist. */
export type ReadFile = (path: string) => string | undefined;

/** One logical line of a requirements file. */
export type RequirementsLine =
  | { kind: 'requirement'; text: string }
  /** `-r other.txt` and `-c constraints.txt`, the path as written: relative to the file. */
  | { kind: 'include'; as: 'requirements' | 'constraints'; path: string }
  /** Every other option, such as `--index-url URL`. */
  | { kind: 'option'; text: string };

/** @see https://pip.pypa.io/en/stable/reference/requirements-file-format/ */
export function parseRequirements(text: string): RequirementsLine[] {
  return trimmedLines(text).map(parseLine);
}

/**
 * The same file with some lines replaced, for a pip that runs elsewhere: null removes a line, undefined
 * keeps it. The text of a file without a replaced line stays as it is.
 */
export function rewriteRequirements(
  text: string,
  replace: (line: RequirementsLine) => string | null | undefined,
): string {
  let isChanged = false;
  const lines = trimmedLines(text).flatMap((line) => {
    const replaced = replace(parseLine(line));
    if (replaced === undefined) return [line];
    isChanged = true;
    return replaced === null ? [] : [replaced];
  });
  return isChanged ? lines.map((line) => `${line}\n`).join('') : text;
}

/** Removes `user:password@` from every URL in the text: credentials do not decide the wheels. */
export function withoutCredentials(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^/\s]*@/gi, '$1');
}

/** True for a requirement that names a directory or file rather than a distribution or a remote URL. */
export function isLocalPath(requirement: string): boolean {
  const target = requirement.replace(/^(-e|--editable)[\s=]+/, '');
  if (/(^|@\s*)file:/i.test(target)) return true;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(target) || /^[\w.-]+\s*(\[[^\]]*\])?\s*@/.test(target))
    return false;
  const [name = ''] = target.split(/[\s;]/, 1);
  return target !== requirement || /^[.~/\\]|[/\\]|\.(whl|zip|tar\.gz|tgz)$/i.test(name);
}

/** Of Python's `splitlines`, by which pip divides a file. */
const LINE_BREAK = /\r\n|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]/;

/**
 * Joins continued lines and drops comments, as pip does. Each logical line is where it began in the file;
 * the lines that were joined to it are empty.
 */
export function logicalLines(text: string): string[] {
  const written = text.replace(/^\uFEFF/, '').split(LINE_BREAK);
  const lines = written.map(() => '');
  let first: number | undefined;
  for (const [at, line] of written.entries()) {
    first ??= at;
    const isComment = /^\s*#/.test(line);
    const isContinued = !isComment && line.endsWith('\\');
    lines[first] += isContinued ? line.replace(/^\\+|\\+$/g, '') : isComment ? ` ${line}` : line;
    // A comment line inside a continued requirement ends it.
    if (!isContinued) first = undefined;
  }
  return lines.map((line) => line.replace(/(^|\s+)#.*$/, ''));
}

function trimmedLines(text: string): string[] {
  return logicalLines(text)
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .filter((line) => line !== '');
}

function parseLine(line: string): RequirementsLine {
  const include = /^(?:(-r|--requirement)|-c|--constraint)(?:\s+|=|(?<=^-[rc]))(.+)$/.exec(line);
  if (include) {
    const as = include[1] ? 'requirements' : 'constraints';
    return { kind: 'include', as, path: unquote(include[2] ?? '') };
  }
  if (/^(-e|--editable)\b/.test(line)) return { kind: 'requirement', text: line };
  if (line.startsWith('-')) return { kind: 'option', text: line.replace(/^(--[\w-]+)=/, '$1 ') };
  return { kind: 'requirement', text: line };
}

function unquote(path: string): string {
  return path.replace(/^(['"])(.*)\1$/, '$2');
}

export interface LocalRequirement {
  /** Of the directory or archive, relative to the workspace, with forward slashes. */
  path: string;
  isArchive: boolean;
  /** Of the distribution, if the requirement has one: `common @ file:…`. */
  name: string | undefined;
  /** `[redis,sql]`, or empty. */
  extras: string;
  /** Without the semicolon, or empty. */
  marker: string;
  /** `--hash=…` and other options after it, or empty. */
  options: string;
}

/** Where paths start: pip reads those of requirements relative to the directory that it runs in. */
export interface PathBase {
  /** Relative to the workspace. */
  projectRoot: string;
  /** Absolute, for `file:///…`; without it every absolute path is outside. */
  workspaceRoot?: string;
}

/** File names that pip takes for archives. */
const ARCHIVE = /\.(whl|zip|tar|tgz|tbz|txz|tlz|tar\.(gz|bz2|xz|lz|lzma))$/i;

/**
 * The file or directory that a requirement line names; undefined if it names a distribution or a remote URL.
 *
 * @param from the requirements file, for messages
 * @see https://pip.pypa.io/en/stable/cli/pip_install/#argument-handling
 * @throws REQUIREMENTS_INVALID for a path outside of the workspace
 */
export function readLocal(
  text: string,
  base: PathBase,
  from: string,
): LocalRequirement | undefined {
  if (!isLocalPath(text)) return undefined;
  const bare = withoutEditable(text);
  const at = /\s--[a-z]/.exec(bare)?.index ?? bare.length;
  const [head, options] = [bare.slice(0, at), bare.slice(at).trim()];
  const [target = '', marker = ''] = splitMarker(head);
  const named = /^([\w.-]+)\s*(\[[^\]]*\])?\s*@\s*(file:.*)$/i.exec(target);
  const written = named?.[3] ?? target;
  const { location, extras } = /^file:/i.test(written) ? readUrl(written) : readPath(written);
  const path = inWorkspace(location, base);
  if (path === undefined) throw outside(text, from);
  return {
    path,
    isArchive: ARCHIVE.test(path),
    name: named?.[1],
    extras: (named?.[2] ?? extras).replace(/\s/g, ''),
    marker,
    options,
  };
}

/** One spelling for all ways to write the same local requirement, for the requirements key. */
export function describeLocal(local: Omit<LocalRequirement, 'isArchive'>): string {
  const { path, name, extras, marker, options } = local;
  const named = name === undefined ? `./${path}${extras}` : `${name}${extras} @ ./${path}`;
  return [named, ...(marker ? [`; ${marker}`] : []), ...(options ? [options] : [])].join(' ');
}

/**
 * Removes `-e`, before a repository's URL too: packages have copies, never links to a checkout.
 */
export function withoutEditable(requirement: string): string {
  const bare = /^(?:-e|--editable)(?:[\s=]+|(?<=-e))(.*)$/.exec(requirement)?.[1];
  return bare === undefined ? requirement : unquote(bare);
}

/** A path as given, or `file:` with a path, as a path relative to the workspace; undefined outside of it. */
export function inWorkspace(location: string, base: PathBase): string | undefined {
  const slashed = location.replaceAll('\\', '/');
  const root = base.workspaceRoot?.replaceAll('\\', '/');
  let path: string;
  if (posix.isAbsolute(slashed) || /^[a-z]:\//i.test(slashed)) {
    const absolute = posix.normalize(slashed);
    if (root === undefined || (absolute !== root && !absolute.startsWith(`${root}/`))) {
      return undefined;
    }
    path = posix.relative(root, absolute);
  } else {
    path = posix.join(base.projectRoot, slashed);
  }
  const trimmed = posix.normalize(path).replace(/\/$/, '') || '.';
  return trimmed === '..' || trimmed.startsWith('../') ? undefined : trimmed;
}

// After a URL pip requires a space on one side of the semicolon, since a URL may contain one.
function splitMarker(text: string): string[] {
  const separator = /(^|@\s*)file:/i.test(text) ? /\s+;\s*|;\s+/ : /\s*;\s*/;
  const at = separator.exec(text);
  return at ? [text.slice(0, at.index), text.slice(at.index + at[0].length).trim()] : [text];
}

function readPath(written: string): { location: string; extras: string } {
  const [, location = written, extras = ''] = /^(.+?)\s*(\[[^\]]+\])$/.exec(written) ?? [];
  return { location, extras };
}

function readUrl(written: string): { location: string; extras: string } {
  const [url = '', fragment = ''] = written.split('#', 2);
  const { location: plain, extras } = readPath(url);
  // A path after `file:`, or after `//` and the name of this machine.
  const path = plain.replace(/^file:/i, '').replace(/^\/\/(localhost)?(?=\/)/i, '');
  const windows = path.replace(/^\/(?=[a-z]:[\\/])/i, '');
  const below = /(?:^|&)subdirectory=([^&]*)/.exec(fragment)?.[1];
  const egg = /(?:^|&)egg=[^&[]*(\[[^\]]*\])/.exec(fragment)?.[1];
  const location = decoded(windows);
  return {
    location: below === undefined ? location : posix.join(location, decoded(below)),
    extras: extras || (egg ?? ''),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function outside(requirement: string, from: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${from}\` requires \`${withoutCredentials(requirement)}\`, which is outside of the workspace: the package would depend on this machine`,
    hint: 'move the library into the workspace and require it by its path relative to the project, or publish it to an index',
  });
}

/** The value of a `--find-links` option if it is a path or `file:` URL; undefined for every other option. */
export function findLinksOf(option: string): string | undefined {
  const written = /^(?:-f|--find-links)(?:[\s=]+|(?<=-f))(.+)$/.exec(option)?.[1];
  const value = written && unquote(written);
  return !value || /^(?!file:)[a-z][a-z0-9+.-]+:\/\//i.test(value) ? undefined : value;
}

/**
 * As pip: relative to the requirements file if that path exists, else to the directory that pip runs in.
 *
 * @param from the requirements file, or undefined for an argument of pip
 * @returns the path relative to the workspace
 * @throws REQUIREMENTS_INVALID outside of the workspace, REQUIREMENTS_MISSING if nothing exists there
 */
export function resolveFindLinks(
  value: string,
  from: string | undefined,
  base: PathBase,
  exists: (path: string) => boolean,
): string {
  const location = value.replace(/^file:(\/\/(localhost)?(?=\/))?/i, '');
  const beside =
    from === undefined
      ? undefined
      : inWorkspace(location, { ...base, projectRoot: posix.dirname(from) });
  const below = inWorkspace(location, base);
  const match = [beside, below].find((path) => path !== undefined && exists(path));
  if (match !== undefined) return match;
  const where = from === undefined ? '`pipArgs`' : `\`${from}\``;
  const shown = withoutCredentials(value);
  if (beside === undefined && below === undefined) {
    throw new LambdaPythonError('REQUIREMENTS_INVALID', {
      message: `${where} has \`--find-links ${shown}\`, which is outside of the workspace: the package would depend on this machine`,
      hint: 'keep those files in a directory of the workspace, or name an index or a page by its URL',
    });
  }
  throw new LambdaPythonError('REQUIREMENTS_MISSING', {
    message: `${where} has \`--find-links ${shown}\`, but \`${beside ?? below}\` does not exist in the workspace`,
    hint: "write it relative to the requirements file or to the project's root",
  });
}

/** The paths of `--find-links` in pip's arguments. */
export function findLinksInArguments(
  pipArguments: readonly string[],
  base: PathBase,
  exists: (path: string) => boolean,
): string[] {
  // `-f dir` is one argument or two.
  return pipArguments.flatMap((argument, index) => {
    const isSplit = /^(-f|--find-links)$/.test(argument);
    const value = findLinksOf(isSplit ? `${argument} ${pipArguments[index + 1] ?? ''}` : argument);
    return value === undefined ? [] : [resolveFindLinks(value, undefined, base, exists)];
  });
}

/** URLs of git requirements whose commit the requirements key does not know: branches, tags and short commits. */
export function unpinnedRepositories(requirements: readonly string[]): string[] {
  return requirements.flatMap((requirement) => {
    const [url] = /\bgit\+[a-z]+:\/\/[^\s#;]+/i.exec(requirement) ?? [];
    if (!url) return [];
    const path = url.replace(/^[^:]+:\/\/[^/]*/, '');
    return /@([0-9a-f]{40}|[0-9a-f]{64})$/i.test(path) ? [] : [url];
  });
}

/** `git+https://host/repo.git@main` as `git ls-remote` takes it. */
export function remoteArguments(url: string): string {
  const [, place = '', path = ''] = /^git\+([a-z]+:\/\/[^/]*)(.*)$/i.exec(url) ?? [];
  const at = path.lastIndexOf('@');
  return at < 0 ? `${place}${path} HEAD` : `${place}${path.slice(0, at)} ${path.slice(at + 1)}`;
}
