/** The sources of a service's requirements on disk: which are read, and whether a lock among them is for its runtime. */

import { lockKind } from '../packaging/requirements/lock';
import { staleLocks } from '../packaging/requirements/lock-origin';
import { checkLockScope, type Target } from '../packaging/requirements/lock-scope';
import {
  besideWarning,
  requirementSources,
  type RequirementSources,
} from '../packaging/requirements/sources';
import { workspaceFiles } from '../platform/files/workspace-files';
import type { BuildOptions } from './normalize';

type Place = Pick<
  BuildOptions,
  'sourceRoot' | 'projectRoot' | 'requirements' | 'areRequirementsGiven'
>;

/** @throws REQUIREMENTS_INVALID for a lock that was made for another Python or system */
export function readSources(options: Place, target: Target): RequirementSources {
  const { read } = workspaceFiles(options.sourceRoot);
  const sources = requirementSources(options, read);
  for (const path of sources.taken) {
    const kind = lockKind(path);
    const text = kind && read(path);
    if (kind && text !== undefined) checkLockScope({ path, kind }, text, target);
  }
  return sources;
}

export function warnOfOthers(sources: RequirementSources): void {
  const warning = besideWarning(sources);
  if (warning !== undefined) console.warn(`warning: ${warning}`);
}

/**
 * A lock whose input was changed afterwards: the build takes it, and says so.
 * @param paths the requirements files of the service, relative to the workspace
 */
export function warnOfOldLocks(
  paths: Iterable<string>,
  { sourceRoot, workspaceRoot }: Pick<BuildOptions, 'sourceRoot' | 'workspaceRoot'>,
): void {
  const { read, exists } = workspaceFiles(sourceRoot);
  for (const warning of staleLocks(paths, workspaceRoot, read, exists)) {
    console.warn(`warning: ${warning}`);
  }
}
