/** A walk that follows symbolic links as the build does, and tells where every file really is. */

import { posix } from 'node:path';
import type { WorkspaceFiles } from './workspace-files';

export interface Walked {
  /** By the path below the walked root; values are relative to the workspace, without symbolic links. */
  files: Map<string, string>;
  /** By the path of the link, likewise. */
  links: Map<string, LinkTarget>;
}

export interface LinkTarget {
  path: string;
  isDirectory: boolean;
}

/**
 * Links that lead nowhere or out of the workspace give nothing: the build refuses them.
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
