/**
 * pylock.toml (PEP 751) as requirement lines. The lock is complete, so pip resolves nothing: each package is
 * one line with its version, marker and hashes, and pip takes the file that fits the runtime.
 *
 * @see https://packaging.python.org/en/latest/specifications/pylock-toml/
 */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { lockedLine, type LockedPackage } from './locked';
import { selected, type Selection } from './selection';
import { parseToml, stringOf, stringsOf, tableOf, tablesOf, type TomlTable } from './toml';

/** What pip can compare; the specification allows all of Python's hashlib. */
const ALGORITHMS = ['sha256', 'sha384', 'sha512'];

/** The specification asks for these names: `pylock.toml` and `pylock.<anything>.toml`. */
export function isPylock(path: string): boolean {
  return /^pylock(\.[^.]+)?\.toml$/.test(posix.basename(path));
}

export interface PylockRequest extends Selection {
  /** Of the lock, relative to the workspace. */
  path: string;
  /** Of the service, from which paths in lines start; the service itself gives no line. */
  projectRoot: string;
}

/**
 * @returns one requirement line each, in the lock's order
 * @throws REQUIREMENTS_INVALID for an unsupported version of the format, or a package that cannot be verified;
 *   OPTION_INVALID for an extra or group that the lock does not have
 */
export function readPylock(
  text: string,
  { path, projectRoot, ...selection }: PylockRequest,
): string[] {
  const document = parseToml(text, path);
  const version = stringOf(document['lock-version']);
  // > Tools MUST raise an error on an unknown major version.
  if (version === undefined || !/^1\./.test(version)) {
    throw invalid(path, `has \`lock-version\` \`${version ?? 'none'}\`, expected 1.x`);
  }
  const known = {
    extras: stringsOf(document['extras']),
    groups: stringsOf(document['dependency-groups']),
  };
  const { extras, groups } = selected(selection, known, path);
  const taken = { extras, groups: [...stringsOf(document['default-groups']), ...groups] };
  return tablesOf(document['packages']).flatMap((one) => {
    const marker = withoutSelection(stringOf(one['marker']) ?? '', taken);
    return lockedLine(lockedPackage(one, path), marker, projectRoot) ?? [];
  });
}

function lockedPackage(one: TomlTable, path: string): LockedPackage {
  const name = stringOf(one['name']);
  if (name === undefined) throw invalid(path, 'has a package without a name');
  const directory = tableOf(one['directory']);
  const local = stringOf(directory['path']);
  if (local !== undefined) {
    const below = stringOf(directory['subdirectory']) ?? '';
    return { name, source: { path: beside(path, posix.join(local, below)) }, hashes: [] };
  }
  const { vcs, archive } = one;
  if (vcs !== undefined) {
    return { name, source: { url: repository(tableOf(vcs), name, path) }, hashes: [] };
  }
  return archive === undefined
    ? fromIndex(name, one, path)
    : fromArchive(name, tableOf(archive), path);
}

function fromIndex(name: string, one: TomlTable, path: string): LockedPackage {
  const version = stringOf(one['version']);
  const files = [...tablesOf(one['wheels']), ...('sdist' in one ? [tableOf(one['sdist'])] : [])];
  const hashes = files.flatMap((file) => hashesOf(file, name, path));
  const [only] = files;
  // No index has a file of the workspace.
  const local = files.length === 1 && only && stringOf(only['path']);
  if (local && stringOf(only['url']) === undefined) {
    return { name, source: { path: beside(path, local) }, hashes };
  }
  if (version === undefined) throw invalid(path, `has no version for \`${name}\``);
  if (files.length === 0) throw invalid(path, `has no file for \`${name}\``);
  return { name, source: { version }, hashes };
}

function fromArchive(name: string, archive: TomlTable, path: string): LockedPackage {
  const url = stringOf(archive['url']);
  const below = stringOf(archive['subdirectory']);
  const hashes = hashesOf(archive, name, path);
  if (url === undefined) {
    if (below !== undefined)
      throw invalid(path, `takes \`${name}\` from a directory of an archive`);
    return { name, source: { path: beside(path, stringOf(archive['path']) ?? '') }, hashes };
  }
  return {
    name,
    source: { url: url + (below === undefined ? '' : `#subdirectory=${below}`) },
    hashes,
  };
}

/** Paths start at the lock. */
function beside(path: string, local: string): string {
  return posix.isAbsolute(local) ? local : posix.join(posix.dirname(path), local);
}

function repository(vcs: TomlTable, name: string, path: string): string {
  const [type, url] = [stringOf(vcs['type']), stringOf(vcs['url'])];
  const commit = stringOf(vcs['commit-id']);
  if (type === undefined || url === undefined || commit === undefined) {
    throw invalid(
      path,
      `has a repository for \`${name}\` without \`type\`, \`url\` and \`commit-id\``,
    );
  }
  const below = stringOf(vcs['subdirectory']);
  const prefix = url.startsWith(`${type}+`) ? '' : `${type}+`;
  return `${prefix}${url}@${commit}${below === undefined ? '' : `#subdirectory=${below}`}`;
}

function hashesOf(file: TomlTable, name: string, path: string): string[] {
  const written = tableOf(file['hashes']);
  const hashes = ALGORITHMS.flatMap((algorithm) => {
    const value = stringOf(written[algorithm]);
    return value === undefined ? [] : [`${algorithm}:${value}`];
  });
  if (hashes.length > 0) return hashes;
  throw invalid(path, `has a file for \`${name}\` without a hash that pip supports`);
}

/** Markers of a lock may name its extras and groups, which pip does not know: one with the same outcome replaces them. */
function withoutSelection(marker: string, taken: Selection): string {
  return marker.replace(
    /(['"])([^'"]*)\1\s+(not\s+)?in\s+(extras|dependency_groups)\b/g,
    (_, _quote, name: string, negated: string | undefined, set: string) => {
      const names = set === 'extras' ? taken.extras : taken.groups;
      return names.includes(name) === (negated === undefined)
        ? 'os_name == "posix"'
        : 'os_name == "none"';
    },
  );
}

function invalid(path: string, what: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${path}\` ${what}`,
    hint: 'generate the lock again, for example with `uv export --format pylock.toml -o pylock.toml`',
  });
}
