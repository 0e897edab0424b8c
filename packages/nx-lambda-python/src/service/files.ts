/** A service's files: which ones go into the package, under which names, and which of them are handler modules. */

import ignore, { type Ignore } from 'ignore';
import { posix } from 'node:path';
import picomatch from 'picomatch';
import { LambdaPythonError } from '../errors';
import { moduleName } from '../python/names';
import type { Marker } from './marker';
import { entryName, type Roots } from './roots';

/** pytest's own patterns for tests, in gitignore syntax. */
export const TEST_PATTERNS: readonly string[] = ['tests/', 'test_*.py', '*_test.py', 'conftest.py'];

// Files at the service's root that are for tools, not for the code: left out even with `include = ["*"]`.
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

/** What is excluded unless the marker's `exclude` includes it again with `!`; gitignore syntax. */
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

/** What a walk over a directory looks at. Paths are relative to it, with forward slashes. */
export interface WalkRules {
  /** Whether something below a directory can count. */
  enters: (directory: string) => boolean;
  /** Whether it counts. @param path of a directory if it ends with a slash */
  selects: (path: string) => boolean;
  /** Of a directory below the walked one, by the names in it: nothing there counts. */
  isEnvironment: (names: readonly string[]) => boolean;
}

type Patterns = Pick<Marker, 'root' | 'include' | 'exclude'> &
  Partial<Pick<Marker, 'directory' | 'roots' | 'includeGiven'>>;

/** A directory of the workspace with files of the service. */
export interface SourceTree {
  /** Relative to the workspace. */
  directory: string;
  /** The part of it whose files are at the top of the package, likewise. */
  top: string;
  /** What stands before its paths to make them relative to the service: `../../libs/common/src/`. */
  prefix: string;
  /** Which of its files are selected, by patterns of paths in the package. */
  include: readonly string[];
  /** Of paths relative to it. */
  rules: WalkRules;
}

/** The service itself, then its further roots. */
export function sourceTrees(marker: Patterns): [own: SourceTree, ...further: SourceTree[]] {
  const { directory = '.', root, roots = [], include, includeGiven, exclude } = marker;
  const top = posix.join(directory, root);
  const own = { directory, top, prefix: '', include, rules: packageRules(marker) };
  const further = { root: '', include: includeGiven ? include : ['*'], exclude };
  return [
    own,
    ...roots.map((path) => ({
      directory: posix.join(directory, path),
      top: posix.join(directory, path),
      prefix: `${path}/`,
      include: further.include,
      rules: packageRules(further),
    })),
  ];
}

/** What `include` selects, without what `exclude` and the default excludes match. */
export function packageRules({
  root,
  include,
  exclude,
}: Pick<Marker, 'root' | 'include' | 'exclude'>): WalkRules {
  const included = gitignore(include);
  const excluded = gitignore([...DEFAULT_EXCLUDES, ...exclude]);
  const leads = leadsToIncluded(include);
  return {
    enters: (directory) => {
      if (isPrunedDirectory(directory)) return false;
      if (`${root}/`.startsWith(`${directory}/`)) return true;
      const name = entryName({ root }, directory);
      // What an excluded directory holds cannot be included again.
      return name !== undefined && leads(name) && !excluded.ignores(`${name}/`);
    },
    selects: (path) => {
      const name = entryName({ root }, path);
      return Boolean(name) && included.ignores(name ?? '') && !excluded.ignores(name ?? '');
    },
    isEnvironment,
  };
}

/**
 * @param files relative to the service, with forward slashes
 * @returns those of the package, sorted by code units
 */
export function selectFiles(marker: Patterns, files: readonly string[]): string[] {
  const [own, ...further] = sourceTrees(marker);
  const isSelected = (path: string): boolean => {
    const { prefix, rules } = further.find((tree) => path.startsWith(tree.prefix)) ?? own;
    return rules.selects(path.slice(prefix.length));
  };
  return files.filter(isSelected).sort();
}

/** Every file that could be in some package of the service: for messages, and for code without a marker. */
export const ANY_PACKAGE: WalkRules = {
  enters: (directory) => !isPrunedDirectory(directory),
  selects: () => false,
  isEnvironment,
};

