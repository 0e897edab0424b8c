/**
 * Which files of a library its wheel can only copy. A backend is listed here with the settings under which it reads the
 * content of no other file; anything unknown (a setup.py, a plugin, a hook, a setting) may read every file.
 */

import { normalizeName } from '../wheel/names';
import type { ReadFile } from './parse';
import { parseToml, stringOf, stringsOf, tableOf, tablesOf, type TomlTable } from './toml';

export interface CopiedFiles {
  /** Of the distribution, normalized. */
  name: string;
  /** Relative to the library. */
  paths: ReadonlySet<string>;
}

/**
 * @param paths of the library's files, relative to it
 * @returns undefined if its build may read any file
 * @throws REQUIREMENTS_INVALID for a pyproject.toml that is not valid TOML
 */
export function copiedFiles(paths: readonly string[], read: ReadFile): CopiedFiles | undefined {
  const text = paths.some((path) => PROGRAMS.includes(path)) ? undefined : read('pyproject.toml');
  if (text === undefined) return undefined;
  const library = describe(parseToml(text, 'pyproject.toml'), paths, read);
  const backend = backendOf(library.document);
  const patterns = backend?.(library);
  const name = stringOf(library.project['name']) ?? stringOf(library.tool('poetry')['name']);
  if (!patterns || name === undefined) return undefined;
  const all = [...patterns, ...metadataFiles(library)].map(withoutDot);
  return {
    name: normalizeName(name),
    paths: new Set(paths.filter((path) => isContent(path) && !all.some(names(path)))),
  };
}

/** At a library's root they decide how it is built. */
const PROGRAMS = ['setup.py', 'setup.cfg', 'hatch.toml', 'pdm_build.py'];

/** Licences, authors and changes are read for METADATA, wherever they are. */
const METADATA_FILE = /(^|\/)(licen[cs]e|copying|notice|authors|readme|changelog|changes)[^/]*$/i;

/** Whatever else is at the root or begins with a dot may configure a build; only modules are content there. */
function isContent(path: string): boolean {
  const isHidden = path.split('/').some((segment) => segment.startsWith('.'));
  if (path.endsWith('.py')) return !isHidden;
  return !isHidden && path.includes('/') && !METADATA_FILE.test(path);
}

