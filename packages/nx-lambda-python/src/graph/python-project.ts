/** What the edges of a project follow from, beside its imports: what it requires, and where its modules are. */

import type { TargetConfiguration } from '@nx/devkit';
import { posix } from 'node:path';
import { readRequired, requirementOptions } from '../packaging/inputs/requirements';
import { findSources } from '../packaging/inputs/sources';
import type { WorkspaceFiles, WorkspaceLooks } from '../packaging/inputs/workspace-files';
import { libraryRequirements } from '../packaging/requirements/library';
import { parseRequirement } from '../packaging/requirements/requirement';
import {
  parseToml,
  stringOf,
  stringsOf,
  tableOf,
  tablesOf,
  type TomlTable,
} from '../packaging/requirements/toml';
import { normalizeName } from '../packaging/wheel/names';
import { workspaceFiles, type Documents } from '../platform/files/workspace-files';
import { attempt } from '../platform/process/attempt';
import { topLevelModule } from '../python/names';
import { sourceTrees } from '../service/files';
import { MARKER_FILE, parseMarker, type Marker } from '../service/marker';
import { hasMarker } from '../service/pyproject';
import { codeDirectories, entryName } from '../service/roots';
import { optionVariants } from './inputs';

/** All paths are relative to the workspace. */
export interface PythonProject {
  /** Directories and archives that it requires by their path. */
  required: string[];
  /** Distributions that it requires from an index, by their normalized names. */
  indexed: string[];
  /** Where its modules are; empty for a project that nobody can import from. */
  sources: ModuleSource[];
  /** Minor version of Python 3 that its code is for; null if that is not known. */
  minor: number | null;
}

export interface ModuleSource {
  /** The directory that Python would search. */
  directory: string;
  /** Top-level names of its modules; null for all but the tests and scripts of the project. */
  names: string[] | null;
}

/**
 * Throws nothing: a build reports what is wrong.
 * @param builds its build targets; none for what is not a service
 */
export function readPythonProject(
  root: string,
  builds: readonly Pick<TargetConfiguration, 'options' | 'configurations'>[],
  looks: WorkspaceLooks,
  documents: Documents,
): PythonProject {
  const workspace = workspaceFiles(looks.root, looks, documents);
  const variants = builds.flatMap(({ options, configurations = {} }) =>
    optionVariants([{ options: tableOf(options), configurations }]),
  );
  const parts: Partial<PythonProject>[] = [
    ...variants.flatMap((options) => attempt(() => required(root, options, workspace)) ?? []),
    attempt(() => serviceModules(root, workspace)) ?? {},
    attempt(() => library(root, workspace)) ?? {},
  ];
  const all = <T>(list: (part: Partial<PythonProject>) => readonly T[] | undefined): T[] => [
    ...new Set(parts.flatMap((part) => list(part) ?? [])),
  ];
  return {
    required: all((part) => part.required),
    indexed: all((part) => part.indexed),
    sources: all((part) => part.sources),
    minor: parts.find(({ minor }) => minor)?.minor ?? null,
  };
}

/** @throws what `readRequired` throws */
function required(
  root: string,
  options: TomlTable,
  workspace: WorkspaceFiles,
): Partial<PythonProject> {
  const file = posix.join(root, MARKER_FILE);
  const marker = parseMarker(workspace.read(file) ?? '', file);
  const given = requirementOptions(root, workspace.root, options);
  const { local, meaning } = readRequired(given, marker, workspace);
  const { trees, archives, findLinks } = local;
  return {
    required: [...codeDirectories(marker), ...trees, ...archives, ...findLinks],
    indexed: indexNames(meaning.requirements),
  };
}

/** @throws MARKER_INVALID */
function serviceModules(root: string, workspace: WorkspaceFiles): Partial<PythonProject> {
  const file = posix.join(root, MARKER_FILE);
  const text = workspace.read(file) ?? '';
  if (!hasMarker(text)) return {};
  const marker = parseMarker(text, file);
  return {
    sources: sourceTrees(marker).map(({ top, include }) => ({
      directory: top,
      names: topNames(include) ?? modulesOf(marker, workspace),
    })),
    minor: marker.runtime.python[1],
  };
}

