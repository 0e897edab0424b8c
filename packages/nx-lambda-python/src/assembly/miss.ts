/** What a build says when the wheel store has no answer: why, and how to make it happen less often. */

import { join } from 'node:path';
import {
  keyChanges,
  keyContent,
  renderChanges,
  type KeyComponents,
} from '../packaging/requirements-key';
import { unpinned } from '../packaging/locked-wheels';
import type { StoredWheel } from '../packaging/wheel-set';
import type { ResolveRequest } from '../platform/pip/request';
import { previousKey, type KeyRecords } from '../platform/store/key-records';
import { nxCommandLine } from '../report/error-text';
import type { BuildOptions } from './normalize';

/** How many names or changes one line shows. */
const SHOWN = 4;

/** One line: what changed since the build whose manifest is still there. */
export function printReason(
  components: KeyComponents,
  options: Pick<BuildOptions, 'workspaceRoot' | 'outputPath'>,
  keys: KeyRecords,
): void {
  const key = previousKey(join(options.workspaceRoot, options.outputPath));
  const before = key === undefined ? undefined : keys.read(key);
  if (!before) return;
  const changes = keyChanges(before, keyContent(components));
  console.log(
    changes.length > 0
      ? `changed since the last build: ${renderChanges(changes, SHOWN)}`
      : 'nothing changed since the last build, but the wheel store has lost its wheels',
  );
}

/** One warning, and only where something was resolved: a build of known requirements repeats nothing. */
export function warnUnpinned(
  project: string,
  { meaning: { requirements, constraints } }: KeyComponents,
  { local }: Pick<ResolveRequest, 'local'>,
  wheels: readonly StoredWheel[] = [],
): void {
  // A lock of uv, of Poetry or of the standard's form pins everything, whatever its lines look like here.
  if (local?.isLocked) return;
  const names = unpinned(
    requirements,
    wheels.map(({ name }) => name),
    constraints,
  );
  if (names.length === 0) return;
  console.warn(
    `warning: no version is pinned for ${nameSome(names)}: another machine or day may get others; run \`${nxCommandLine(`lock ${project}`)}\` to pin all by hash`,
  );
}

export function nameSome(names: readonly string[]): string {
  const rest = names.length - SHOWN;
  return names.slice(0, SHOWN).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
