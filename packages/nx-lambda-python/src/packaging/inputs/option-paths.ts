/** Paths in options: what decides a package, and what a build writes, is in the workspace. */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { inWorkspace, type PathBase } from '../requirements/parse';

/**
 * A path that an option gives relative to the project, or absolute in the workspace.
 *
 * @returns it relative to the workspace, with forward slashes
 * @throws OPTION_INVALID outside of the workspace
 */
export function projectPath(option: string, path: string, base: PathBase): string {
  const inside = inWorkspace(path, base);
  if (inside !== undefined) return inside;
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`${option}\` names \`${path}\`, which is outside of the workspace: the package would depend on this machine`,
    hint: `move it into the workspace, and set \`${option}\` to its path relative to \`${base.projectRoot}\``,
  });
}

/**
 * The directory of a package, for everything that writes it or looks for it.
 *
 * Nx caches what a target writes only in the workspace, by its path there: with any other directory a cached build
 * would restore nothing.
 *
 * @param outputPath of the build target
 * @returns it relative to the workspace, with forward slashes
 * @throws OPTION_INVALID for an absolute path, and one outside of the workspace
 */
export function outputDirectory(outputPath: string | undefined, base: Required<PathBase>): string {
  const given = outputPath ?? posix.join('dist', base.projectRoot);
  const inside = inWorkspace(given, { ...base, projectRoot: '.' });
  const isAbsolute = /^([a-z]:)?[\\/]/i.test(given);
  if (inside !== undefined && !isAbsolute) return inside;
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`outputPath\` is \`${given}\`, expected a directory in the workspace, relative to its root: Nx restores cached packages only there`,
    hint: `set "outputPath": "${inside ?? posix.join('dist', base.projectRoot)}" on the build target`,
  });
}