/** Whether a path, or a pattern from its first special character on, names the file. */
function names(path: string): (pattern: string) => boolean {
  return (pattern) => {
    const special = pattern.search(/[*?[{]/);
    return special < 0 ? path === pattern : path.startsWith(pattern.slice(0, special));
  };
}

function withoutDot(pattern: string): string {
  return pattern.replace(/^(\.\/)+/, '');
}

interface Library {
  document: TomlTable;
  project: TomlTable;
  /** Fields of `[project]` that the backend determines. */
  dynamic: readonly string[];
  tool: (name: string) => TomlTable;
  paths: readonly string[];
  read: ReadFile;
}

function describe(document: TomlTable, paths: readonly string[], read: ReadFile): Library {
  const project = tableOf(document['project']);
  const tool = (name: string) => tableOf(tableOf(document['tool'])[name]);
  return { document, project, dynamic: stringsOf(project['dynamic']), tool, paths, read };
}

function metadataFiles({ project, tool }: Library): string[] {
  const poetry = tool('poetry');
  return [
    ...[project['readme'], project['license'], poetry['readme'], poetry['license']].flatMap(
      (value) => [...texts(value), ...texts(tableOf(value)['file'])],
    ),
    ...[project, tool('setuptools')].flatMap((table) => stringsOf(table['license-files'])),
  ];
}

function texts(value: unknown): string[] {
  return typeof value === 'string' ? [value] : stringsOf(value);
}

/** Files of which a backend reads the content for METADATA, or undefined if that is not certain. */
type Backend = (library: Library) => readonly string[] | undefined;

/** By the distribution that has it, and the name of its hooks. */
const BACKENDS: readonly [distribution: string, hooks: string, backend: Backend][] = [
  ['setuptools', 'setuptools.build_meta', setuptools],
  ['hatchling', 'hatchling.build', hatchling],
  ['poetry-core', 'poetry.core.masonry.api', poetry],
  ['flit-core', 'flit_core.buildapi', flit],
  ['pdm-backend', 'pdm.backend', pdm],
  ['uv-build', 'uv_build', uv],
];

/** Undefined if plugins or a backend in the library's own tree take part. */
function backendOf(document: TomlTable): Backend | undefined {
  const system = tableOf(document['build-system']);
  const hooks = stringOf(system['build-backend']) ?? 'setuptools.build_meta';
  const [distribution, , backend] = BACKENDS.find(([, own]) => own === hooks) ?? [];
  const required = stringsOf(system['requires']).map((line) =>
    normalizeName(/^\s*([\w.-]+)/.exec(line)?.[1] ?? ''),
  );
  const isAlone = required.every((name) => name === distribution || name === 'wheel');
  return isAlone && system['backend-path'] === undefined ? backend : undefined;
}

function hasOnly(table: TomlTable, keys: readonly string[]): boolean {
  return Object.keys(table).every((key) => keys.includes(key));
}

function setuptools({ tool, dynamic, ...library }: Library): readonly string[] | undefined {
  const options = tool('setuptools');
  const known = [
    ...['packages', 'py-modules', 'package-dir', 'package-data', 'exclude-package-data'],
    ...['include-package-data', 'zip-safe', 'dynamic', 'license-files', 'platforms'],
  ];
  if (!hasOnly(options, known) || !hasOnly(tableOf(options['package-dir']), [''])) return undefined;
  const sources = tableOf(options['dynamic']);
  const read = dynamic.map((field): string[] | undefined => {
    const source = tableOf(sources[field]);
    const attribute = stringOf(source['attr']);
    if (attribute === undefined) return 'file' in source ? texts(source['file']) : undefined;
    const dot = attribute.lastIndexOf('.');
    const file = moduleFile(attribute.slice(0, dot), library);
    return file !== undefined && isLiteral(library.read(file), attribute.slice(dot + 1))
      ? [file]
      : undefined;
  });
  return read.every((files) => files !== undefined) ? read.flat() : undefined;
}

function hatchling({ tool, dynamic }: Library): readonly string[] | undefined {
  const { build, metadata, version } = tool('hatch');
  const selecting = [
    ...['include', 'exclude', 'packages', 'only-packages', 'only-include', 'artifacts', 'sources'],
    ...['ignore-vcs', 'skip-excluded-dirs', 'reproducible', 'directory', 'dev-mode-dirs'],
  ];
  const targets = tableOf(tableOf(build)['targets']);
  const tables = [tableOf(build), tableOf(targets['wheel'])];
  const selectsOnly = tables.every(
    (table) =>
      hasOnly(table, [...selecting, 'targets', 'bypass-selection']) &&
      // A table gives files other names.
      (table['sources'] === undefined || Array.isArray(table['sources'])),
  );
  const allowed = ['allow-direct-references', 'allow-ambiguous-features'];
  if (!selectsOnly || !hasOnly(tableOf(metadata), allowed)) return undefined;
  return versionFile(dynamic, tableOf(version), 'regex');
}

function pdm({ tool, dynamic }: Library): readonly string[] | undefined {
  const { build, version } = tool('pdm');
  const known = ['package-dir', 'includes', 'excludes', 'source-includes', 'is-purelib'];
  if (!hasOnly(tableOf(build), [...known, 'editable-backend'])) return undefined;
  return versionFile(dynamic, tableOf(version), 'file');
}

/** A version that is read from a file by a pattern. @param source the only one that does so */
function versionFile(
  dynamic: readonly string[],
  version: TomlTable,
  source: string,
): readonly string[] | undefined {
  if (dynamic.length === 0) return [];
  const path = stringOf(version['path']);
  const isPattern = hasOnly(version, ['path', 'pattern', 'source']);
  const isKnown = isPattern && [undefined, source].includes(stringOf(version['source']));
  const isVersion = dynamic.every((field) => field === 'version');
  return path !== undefined && isKnown && isVersion ? [path] : undefined;
}

/** Its dynamic fields are in `[tool.poetry]`. */
function poetry({ tool }: Library): readonly string[] | undefined {
  const { build, packages } = tool('poetry');
  const renames = tablesOf(packages).some((item) => item['to'] !== undefined);
  return build === undefined && !renames ? [] : undefined;
}

function flit({ tool, dynamic, project, ...library }: Library): readonly string[] | undefined {
  const options = tool('flit');
  if (!hasOnly(options, ['module', 'sdist'])) return undefined;
  if (dynamic.length === 0) return [];
  const name = stringOf(tableOf(options['module'])['name']) ?? stringOf(project['name']) ?? '';
  const file = moduleFile(name.replaceAll('-', '_'), library);
  const text = file === undefined ? undefined : library.read(file);
  if (file === undefined || text === undefined) return undefined;
  // flit imports the module where its text does not say it.
  const isSaid: Readonly<Record<string, boolean>> = {
    version: isLiteral(text, '__version__'),
    description: /^(?:[ \t]*(?:#.*)?\r?\n)*[rRuU]?["']/.test(text),
  };
  if (!dynamic.every((field) => isSaid[field])) return undefined;
  const directory = file.slice(0, file.lastIndexOf('/') + 1);
  const others = ['version.py', '_version.py', '__version__.py'];
  return [file, ...others.map((other) => directory + other)];
}

function uv({ tool, dynamic }: Library): readonly string[] | undefined {
  const known = [
    ...['module-name', 'module-root', 'namespace', 'source-include', 'source-exclude'],
    ...['wheel-exclude', 'default-excludes'],
  ];
  const isKnown = hasOnly(tableOf(tool('uv')['build-backend']), known);
  return isKnown && dynamic.length === 0 ? [] : undefined;
}

/** The only file that can be this module. */
function moduleFile(module: string, { paths }: Pick<Library, 'paths'>): string | undefined {
  const path = module.replaceAll('.', '/');
  const ends = [`${path}/__init__.py`, `${path}.py`];
  const found = paths.filter((file) => ends.some((end) => `/${file}`.endsWith(`/${end}`)));
  return found.length === 1 ? found[0] : undefined;
}

/** Whether a module assigns a text to the name, once: backends read that from its syntax, and import it otherwise. */
function isLiteral(text: string | undefined, name: string): boolean {
  const mentions = text?.split(new RegExp(`\\b${name}\\b`)).length;
  return (
    mentions === 2 &&
    new RegExp(`^${name}[ \\t]*=[ \\t]*(["'])[^"'\\\\\\n]*\\1[ \\t]*$`, 'm').test(text ?? '')
  );
}
