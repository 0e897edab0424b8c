/**
 * Everything that decides a package, from the options of its build, its marker and the files of the workspace.
 *
 * The inputs that Nx hashes, the requirements key, the content of the service and what `explain` prints are views
 * of this: what is not here decides nothing.
 */

import { posix } from 'node:path';
import type { Marker } from '../../service/marker';
import { readOrigin } from '../requirements/lock-origin';
import { gitUse, type GitUse } from '../requirements/library-git';
import { isLibraryFile, LIBRARY_RULES } from '../requirements/library';
import { readRequired, type RequirementOptions } from './requirements';
import { findSources, walk, type SourceFiles } from './sources';
import { hiddenFromNx, type HiddenBy } from './visibility';
import type { OuterRules, WorkspaceFiles } from './workspace-files';

/** Paths are relative to the workspace and free of symbolic links; each list is sorted. */
export interface PackageInputs {
  /** Of the service itself. */
  sources: SourceFiles;
  /** Read by their names; files that do not exist yet count as well. */
  files: string[];
  /** Directories of which every file counts: libraries, what links lead to, directories of `--find-links`. */
  directories: string[];
  /** Virtual environments in these and in the service, of which no file counts. */
  environments: string[];
  /** Of the environment. */
  variables: string[];
  /** What of all this Nx does not hash. */
  unseen: Unseen[];
}

export interface Unseen {
  /** In words: a path of the workspace, or a setting of this machine. */
  what: string;
  why: string;
}

/** What of the machine decides, in addition to files of the workspace. */
export interface MachineInputs {
  /** Variables of the environment that choose wheels. */
  variables: readonly string[];
  /** Settings that choose wheels and come from files outside of the workspace. */
  settings: readonly Unseen[];
  /** Files that settings name. */
  files: readonly string[];
}

/**
 * @param variants the options of each configuration of the build target
 * @throws MARKER_INVALID and the codes of `readRequired`
 */
export function packageInputs(
  variants: readonly RequirementOptions[],
  marker: Marker,
  workspace: WorkspaceFiles,
  machine: MachineInputs,
): PackageInputs {
  const hidden = hiddenFromNx(workspace);
  const required = variants.map((options) => readRequired(options, marker, workspace));
  const sources = findSources(marker, workspace);
  const libraries = sorted(required.flatMap(({ local }) => local.trees)).map((path) =>
    readLibrary(path, workspace),
  );
  const named = [
    ...required.flatMap(({ asked, local, files }) => [
      ...asked,
      ...local.archives,
      ...[...files].flatMap(([path, text]) => lockSources(path, text)),
    ]),
    ...machine.files,
    ...libraries.flatMap(({ git }) => git.rules),
  ];
  const findLinks = sorted(required.flatMap(({ local }) => local.findLinks));
  const targets = [sources, ...libraries].flatMap((one) => one.targets);
  const files = sorted([
    ...named,
    // Where a link leads decides, and so does the link.
    ...named.flatMap((path) => workspace.resolve(path) ?? []),
    ...targets.flatMap(({ path, isDirectory }) => (isDirectory ? [] : [path])),
  ]);
  const existing = files.filter((path) => workspace.exists(path) && !workspace.isDirectory(path));
  return {
    sources,
    files,
    directories: sorted([
      ...libraries.map(({ path }) => path),
      ...findLinks.flatMap((path) => [path, ...(workspace.resolve(path) ?? [])].slice(0, 2)),
      ...targets.flatMap(({ path, isDirectory }) => (isDirectory ? [path] : [])),
    ]),
    environments: sorted([sources, ...libraries].flatMap((one) => one.environments)),
    variables: sorted([...required.flatMap(({ variables }) => variables), ...machine.variables]),
    unseen: [
      ...hiddenOnes(sorted([...existing, ...sources.real]), hidden),
      ...libraries.flatMap((library) => hiddenOnes(library.real, hidden)),
      ...libraries.flatMap(({ path, git }) => (git.commits ? [asksGit(path)] : [])),
      ...libraries.flatMap(({ git }) => outsideOnes(rulesOutside(git, workspace))),
      ...findLinks.flatMap((path) => hiddenOnes(linked(path, workspace), hidden)),
      ...machine.settings,
    ],
  };
}

/** What a lock of ours was made from decides whether the build warns of it. */
function lockSources(path: string, text: string): string[] {
  const origin = readOrigin(text);
  return (origin?.sources ?? []).map((source) =>
    posix.join(posix.dirname(path), origin?.root ?? '', source),
  );
}

interface Library extends Omit<SourceFiles, 'files'> {
  path: string;
  git: GitUse;
}

function readLibrary(path: string, workspace: WorkspaceFiles): Library {
  const { files, links, environments } = walk(path, LIBRARY_RULES, workspace);
  const isRepository = (directory: string) => workspace.exists(posix.join(directory, '.git'));
  return {
    path,
    git: gitUse(path, workspace.read, isRepository),
    real: [...files].flatMap(([below, real]) => (isLibraryFile(below) ? [real] : [])),
    targets: [...links.values()],
    environments,
  };
}

function asksGit(path: string): Unseen {
  return { what: 'the commits and tags of git', why: `the build of \`${path}\` asks for them` };
}

/** The .gitignore that hatchling takes for a library if the workspace has none: of the repository that it is a folder of. */
export function rulesOutside(
  { rules }: GitUse,
  { exists, outerRules }: Pick<WorkspaceFiles, 'exists' | 'outerRules'>,
): OuterRules | undefined {
  if (rules.at(-1) !== '.gitignore' || rules.some(exists)) return undefined;
  return outerRules().find(
    ({ name, workspace }) => workspace !== '' && /[\\/]\.gitignore$/.test(name),
  );
}

function outsideOnes(rules: OuterRules | undefined): Unseen[] {
  return rules ? [{ what: `\`${rules.name}\``, why: 'it is outside of the workspace' }] : [];
}

/** pip looks at the files of the directory itself. Wheels that will be added count: the directory is for them. */
function linked(path: string, workspace: WorkspaceFiles): string[] {
  const real = workspace.resolve(path) ?? path;
  if (!workspace.isDirectory(real)) return [real];
  const files = workspace
    .list(real)
    .flatMap(({ name, kind }) => (kind === 'directory' ? [] : [name]));
  return [...files, 'x-1-py3-none-any.whl'].map((name) => posix.join(real, name));
}

function hiddenOnes(paths: readonly string[], hidden: HiddenBy): Unseen[] {
  return paths.flatMap((path) => {
    const by = hidden(path);
    return by === undefined ? [] : [{ what: `\`${path}\``, why: `\`${by}\` hides it` }];
  });
}

function sorted(paths: readonly string[]): string[] {
  return [...new Set(paths)].sort();
}
