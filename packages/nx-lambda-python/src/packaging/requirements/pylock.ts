/**
 * pylock.toml (PEP 751) as requirement lines. The lock is complete, so pip resolves nothing: each package is
 * one line with its version, marker and hashes, and pip takes the file that fits the runtime.
 *
 * @see https://packaging.python.org/en/latest/specifications/pylock-toml/
 */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { parseToml, stringOf, stringsOf, tableOf, tablesOf, type TomlTable } from './toml';

/** What pip can compare; the specification allows all of Python's hashlib. */
const ALGORITHMS = ['sha256', 'sha384', 'sha512'];

/** The specification asks for these names: `pylock.toml` and `pylock.<anything>.toml`. */
export function isPylock(path: string): boolean {
  return /^pylock(\.[^.]+)?\.toml$/.test(posix.basename(path));
}

/**
 * @param path of the lock, relative to the workspace
 * @param projectRoot of the service, from which paths in lines start; the service itself gives no line
 * @returns one requirement line each, in the lock's order
 * @throws REQUIREMENTS_INVALID for an unsupported version of the format, or a package that cannot be verified
 */
export function readPylock(text: string, path: string, projectRoot: string): string[] {
  const placeOf: PlaceOf = (local) => {
    const place = posix.relative(projectRoot, posix.join(posix.dirname(path), local));
    return place === '' ? undefined : place;
  };
  const document = parseToml(text, path);
  const version = stringOf(document['lock-version']);
  // > Tools MUST raise an error on an unknown major version.
  if (version === undefined || !/^1\./.test(version)) {
    throw invalid(path, `has \`lock-version\` \`${version ?? 'none'}\`, expected 1.x`);
  }
  const groups = stringsOf(document['default-groups']);
  return tablesOf(document['packages']).flatMap((one) => {
    const line = requirement(one, path, placeOf);
    const marker = withoutSelection(stringOf(one['marker']) ?? '', groups);
    if (line === undefined) return [];
    // Before the hashes; only a semicolon with spaces ends a URL.
    const [head = '', hashes = ''] = line;
    return [[head, ...(marker ? [`; ${marker}`] : []), hashes].filter(Boolean).join(' ')];
  });
}

/** A path relative to the lock, as lines have it; undefined for the service itself. */
type PlaceOf = (local: string) => string | undefined;

function requirement(
  one: TomlTable,
  path: string,
  placeOf: PlaceOf,
): [head: string, hashes: string] | undefined {
  const name = stringOf(one['name']);
  if (name === undefined) throw invalid(path, 'has a package without a name');
  const directory = tableOf(one['directory']);
  const local = stringOf(directory['path']);
  if (local !== undefined) {
    const place = placeOf(posix.join(local, stringOf(directory['subdirectory']) ?? ''));
    return place === undefined ? undefined : [`${name} @ file:${encoded(place)}`, ''];
  }
  const { vcs, archive } = one;
  if (vcs !== undefined) return [`${name} @ ${repository(tableOf(vcs), name, path)}`, ''];
  if (archive !== undefined) return archiveRequirement(name, tableOf(archive), path, placeOf);
  return indexRequirement(name, one, path, placeOf);
}

function indexRequirement(
  name: string,
  one: TomlTable,
  path: string,
  placeOf: PlaceOf,
): [head: string, hashes: string] {
  const version = stringOf(one['version']);
  const files = [...tablesOf(one['wheels']), ...('sdist' in one ? [tableOf(one['sdist'])] : [])];
  const [only] = files;
  // No index has a file of the workspace.
  const local = files.length === 1 && only && stringOf(only['path']);
  if (local && stringOf(only['url']) === undefined) {
    return [`${name} @ file:${encoded(placeOf(local) ?? local)}`, hashOptions(only, name, path)];
  }
  if (version === undefined) throw invalid(path, `has no version for \`${name}\``);
  const hashes = files.map((file) => hashOptions(file, name, path)).join(' ');
  if (hashes === '') throw invalid(path, `has no file for \`${name}\``);
  return [`${name}==${version}`, hashes];
}

function archiveRequirement(
  name: string,
  archive: TomlTable,
  path: string,
  placeOf: PlaceOf,
): [head: string, hashes: string] {
  const url = stringOf(archive['url']);
  const local = stringOf(archive['path']);
  const below = stringOf(archive['subdirectory']);
  const target = url ?? (local === undefined ? '' : `file:${encoded(placeOf(local) ?? local)}`);
  const fragment = below === undefined ? '' : `#subdirectory=${below}`;
  return [`${name} @ ${target}${fragment}`, hashOptions(archive, name, path)];
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

function hashOptions(file: TomlTable, name: string, path: string): string {
  const hashes = tableOf(file['hashes']);
  const options = ALGORITHMS.flatMap((algorithm) => {
    const value = stringOf(hashes[algorithm]);
    return value === undefined ? [] : [`--hash=${algorithm}:${value}`];
  });
  if (options.length === 0) {
    throw invalid(path, `has a file for \`${name}\` without a hash that pip supports`);
  }
  return options.join(' ');
}

/**
 * Markers of a lock may name its extras and groups, which pip does not know: no extra is selected, and only the
 * default groups are. A marker with the same outcome replaces them.
 */
function withoutSelection(marker: string, groups: readonly string[]): string {
  return marker.replace(
    /(['"])([^'"]*)\1\s+(not\s+)?in\s+(extras|dependency_groups)\b/g,
    (_, _quote, name: string, negated: string | undefined, set: string) => {
      const isSelected = set === 'dependency_groups' && groups.includes(name);
      return isSelected === (negated === undefined) ? 'os_name == "posix"' : 'os_name == "none"';
    },
  );
}

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function invalid(path: string, what: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${path}\` ${what}`,
    hint: 'generate the lock again, for example with `uv export --format pylock.toml -o pylock.toml`',
  });
}
