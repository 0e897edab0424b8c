/** Libraries of the workspace: what they require by path, and which of their files count. */

import { posix } from 'node:path';
import ignore from 'ignore';
import { digestOf } from './canonical-json';
import { isEnvironment, type WalkRules } from '../../service/files';
import { normalizeName } from '../wheel/names';
import { uvLibraryNamed } from './uv-lock';
import {
  inWorkspace,
  readLocal,
  type LocalRequirement,
  type PathBase,
  type ReadFile,
} from './parse';
import { parseToml, stringOf, stringsOf, tableOf, tablesOf, type TomlTable } from './toml';

export interface LibraryRequirements {
  /** Its wheel names these by URL, so that pip finds them if they are where it says. */
  byUrl: string[];
  /** Its wheel names these like any distribution, which an index may not have: they must be required beside it. */
  byName: LocalRequirement[];
}

/** True for a directory that pip can build. */
export function isLibrary(path: string, read: ReadFile): boolean {
  return ['pyproject.toml', 'setup.py'].some((name) => read(posix.join(path, name)) !== undefined);
}

/**
 * Reads `[project] dependencies` with `@ file:`, Poetry's `{ path = … }` and uv's `[tool.uv.sources]`.
 * What a setup.py computes is not known.
 *
 * @throws REQUIREMENTS_INVALID for a path outside of the workspace, or a file that is not valid TOML
 */
export function libraryRequirements(
  library: Pick<LocalRequirement, 'path' | 'extras'>,
  base: PathBase,
  read: ReadFile,
): LibraryRequirements {
  const file = posix.join(library.path, 'pyproject.toml');
  const text = read(file);
  if (text === undefined) return { byUrl: [], byName: [] };
  const document = parseToml(text, file);
  const own: PathBase = { ...base, projectRoot: library.path };
  const required = projectRequirements(document, library.extras);
  return {
    byUrl: [
      ...required.flatMap((line) => urlPath(line, own, file) ?? []),
      ...poetryPaths(document, own, file),
    ],
    byName: uvLibraries(document, required, own, file, read),
  };
}

function projectRequirements(document: TomlTable, extras: string): string[] {
  const project = tableOf(document['project']);
  const optional = tableOf(project['optional-dependencies']);
  const wanted = new Set(extras.replace(/[[\]]/g, '').split(',').map(normalizeName));
  return [
    ...stringsOf(project['dependencies']),
    ...Object.entries(optional).flatMap(([extra, lines]) =>
      wanted.has(normalizeName(extra)) ? stringsOf(lines) : [],
    ),
  ];
}

function urlPath(line: string, base: PathBase, file: string): string | undefined {
  // Hatch's placeholders: of the library's directory, or of one above it.
  const filled = line.replace(/\{root:((?:parent:)*)uri\}/g, (_, parents: string) => {
    const up = (parents.match(/parent/g) ?? []).map(() => '..');
    return `file:${posix.join('.', ...up)}`;
  });
  return readLocal(filled, base, file)?.path;
}

function poetryPaths(document: TomlTable, base: PathBase, file: string): string[] {
  const poetry = tableOf(tableOf(document['tool'])['poetry']);
  return Object.values(tableOf(poetry['dependencies'])).flatMap((value) =>
    // Several constraints for several environments are an array.
    [value].flat().flatMap((item) => {
      const path = stringOf(tableOf(item)['path']);
      return path === undefined ? [] : (readLocal(`file:${path}`, base, file)?.path ?? []);
    }),
  );
}

function uvLibraries(
  document: TomlTable,
  required: readonly string[],
  base: PathBase,
  file: string,
  read: ReadFile,
): LocalRequirement[] {
  const uv = tableOf(tableOf(document['tool'])['uv']);
  const sources = new Map(
    Object.entries(tableOf(uv['sources'])).map(([name, value]) => [normalizeName(name), value]),
  );
  return required.flatMap((line) => {
    const [, name = '', extras = '', rest = ''] =
      /^\s*([\w.-]+)\s*(\[[^\]]*\])?([^]*)$/.exec(line) ?? [];
    const source = sources.get(normalizeName(name));
    const tables = Array.isArray(source) ? tablesOf(source) : [tableOf(source)];
    const marker = /;\s*([^]*)$/.exec(rest)?.[1]?.trim() ?? '';
    return tables.flatMap((table): LocalRequirement[] => {
      const path = uvPath(name, table, base, read);
      const local = path === undefined ? undefined : readLocal(`file:${path}`, base, file);
      const markers = [marker, stringOf(table['marker']) ?? ''].filter((one) => one !== '');
      const joined =
        markers.length > 1 ? markers.map((one) => `(${one})`).join(' and ') : markers[0];
      return local ? [{ ...local, name, extras, marker: joined ?? '' }] : [];
    });
  });
}

/** Relative to the library; undefined for a source that is not a path. */
function uvPath(
  name: string,
  source: TomlTable,
  base: PathBase,
  read: ReadFile,
): string | undefined {
  if (source['workspace'] !== true) return stringOf(source['path']);
  // uv lists members in the lock of the workspace above.
  for (let directory = base.projectRoot; directory !== '.';) {
    directory = posix.dirname(directory);
    const text = read(posix.join(directory, 'uv.lock'));
    if (text === undefined) continue;
    const member = uvLibraryNamed(parseToml(text, 'uv.lock'), name);
    const path =
      member === undefined ? undefined : inWorkspace(member, { ...base, projectRoot: directory });
    return path === undefined ? undefined : posix.relative(base.projectRoot, path);
  }
  return undefined;
}

/**
 * Files that are not part of a library's source, in gitignore syntax. Tests stay: the library's own build decides
 * whether to pack them.
 */
const LIBRARY_EXCLUDES: readonly string[] = [
  '.git',
  '.hg',
  '.svn',
  '.nx/',
  '.venv/',
  '/venv/',
  'node_modules/',
  '__pycache__/',
  '*.py[co]',
  '.mypy_cache/',
  '.pytest_cache/',
  '.ruff_cache/',
  '.hypothesis/',
  '.cache/',
  '.tox/',
  '.nox/',
  '.eggs/',
  '*.egg-info/',
  '/dist/',
  '/build/',
  '/htmlcov/',
  '.coverage',
  '.coverage.*',
  '.idea/',
  '.vscode/',
  '.DS_Store',
];

const excluded = ignore({ ignorecase: false }).add([...LIBRARY_EXCLUDES]);

/** Whether a file below a library's directory counts. @param path of a directory if it ends with a slash */
export function isLibraryFile(path: string): boolean {
  return !excluded.ignores(path);
}

export const LIBRARY_RULES: WalkRules = {
  enters: (directory) => isLibraryFile(`${directory}/`),
  selects: isLibraryFile,
  isEnvironment,
};

export interface FileFacts {
  /** Relative to the directory, with forward slashes. */
  path: string;
  executable: boolean;
  /** SHA-256 of its bytes, hex. */
  sha256: string;
}

/** Of paths, executable bits and bytes, in any order. */
export function treeDigest(files: readonly FileFacts[]): string {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  return digestOf(sorted.map(({ path, executable, sha256 }) => [path, executable, sha256]));
}