/** A virtual environment, or one of conda, whatever its name: it is of this machine, and large. */
export function isEnvironment(names: readonly string[]): boolean {
  return names.includes('pyvenv.cfg') || names.includes('conda-meta');
}

/**
 * Whether a directory is on the way to what anchored patterns select, or in it. A pattern without a slash before its
 * end selects at any depth.
 */
function leadsToIncluded(include: readonly string[]): (directory: string) => boolean {
  const ways = include.filter((pattern) => !pattern.startsWith('!')).map(anchoredSegments);
  return (directory) => {
    const names = directory.split('/');
    return ways.some((way) => {
      const free = way.findIndex((segment) => segment === undefined);
      const fixed = free === -1 ? way : way.slice(0, free);
      return names.every((name, index) => fixed[index]?.(name) ?? true);
    });
  };
}

type Segment = (name: string) => boolean;

/** Matchers of the segments of a pattern; undefined for one that stands for any number of directories. */
function anchoredSegments(pattern: string): (Segment | undefined)[] {
  if (!/\/./.test(pattern) || /\\|\s$/.test(pattern)) return [undefined];
  return pattern
    .replace(/^\/|\/$/g, '')
    .split('/')
    .map((segment) => {
      if (segment === '**') return undefined;
      if (!/[*?[]/.test(segment)) return (name) => name === segment;
      const matcher = gitignore([`/${segment}`]);
      return (name) => matcher.ignores(name);
    });
}

/** Patterns of `include` that match nothing, most likely by mistake. */
export function unmatchedIncludes(marker: Marker, files: readonly string[]): string[] {
  const names = files.map((file) => entryName(marker, file)).filter((name) => name !== undefined);
  return marker.include.filter((pattern) => {
    if (pattern.startsWith('!')) return false;
    const matcher = gitignore([pattern]);
    return !names.some((name) => matcher.ignores(name));
  });
}

/** Directories that a walk over a service can skip: nothing in them can be in a package. */
export function isPrunedDirectory(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.startsWith('.') || PRUNED_DIRECTORIES.has(name) || path === 'venv';
}

/** Whether a .gitignore of this text ignores a path below its directory, which ends with a slash for a directory. */
export function ignoredBy(text: string): (path: string) => boolean {
  const rules = gitignore(text.split(/\r?\n/));
  return (path) => rules.ignores(path);
}

function gitignore(patterns: readonly string[]): Ignore {
  // As git does on Linux, whatever the machine: the same files everywhere.
  return ignore({ ignorecase: false }).add([...patterns]);
}

export interface HandlerModule {
  /** What `{handler}` stands for: `create_order`, or `admin-purge` for a nested one. */
  name: string;
  /** Relative to the service, as given. */
  file: string;
  /** Dotted: `orders.handlers.create_order`. */
  module: string;
}

/** The same matching on every system: `/` separates, case counts, names that start with a dot are hidden. */
const GLOB_OPTIONS = { windows: false, nocase: false, dot: false } as const;

/**
 * Every module that `handlers` matches, sorted by file. It reads no file, so a module may turn out to have no handler.
 *
 * `__init__.py` and names that start with `_` below the glob's fixed part do not count.
 * The first glob that matches a file gives it its name.
 *
 * @param files relative to the service, with forward slashes
 */
export function handlerModules(
  marker: Pick<Marker, 'root' | 'handlers'> & Partial<Roots>,
  files: readonly string[],
): HandlerModule[] {
  const isNegated = picomatch(negatedGlobs(marker), GLOB_OPTIONS);
  const globs = positiveGlobs(marker).map(compile);
  const modules: HandlerModule[] = [];
  for (const file of [...files].sort()) {
    const path = entryName(marker, file);
    if (path === undefined || !path.endsWith('.py') || isNegated(path)) continue;
    const glob = globs.find(({ base, matches }) => matches(path) && !isPrivate(path, base));
    if (glob) modules.push({ name: nameOf(path, glob), file, module: moduleName(path) });
  }
  return modules;
}

export function positiveGlobs({ handlers }: Pick<Marker, 'handlers'>): string[] {
  return handlers.filter((glob) => !glob.startsWith('!'));
}

export function negatedGlobs({ handlers }: Pick<Marker, 'handlers'>): string[] {
  return handlers.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1));
}