/** Most services are one package, as the marker says. */
function topNames(include: readonly string[]): string[] | undefined {
  const names = include.map((pattern) => /^\/([^/*?[]+)\/$/.exec(pattern)?.[1]);
  return names.every((name) => name !== undefined) ? names : undefined;
}

function modulesOf(marker: Marker, workspace: WorkspaceFiles): string[] {
  const names = findSources(marker, workspace).files.flatMap(
    (path) => topLevelModule(entryName(marker, path) ?? '')?.name ?? [],
  );
  return [...new Set(names)];
}

/** @throws REQUIREMENTS_INVALID for what is not valid TOML */
function library(
  root: string,
  { root: workspaceRoot, read, list }: WorkspaceFiles,
): Partial<PythonProject> {
  const file = posix.join(root, MARKER_FILE);
  const document = parseToml(read(file) ?? '', file);
  const [project, tool] = [tableOf(document['project']), tableOf(document['tool'])];
  const poetry = tableOf(tool['poetry']);
  if (stringOf(project['name'] ?? poetry['name']) === undefined) return {};
  const extras = Object.keys(tableOf(project['optional-dependencies']));
  const base = { projectRoot: root, workspaceRoot };
  const local = attempt(() =>
    libraryRequirements({ path: root, extras: `[${extras.join(',')}]` }, base, read),
  );
  const dependencies = [
    ...stringsOf(project['dependencies']),
    ...extras.flatMap((extra) => stringsOf(tableOf(project['optional-dependencies'])[extra])),
    ...Object.entries(tableOf(poetry['dependencies'])).flatMap(([name, value]) =>
      [value].flat().some((one) => 'path' in tableOf(one)) ? [] : [name],
    ),
  ];
  const elsewhere = Object.keys(tableOf(tableOf(tool['uv'])['sources'])).map(normalizeName);
  const hasSource = list(posix.join(root, 'src')).some(({ name }) => name !== '__init__.py');
  return {
    required: [...(local?.byUrl ?? []), ...(local?.byName ?? []).map(({ path }) => path)],
    indexed: indexNames(dependencies).filter((name) => !elsewhere.includes(name)),
    sources: librarySources(tool, hasSource ? 'src' : '.').map(({ directory, names }) => ({
      directory: posix.join(root, directory),
      names,
    })),
  };
}

function indexNames(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const { name, url } = parseRequirement(line) ?? {};
    return name === undefined || url !== undefined ? [] : [name];
  });
}

/**
 * Where the tables of build backends say that a library's packages are, else where all of them look.
 * @param usual `src`, or the directory itself
 */
function librarySources(tool: TomlTable, usual: string): ModuleSource[] {
  const inTool = (...path: string[]) =>
    path.reduce<unknown>((value, key) => tableOf(value)[key], tool);
  const top = (name: string): string => name.split('.')[0] ?? name;
  const directories = tableOf(inTool('setuptools', 'package-dir'));
  const setuptools = stringOf(directories['']) ?? usual;
  const listed = [
    ...stringsOf(inTool('setuptools', 'packages')),
    ...stringsOf(inTool('setuptools', 'py-modules')),
  ].map(top);
  const hatch = stringsOf(inTool('hatch', 'build', 'targets', 'wheel', 'packages'));
  const poetry = tablesOf(inTool('poetry', 'packages'));
  const flit = stringOf(inTool('flit', 'module', 'name'));
  const given: ModuleSource[] = [
    ...(listed.length > 0 ? [{ directory: setuptools, names: listed }] : []),
    ...Object.entries(directories).flatMap(([name, directory]) =>
      // A directory of another name than its package is not looked into.
      name !== '' && posix.basename(String(directory)) === name
        ? [{ directory: posix.dirname(String(directory)), names: [name] }]
        : [],
    ),
    ...stringsOf(inTool('setuptools', 'packages', 'find', 'where')).map(everything),
    ...hatch.map((path) => ({ directory: posix.dirname(path), names: [posix.basename(path)] })),
    ...poetry.map(({ include, from }) => ({
      directory: stringOf(from) ?? '.',
      names: [top((stringOf(include) ?? '').split('/')[0] ?? '').replace(/\.py$/, '')],
    })),
    ...(flit === undefined ? [] : [{ directory: usual, names: [top(flit)] }]),
    ...[
      inTool('uv', 'build-backend', 'module-root'),
      inTool('pdm', 'build', 'package-dir'),
    ].flatMap((directory) => (typeof directory === 'string' ? [everything(directory)] : [])),
  ];
  if (given.length > 0) return given;
  return [everything(setuptools)];
}

function everything(directory: string): ModuleSource {
  return { directory: directory === '' ? '.' : directory, names: null };
}
