/** Requirements that are files of the workspace: a library's directory, a wheel, a source archive. */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { isLocalPath, withoutCredentials } from './parse';

export interface LocalRequirement {
  /** Of the directory or archive, relative to the workspace, with forward slashes. */
  path: string;
  isArchive: boolean;
  /** Of the distribution, where the requirement has one: `common @ file:…`. */
  name: string | undefined;
  /** `[redis,sql]`, or nothing. */
  extras: string;
  /** Without the semicolon, or nothing. */
  marker: string;
  /** `--hash=…` and what else stands after it, or nothing. */
  options: string;
}

/** Where paths start: pip takes those of requirements from the directory that it is run in. */
export interface PathBase {
  /** Relative to the workspace. */
  projectRoot: string;
  /** Absolute, for `file:///…`; without it no absolute path is inside. */
  workspaceRoot?: string;
}

/** What pip takes for an archive, by its name alone. */
const ARCHIVE = /\.(whl|zip|tar|tgz|tbz|txz|tlz|tar\.(gz|bz2|xz|lz|lzma))$/i;

/**
 * What a requirement line says of a file or directory; undefined where it names a distribution or a remote URL.
 *
 * @param from the file it stands in, for messages
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

/** One spelling for all ways to write the same local requirement, as the requirements key has it. */
export function describeLocal(local: Omit<LocalRequirement, 'isArchive'>): string {
  const { path, name, extras, marker, options } = local;
  const named = name === undefined ? `./${path}${extras}` : `${name}${extras} @ ./${path}`;
  return [named, ...(marker ? [`; ${marker}`] : []), ...(options ? [options] : [])].join(' ');
}

/**
 * Packages hold copies, never links to a checkout: `-e` is left out, before a repository's URL too.
 * The text otherwise stays as it is.
 */
export function withoutEditable(requirement: string): string {
  const bare = /^(?:-e|--editable)(?:[\s=]+|(?<=-e))(.*)$/.exec(requirement)?.[1];
  return bare?.replace(/^(['"])(.*)\1$/, '$2') ?? requirement;
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

// After a URL pip asks for a space on one side of the semicolon, since a URL may hold one.
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
  // A path after `file:`, or after `//` and the name of this very machine.
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
    message: `\`${from}\` requires \`${withoutCredentials(requirement)}\`, which is outside of the workspace: a package of it would depend on this machine`,
    hint: 'move the library into the workspace and require it by its path relative to the project, or publish it to an index',
  });
}
