/** Edges of the project graph: to the projects whose directories the requirements name, and whose modules the code imports. */

import type {
  CreateDependencies,
  CreateDependenciesContext,
  DependencyType,
  ProjectConfiguration,
  RawProjectGraphDependency,
} from '@nx/devkit';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, posix } from 'node:path';
import type { Documents } from '../platform/files/workspace-files';
import { attempt } from '../platform/process/attempt';
import { EXECUTORS } from '../targets/options';
import type * as FileImports from './file-imports';
import { fingerprint, graphCacheFile, openGraphCache, type GraphCache } from './graph-cache';
import { importEdges, type ImportingFile, type ImportingProject } from './import-edges';
import { goOnLooking } from './looking';
import type { PluginOptions } from './options';
import type * as PythonProject from './python-project';

const load = createRequire(__filename);

// The enum's values, without loading all of the devkit in every Nx command.
const IMPLICIT = 'implicit' as DependencyType.implicit;
const STATIC = 'static' as DependencyType.static;

/**
 * Edges of requirements are implicit, since one comes out of several files at once (requirements that include others,
 * a library's pyproject.toml, a lock): an edge tied to one file would be kept when another takes its reason away.
 *
 * Reads files only and throws nothing, since either would slow down or stop every Nx command.
 */
export const createDependencies: CreateDependencies<PluginOptions> = async (options, context) => {
  const { workspaceRoot } = context;
  const file = graphCacheFile('edges', options, workspaceRoot);
  const cache = openGraphCache(file, goOnLooking(workspaceRoot));
  const withImports = options?.importEdges !== false;
  const projects = await readProjects(context, cache, withImports);
  const ownerOf = projectOwners(context.projects);
  const required = projects.flatMap(({ name, required: paths }) =>
    [...new Set(paths.flatMap((path) => ownerOf(path) ?? []))]
      .filter((target) => target !== name)
      .map((target) => ({ source: name, target })),
  );
  const edges = required.map((edge): RawProjectGraphDependency => ({ ...edge, type: IMPLICIT }));
  if (withImports) {
    const { found, warnings } = importEdges(projects, required);
    edges.push(...found.map((edge) => ({ ...edge, type: STATIC })));
    // Once for as long as they stay the same.
    await cache.recall(`warned ${fingerprint(warnings)}`, () => {
      for (const warning of warnings) console.warn(`nx-lambda-python: ${warning}`);
      return null;
    });
  }
  cache.save();
  return edges;
};

/** Those with a pyproject.toml, and with what their files import if that is asked for. */
async function readProjects(
  { projects, fileMap, workspaceRoot }: CreateDependenciesContext,
  cache: GraphCache,
  withImports: boolean,
): Promise<ImportingProject[]> {
  const documents: Documents = new Map();
  const found: ImportingProject[] = [];
  for (const [name, project] of Object.entries(projects)) {
    const root = posix.normalize(project.root.replaceAll('\\', '/'));
    const own = fileMap?.projectFileMap[name] ?? [];
    const builds = Object.values(project.targets ?? {})
      .filter(({ executor }) => executor === EXECUTORS.build)
      .map(({ options, configurations }) => ({ options, configurations }));
    const marker = posix.join(root, 'pyproject.toml');
    if (builds.length === 0 && !own.some((one) => one.file === marker)) continue;
    const facts = await cache.recall(`project ${root} ${fingerprint(builds)}`, (looks) => {
      const { readPythonProject } = load('./python-project') as typeof PythonProject;
      return readPythonProject(root, builds, looks, documents);
    });
    const files: ImportingFile[] = [];
    for (const { file, hash } of withImports ? own.filter(isModule) : []) {
      const read = await cache.recall(`imports ${hash}`, () =>
        readImports(join(workspaceRoot, file)),
      );
      files.push({ path: file, ...(read ?? { imports: [] }) });
    }
    found.push({ name, ...facts, files });
  }
  return found;
}

function isModule({ file }: { file: string }): boolean {
  return file.endsWith('.py') && !/(?:^|\/)(?:\.[^/]*|node_modules|site-packages)\//.test(file);
}

/** Undefined for a file that has gone since Nx hashed it. */
async function readImports(path: string): Promise<FileImports.FileImports | undefined> {
  const { readFileImports } = load('./file-imports') as typeof FileImports;
  const bytes = attempt(() => readFileSync(path));
  return bytes && readFileImports(bytes);
}

/** Tells the project in whose directory a path is, the innermost one. */
function projectOwners(
  projects: Readonly<Record<string, ProjectConfiguration>>,
): (path: string) => string | undefined {
  const names = new Map(
    Object.entries(projects).map(([name, { root }]) => [
      posix.normalize(root.replaceAll('\\', '/')),
      name,
    ]),
  );
  return (path) => {
    for (let directory = posix.normalize(path); ; directory = posix.dirname(directory)) {
      const name = names.get(directory);
      if (name !== undefined || directory === '.' || directory === '/') return name;
    }
  };
}
