/** The service's own files as its package has them, found as the build does: symbolic links are followed. */

import { posix } from 'node:path';
import { sourceTrees, withDirectories, type SourceTree, type WalkRules } from '../../service/files';
import type { Marker } from '../../service/marker';
import type { WorkspaceFiles } from './workspace-files';

export interface SourceFiles {
  /** Those that the marker selects, relative to the service, sorted. */
  files: string[];
  /** The same relative to the workspace, without symbolic links. */
  real: string[];
  /** What symbolic links with some of the files in them lead to. */
  targets: LinkTarget[];
  /** Directories that were not looked into, relative to the workspace. */
  environments: string[];
}

export function findSources(marker: Marker, workspace: WorkspaceFiles): SourceFiles {
  const found = sourceTrees(marker).map((tree) => findInTree(tree, workspace));
  return {
    files: found.flatMap(({ files }) => files).sort(),
    real: found.flatMap(({ real }) => real),
    targets: found.flatMap(({ targets }) => targets),
    environments: found.flatMap(({ environments }) => environments),
  };
}

function findInTree(
  { directory, top, prefix, rules }: SourceTree,
  workspace: WorkspaceFiles,
): SourceFiles {
  const { files, links, environments } = walk(directory, rules, workspace);
  const selected = [...files.keys()].filter(rules.selects).sort();
  const reached = new Set(selected.flatMap(withDirectories));
  const real = workspace.resolve(top);
  return {
    files: selected.map((path) => `${prefix}${path}`),
    real: selected.map((path) => files.get(path) ?? path),
    targets: [
      // A link on the way to it.
      ...(real === undefined || real === top ? [] : [{ path: real, isDirectory: true }]),
      ...[...links].flatMap(([path, target]) => (reached.has(path) ? [target] : [])),
    ],
    environments,
  };
}

interface Walked {
  /** By the path below the walked root; values are relative to the workspace, without symbolic links. */
  files: Map<string, string>;
  /** By the path of the link, likewise. */
  links: Map<string, LinkTarget>;
  /** Relative to the workspace, without symbolic links. */
  environments: string[];
}

interface LinkTarget {
  path: string;
  isDirectory: boolean;
}

/**
 * A walk that follows symbolic links, and gives the real path of every file. Links that lead nowhere or out of the
 * workspace give nothing: the build refuses those that it needs.
 *
 * @param root relative to the workspace
 */
export function walk(
  root: string,
  { enters, isEnvironment }: Omit<WalkRules, 'selects'>,
  files: Pick<WorkspaceFiles, 'list' | 'resolve' | 'isDirectory'>,
): Walked {
  const walked: Walked = { files: new Map(), links: new Map(), environments: [] };
  const visit = (path: string, real: string, ancestors: readonly string[]): void => {
    const entries = files.list(real);
    if (path !== '' && isEnvironment(entries.map(({ name }) => name))) {
      walked.environments.push(real);
      return;
    }
    for (const { name, kind } of entries) {
      const below = path === '' ? name : `${path}/${name}`;
      if (kind === 'file') walked.files.set(below, posix.join(real, name));
      else if (kind === 'directory' && !enters(below)) continue;
      else if (kind === 'directory') visit(below, posix.join(real, name), ancestors);
      else follow(below, posix.join(real, name), ancestors);
    }
  };
  const follow = (path: string, link: string, ancestors: readonly string[]): void => {
    const target = files.resolve(link);
    // A link to one of its own ancestors would never end.
    if (target === undefined || ancestors.includes(target)) return;
    const isDirectory = files.isDirectory(target);
    if (isDirectory && !enters(path)) return;
    walked.links.set(path, { path: target, isDirectory });
    if (isDirectory) visit(path, target, [...ancestors, target]);
    else walked.files.set(path, target);
  };
  const real = files.resolve(root);
  if (real !== undefined) visit('', real, [real]);
  return walked;
}
