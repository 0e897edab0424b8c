/** Writes Python files: a handler module, and the `__init__.py` files that make its directories packages. */

import { generateFiles, joinPathFragments, type Tree } from '@nx/devkit';
import { join, posix } from 'node:path';

export interface NewHandler {
  /** Relative to the service. */
  file: string;
  name: string;
  /** Top-level name that the marker expects. */
  handlerName: string;
}

export function writeHandler(tree: Tree, root: string, handler: NewHandler): void {
  const directory = joinPathFragments(root, posix.dirname(handler.file));
  generateFiles(tree, join(__dirname, 'files'), directory, {
    fileName: posix.basename(handler.file),
    name: handler.name,
    handlerName: handler.handlerName,
  });
}

/** Makes a directory and those above it, up to the service, regular packages. */
export function writePackageFiles(tree: Tree, root: string, directory: string): void {
  const segments = directory.split('/').filter(Boolean);
  segments.forEach((_, index) => {
    const path = joinPathFragments(root, ...segments.slice(0, index + 1), '__init__.py');
    if (!tree.exists(path)) tree.write(path, '');
  });
}
