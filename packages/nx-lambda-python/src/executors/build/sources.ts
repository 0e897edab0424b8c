/** The sources of a service's requirements on disk: which are read, and whether a lock among them is for its runtime. */

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { lockKind } from '../../packaging/requirements/lock';
import { checkLockScope, type Target } from '../../packaging/requirements/lock-scope';
import {
  besideWarning,
  requirementSources,
  type RequirementSources,
} from '../../packaging/requirements/sources';
import type { BuildOptions } from './normalize';

type Place = Pick<
  BuildOptions,
  'sourceRoot' | 'projectRoot' | 'requirements' | 'areRequirementsGiven'
>;

/** @throws REQUIREMENTS_INVALID for a lock that was made for another Python or system */
export function readSources(options: Place, target: Target): RequirementSources {
  const read = (path: string) => readText(options, path);
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

function readText({ sourceRoot }: Place, path: string): string | undefined {
  const file = join(sourceRoot, path);
  const isFile = statSync(file, { throwIfNoEntry: false })?.isFile();
  return isFile ? readFileSync(file, 'utf8') : undefined;
}
