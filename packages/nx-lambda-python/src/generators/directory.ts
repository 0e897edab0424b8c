/** Paths that a user typed, as paths of the workspace. */

import { normalizePath, workspaceRoot, type Tree } from '@nx/devkit';
import { isAbsolute, posix, relative } from 'node:path';
import { LambdaPythonError } from '../errors';

/**
 * Relative to the workspace, with forward slashes; `.` for its root.
 *
 * Typed paths are relative to the current directory, as everywhere in Nx, unless they already begin with it.
 *
 * @param current the current directory, relative to the workspace; empty at its root
 * @throws OPTION_INVALID for a path outside the workspace
 */
export function workspacePath(typed: string, current: string): string {
  const path = posix.normalize(normalizePath(typed)).replace(/(?<=.)\/$/, '');
  const isInCurrent = current === '' || path === current || path.startsWith(`${current}/`);
  const joined = isInCurrent ? path : posix.join(current, path);
  if (!isAbsolute(typed) && joined !== '..' && !joined.startsWith('../')) return joined;
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`${typed}\` is not a path inside the workspace`,
    hint: 'pass a path relative to the workspace, such as `services/orders`',
  });
}

/** Where Nx was started, relative to the workspace: empty at its root, and outside of it. */
export function currentDirectory(tree: Tree): string {
  // A tree of another workspace, as in tests, has no current directory.
  if (tree.root !== workspaceRoot) return '';
  const path = normalizePath(relative(workspaceRoot, process.env['INIT_CWD'] ?? process.cwd()));
  return path === '..' || path.startsWith('../') || isAbsolute(path) ? '' : path;
}
