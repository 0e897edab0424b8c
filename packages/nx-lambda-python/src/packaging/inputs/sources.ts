/** The service's own files as its package has them, and where they really are. */

import { posix } from 'node:path';
import { isPrunedDirectory, selectFiles } from '../../service/files';
import type { Marker } from '../../service/marker';
import { walk, type LinkTarget } from './walk';
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

/** Empty where a gitignore pattern selects at any depth. */
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
