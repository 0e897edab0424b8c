/** Which of a service's files go into the deployment package, and under which names. */

import ignore, { type Ignore } from 'ignore';
import type { Marker } from './marker';

/** pytest's own patterns for tests, in gitignore syntax. */
export const TEST_PATTERNS: readonly string[] = ['tests/', 'test_*.py', '*_test.py', 'conftest.py'];

// A file at the service's root that serves tools and not the code, even under `include = ["*"]`.
const ROOT_CONFIGURATION: readonly string[] = [
  '/pyproject.toml',
  '/project.json',
  '/package.json',
  '/requirements*.txt',
  '/constraints*.txt',
  '/*.lock',
  '/pylock*.toml',
  '/Pipfile',
  '/setup.py',
  '/setup.cfg',
  '/noxfile.py',
  '/tox.ini',
  '/pytest.ini',
  '/mypy.ini',
  '/ruff.toml',
  '/Makefile',
  '/Dockerfile*',
  '/docker-compose*',
  '/compose.y*ml',
  '/README*',
];

/** What stays out unless the marker's `exclude` takes it back with `!`; gitignore syntax. */
export const DEFAULT_EXCLUDES: readonly string[] = [
  '.*',
  '__pycache__/',
  '*.py[co]',
  '*.egg-info/',
  'node_modules/',
  '/venv/',
  ...TEST_PATTERNS,
  ...ROOT_CONFIGURATION,
];

const PRUNED_DIRECTORIES: ReadonlySet<string> = new Set(['__pycache__', 'node_modules']);

/**
 * The files of the package: what `include` selects without what `exclude` and the default excludes name.
 *
 * @param files relative to the service, with forward slashes
 * @returns the same paths, sorted by code units
 */
export function selectFiles(
  marker: Pick<Marker, 'root' | 'include' | 'exclude'>,
  files: readonly string[],
): string[] {
  const included = gitignore(marker.include);
  const excluded = gitignore([...DEFAULT_EXCLUDES, ...marker.exclude]);
  return files
    .filter((file) => {
      const name = entryName(marker, file);
      return name !== undefined && included.ignores(name) && !excluded.ignores(name);
    })
    .sort();
}

/** A file's name in the package: its path below the marker's `root`, or undefined for a file outside. */
export function entryName(marker: Pick<Marker, 'root'>, file: string): string | undefined {
  if (marker.root === '') return file;
  return file.startsWith(`${marker.root}/`) ? file.slice(marker.root.length + 1) : undefined;
}

/** Patterns of `include` that select nothing, most likely a slip. */
export function unmatchedIncludes(marker: Marker, files: readonly string[]): string[] {
  const names = files.map((file) => entryName(marker, file)).filter((name) => name !== undefined);
  return marker.include.filter((pattern) => {
    if (pattern.startsWith('!')) return false;
    const matcher = gitignore([pattern]);
    return !names.some((name) => matcher.ignores(name));
  });
}

/** Directories that a walk over a service need not enter: nothing in them can be in a package. */
export function isPrunedDirectory(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.startsWith('.') || PRUNED_DIRECTORIES.has(name) || path === 'venv';
}

function gitignore(patterns: readonly string[]): Ignore {
  // As git does on Linux, whatever the machine: the same files everywhere.
  return ignore({ ignorecase: false }).add([...patterns]);
}
