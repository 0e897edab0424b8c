/** Lists a service's tree. */

import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { LambdaPythonError } from '../../errors';

export interface SourceFile {
  /** Relative to the listed directory, with forward slashes. */
  path: string;
  executable: boolean;
}

/**
 * Every file below `root`, sorted by path in code units.
 *
 * A symbolic link stands for what it points to, as long as that is inside `boundary` (the workspace);
 * a link that leads outside would make the package depend on the machine and is refused.
 */
export function listFiles(
  root: string,
  boundary: string,
  isPruned: (directory: string) => boolean,
): SourceFile[] {
  const files: SourceFile[] = [];
  const allowed = realpathSync(boundary);
  const visit = (directory: string, ancestors: readonly string[]): void => {
    for (const entry of readdirSync(join(root, directory), { withFileTypes: true })) {
      const path = directory ? `${directory}/${entry.name}` : entry.name;
      if (!entry.isSymbolicLink()) {
        if (entry.isFile()) files.push({ path, executable: isExecutable(join(root, path)) });
        else if (entry.isDirectory() && !isPruned(path)) visit(path, ancestors);
        continue;
      }
      if (isPruned(path)) continue;
      const target = resolveLink(root, path, allowed);
      const { isDirectory, isFile } = kindOf(target);
      if (isFile) files.push({ path, executable: isExecutable(target) });
      // A link to one of its own ancestors would never end.
      else if (isDirectory && !ancestors.includes(target)) visit(path, [...ancestors, target]);
    }
  };
  visit('', [realpathSync(root)]);
  return files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function isExecutable(path: string): boolean {
  return (statSync(path).mode & 0o111) !== 0;
}

function kindOf(path: string): { isDirectory: boolean; isFile: boolean } {
  const stat = statSync(path);
  return { isDirectory: stat.isDirectory(), isFile: stat.isFile() };
}

function resolveLink(root: string, path: string, boundary: string): string {
  let target: string;
  try {
    target = realpathSync(join(root, path));
  } catch (cause) {
    throw new LambdaPythonError('ENTRY_INVALID', {
      message: `the symbolic link \`${path}\` leads nowhere`,
      hint: `delete it, or leave it out: exclude = ["${path}"]`,
      cause,
    });
  }
  const inside = relative(boundary, target);
  if (inside === '..' || inside.startsWith(`..${sep}`)) {
    throw new LambdaPythonError('ENTRY_INVALID', {
      message: `the symbolic link \`${path}\` leads out of the workspace`,
      hint: `copy the file into the workspace, or leave the link out: exclude = ["${path}"]`,
    });
  }
  return target;
}
