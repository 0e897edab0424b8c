/** The service's own files as its package has them, found as the build does: symbolic links are followed. */

import { posix } from 'node:path';
import { isPrunedDirectory, selectFiles } from '../../service/files';
import type { Marker } from '../../service/marker';
import type { WorkspaceFiles } from './workspace-files';

export interface SourceFiles {
  /** Those that the marker selects, relative to the service, sorted. */
  files: string[];
  /** The same relative to the workspace, without symbolic links. */
  real: string[];
  /** What symbolic links with some of the files in them lead to. */
  targets: LinkTarget[];
}

/** @param root of the service, relative to the workspace */
export function findSources(marker: Marker, root: string, workspace: WorkspaceFiles): SourceFiles {
  const { files, links } = walk(root, startsOf(marker), isPrunedDirectory, workspace);
  const selected = selectFiles(marker, [...files.keys()]);
  const reached = new Set(selected.flatMap(withAncestors));
  return {
    files: selected,
    real: selected.map((path) => files.get(path) ?? path),
    targets: [...links].flatMap(([path, target]) => (reached.has(path) ? [target] : [])),
  };
}

/** A pattern that is anchored selects below a fixed directory: the rest, of a whole workspace perhaps, is not walked. */
function startsOf(marker: Marker): string[] {
  const patterns = marker.include.filter((pattern) => !pattern.startsWith('!'));
  const starts = [
    ...new Set(
      patterns.map((pattern) => {
        const directory = posix.join(marker.root, fixedDirectory(pattern));
        return directory === '.' ? '' : directory;
      }),
    ),
  ];
  return starts.filter((path) => !starts.some((other) => isBelow(path, other)));
}

/** Empty if a gitignore pattern selects at any depth. */
function fixedDirectory(pattern: string): string {
  if (!/\/./.test(pattern)) return '';
  const segments = pattern.replace(/^\//, '').split('/');
  const wild = segments.findIndex((segment) => /[*?[\\]/.test(segment));
  // The last segment may be a file.
  return segments.slice(0, wild === -1 ? -1 : wild).join('/');
}

function isBelow(path: string, directory: string): boolean {
  return path !== directory && (directory === '' || path.startsWith(`${directory}/`));
}

function withAncestors(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

interface Walked {
  /** By the path below the walked root; values are relative to the workspace, without symbolic links. */
  files: Map<string, string>;
  /** By the path of the link, likewise. */
  links: Map<string, LinkTarget>;
}

interface LinkTarget {
  path: string;
  isDirectory: boolean;
}

/**
 * A walk that follows symbolic links, and gives the real path of every file. Links that lead nowhere or out of the
 * workspace give nothing: the build refuses them.
 *
 * @param root relative to the workspace
 * @param starts directories below it, relative to it
 */
export function walk(
  root: string,
  starts: readonly string[],
  isPruned: (path: string) => boolean,
  files: Pick<WorkspaceFiles, 'list' | 'resolve' | 'isDirectory'>,
): Walked {
  const walked: Walked = { files: new Map(), links: new Map() };
  const visit = (path: string, real: string, ancestors: readonly string[]): void => {
    for (const { name, kind } of files.list(real)) {
      const below = path === '' ? name : `${path}/${name}`;
      if (kind === 'file') walked.files.set(below, posix.join(real, name));
      else if (isPruned(below)) continue;
      else if (kind === 'directory') visit(below, posix.join(real, name), ancestors);
      else follow(below, posix.join(real, name), ancestors);
    }
  };
  const follow = (path: string, link: string, ancestors: readonly string[]): void => {
    const target = files.resolve(link);
    // A link to one of its own ancestors would never end.
    if (target === undefined || ancestors.includes(target)) return;
    const isDirectory = files.isDirectory(target);
    walked.links.set(path, { path: target, isDirectory });
    if (isDirectory) visit(path, target, [...ancestors, target]);
    else walked.files.set(path, target);
  };
  for (const start of starts) {
    const real = files.resolve(posix.join(root, start));
    if (real !== undefined) visit(start, real, [real]);
  }
  return walked;
}