export interface HandlerGlob {
  glob: string;
  /** Directories before the first wildcard: `orders/handlers`, or empty. */
  base: string;
  /** Path after the last wildcard, if it fixes whole names: `handler.py` in `functions/<name>/handler.py`. */
  tail: string;
  matches: (path: string) => boolean;
}

/** Parses a positive glob. */
export function compile(glob: string): HandlerGlob {
  const matches = picomatch(glob, GLOB_OPTIONS);
  const { base, isGlob } = picomatch.scan(glob);
  if (!isGlob) {
    const slash = glob.lastIndexOf('/');
    return { glob, base: slash === -1 ? '' : glob.slice(0, slash), tail: '', matches };
  }
  const segments = glob.split('/');
  const lastWild = segments.findLastIndex((segment) => picomatch.scan(segment).isGlob);
  return { glob, base, tail: segments.slice(lastWild + 1).join('/'), matches };
}

function isPrivate(path: string, base: string): boolean {
  return below(path, base)
    .split('/')
    .some((segment) => segment.startsWith('_'));
}

// `functions/*/handler.py` tells its handlers apart by directory: the fixed rest is not part of the name.
function nameOf(path: string, { base, tail }: HandlerGlob): string {
  const distinct = below(path, base);
  const name = tail === '' ? distinct.replace(/\.py$/, '') : distinct.slice(0, -tail.length - 1);
  return name.replaceAll('/', '-');
}

function below(path: string, base: string): string {
  return base === '' ? path : path.slice(base.length + 1);
}

/** How many handlers a service has, judged by the names of its files, and by the functions table for handlers elsewhere. */
export function countHandlers(marker: Marker, files: readonly string[]): number {
  const modules = handlerModules(marker, files);
  const handlers = new Set(modules.map(({ module }) => `${module}.${marker.handlerName}`));
  for (const { handler } of marker.functions) {
    if (handler !== undefined) handlers.add(handler);
  }
  return handlers.size;
}

/**
 * One spelling for all names that are the same to some file system: macOS composes and decomposes letters with
 * marks, and macOS and Windows ignore case.
 */
export function foldName(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

/**
 * Refuses names that are two files on one machine and one file on another, or a file and a directory.
 *
 * @param paths of the service's files
 * @param nameOf a path's name in the package
 * @throws ENTRY_COLLISION
 */
export function checkNames(
  paths: readonly string[],
  nameOf: (path: string) => string = (path) => path,
): void {
  const spellings = new Map<string, { name: string; path: string; isFile: boolean }>();
  for (const path of paths) {
    const whole = nameOf(path);
    for (const name of withDirectories(whole)) {
      const folded = foldName(name);
      const isFile = name === whole;
      const other = spellings.get(folded);
      const difference = other && differenceOf({ name, isFile }, other);
      if (difference) throw clash(path, whole, `\`${other.path}\`, ${difference}`);
      if (!other) spellings.set(folded, { name, path, isFile });
    }
  }
}

interface Named {
  name: string;
  isFile: boolean;
}

function differenceOf(one: Named, other: Named): string | undefined {
  if (one.name === other.name) {
    if (one.isFile === other.isFile) return undefined;
    return `since \`${one.name}\` would be a file and a directory`;
  }
  return one.name.normalize('NFC') === other.name.normalize('NFC')
    ? 'which has the same letters in another Unicode form (NFC, NFD)'
    : 'which differs only in case';
}

/** `a`, `a/b`, `a/b/c.py` */
export function withDirectories(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

function clash(path: string, name: string, other: string): LambdaPythonError {
  return new LambdaPythonError('ENTRY_COLLISION', {
    message: `the service's file \`${path}\` clashes with ${other}`,
    hint: `rename one of them, or exclude it: exclude = ["${name}"] in pyproject.toml`,
  });
}
