/**
 * poetry.lock as requirement lines, as `poetry export --without-urls` has them for the runtime: those of the project's
 * dependencies and of the selected extras and groups, each with the hashes of its files. Formats 1.0 to 2.1.
 */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { normalizeName } from '../wheel/names';
import type { Target } from './lock-scope';
import { lockedLine, type LockedSource } from './locked';
import { patchRanges, rangesMarker, type PatchRange } from './patch-versions';
import { isPoetryHash } from './poetry-hash';
import { poetryGroups, poetryTable } from './poetry-project';
import { walkPoetryLock } from './poetry-walk';
import { evaluateMarker, runtimeEnvironment, type MarkerEnvironment } from './requirement';
import { selected, type Selection } from './selection';
import { stringOf, stringsOf, tableOf, tablesOf, type TomlTable } from './toml';

export interface PoetryLockRequest extends Selection {
  /** Of the lock, relative to the workspace. */
  path: string;
  /** Of the service: its pyproject.toml stands beside the lock. */
  projectRoot: string;
  /** That file. */
  project: TomlTable;
  target: Target;
}

/**
 * @returns one line each, sorted
 * @throws REQUIREMENTS_INVALID for a lock that is not the service's own, not current, or of another format;
 *   OPTION_INVALID for an unknown extra or group
 */
export function readPoetryLock(document: TomlTable, request: PoetryLockRequest): string[] {
  const { path, projectRoot, project, target } = request;
  if (posix.dirname(path) !== posix.normalize(projectRoot)) throw elsewhere(path, projectRoot);
  const version = checkMetadata(tableOf(document['metadata']), project, path);
  const chosen = selected(request, selectableOf(document, project), path);
  const selection = { ...chosen, groups: ['main', ...chosen.groups] };
  const packages = tablesOf(document['package']);
  const fail = (what: string) => invalid(path, what);
  const take = (environment: MarkerEnvironment): Iterable<TomlTable> =>
    compareFormats(version, [2, 1]) < 0
      ? walkPoetryLock({ document, project, selection, environment, fail })
      : packages.filter((one) => isTaken(one, selection, environment, fail));
  const ranges = patchRanges(
    [...packages.map(versionsIn), JSON.stringify(project)],
    runtimeEnvironment(target.runtime, target.architecture),
  );
  const reached = new Map<TomlTable, Set<PatchRange>>();
  for (const range of ranges) {
    for (const one of take(range.environment)) {
      reached.set(one, (reached.get(one) ?? new Set()).add(range));
    }
  }
  return [...reached]
    .flatMap(([one, taken]) => {
      const name = stringOf(one['name']) ?? '';
      const source = sourceOf(one, posix.dirname(path));
      const hashes = hashesOf(one, document);
      if ('version' in source && hashes.length === 0) {
        throw fail(`has no hash for \`${name}\` that pip supports`);
      }
      return lockedLine({ name, source, hashes }, rangesMarker(taken, ranges), projectRoot) ?? [];
    })
    .sort();
}

type Format = readonly [major: number, minor: number];

function checkMetadata(metadata: TomlTable, project: TomlTable, path: string): Format {
  const written = stringOf(metadata['lock-version']) ?? 'none';
  const [major = 0, minor = 0] = written.split('.').map(Number);
  if (major !== 1 && major !== 2) {
    throw invalid(path, `has \`lock-version\` \`${written}\`, expected 1.x or 2.x`);
  }
  const hash = stringOf(metadata['content-hash']);
  if (hash !== undefined && !isPoetryHash(hash, project)) {
    throw invalid(
      path,
      'is older than what its pyproject.toml requires, which Poetry refuses, too',
    );
  }
  return [major, minor];
}

function compareFormats([major, minor]: Format, other: Format): number {
  return major - other[0] || minor - other[1];
}

function selectableOf(document: TomlTable, project: TomlTable) {
  return {
    extras: Object.keys(tableOf(document['extras'])),
    groups: [
      ...tablesOf(document['package']).flatMap((one) => stringsOf(one['groups'])),
      ...poetryGroups(poetryTable(project)),
      ...Object.keys(tableOf(project['dependency-groups'])),
    ],
  };
}

/** Where patch versions of Python may be named. */
function versionsIn({ dependencies, markers, ...one }: TomlTable): string {
  return `python_full_version ${JSON.stringify([dependencies, markers, one['python-versions']])}`;
}

/** Since 2.1 a package has its groups, and a marker for all of them or for each. */
function isTaken(
  one: TomlTable,
  { extras, groups }: Selection,
  environment: MarkerEnvironment,
  fail: (what: string) => Error,
): boolean {
  const { markers } = one;
  const active = new Set(extras.map(normalizeName));
  const wanted = new Set(groups.map(normalizeName));
  const verdicts = stringsOf(one['groups'])
    .filter((group) => wanted.has(normalizeName(group)))
    .map((group) => {
      const marker = typeof markers === 'string' ? markers : stringOf(tableOf(markers)[group]);
      return marker === undefined ? true : evaluateMarker(marker, environment, active);
    });
  if (verdicts.includes(true)) return true;
  if (!verdicts.includes(undefined)) return false;
  const marker = JSON.stringify(markers);
  throw fail(`has \`${String(one['name'])}\` if ${marker}, which only the running system knows`);
}

function sourceOf({ source: written, version }: TomlTable, directory: string): LockedSource {
  const source = tableOf(written);
  const url = stringOf(source['url']) ?? '';
  const below = stringOf(source['subdirectory']);
  const fragment = below === undefined ? '' : `#subdirectory=${below}`;
  switch (source['type']) {
    case 'directory':
    case 'file':
      return { path: posix.isAbsolute(url) ? url : posix.join(directory, url) };
    case 'url':
      return { url: `${url}${fragment}` };
    case 'git':
      return { url: `git+${gitUrl(url)}@${String(source['resolved_reference'])}${fragment}` };
    default:
      return { version: String(version) };
  }
}

/** `git@host:team/repository` is an address that only git itself understands. */
function gitUrl(url: string): string {
  return url.replace(/^(?![a-z][a-z0-9+.-]*:\/\/)([^/:]+):(?!\d+\/)\/?/i, 'ssh://$1/');
}

/** In the package, or before 2.0 in a table for all: by its name, in the first formats without names of files. */
function hashesOf(one: TomlTable, document: TomlTable): string[] {
  const { name, files, source } = one;
  const metadata = tableOf(document['metadata']);
  const { type, url } = tableOf(source);
  const bare = stringsOf(tableOf(metadata['hashes'])[String(name)]);
  const named = tablesOf(files ?? tableOf(metadata['files'])[String(name)]);
  const all: TomlTable[] = [...named, ...bare.map((hash) => ({ hash }))];
  const own =
    type === 'file'
      ? all.filter(({ file }) => file === undefined || file === posix.basename(String(url)))
      : type === 'git' || type === 'directory'
        ? []
        : all;
  const hashes = own
    .map(({ hash }) => String(hash))
    .map((hash) => (hash.includes(':') ? hash : `sha256:${hash}`))
    .filter((hash) => /^sha(256|384|512):/.test(hash));
  return [...new Set(hashes)].sort();
}

function elsewhere(path: string, project: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${path}\` is the lock of another project: Poetry reads only the one beside \`${project}/pyproject.toml\``,
    hint: 'run `poetry lock` in the service and set "requirements": ["poetry.lock"]',
  });
}

function invalid(path: string, what: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${path}\` ${what}`,
    hint: 'run `poetry lock` in the service and build again',
  });
}
