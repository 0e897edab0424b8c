/** The build options `volumes` and `environment`, read as an engine's own `--volume` and `--env` are. */

import { existsSync } from 'node:fs';
import { isAbsolute, join, posix, win32 } from 'node:path';
import { LambdaPythonError } from '../errors';
import { inWorkspace } from '../packaging/requirements/parse';
import type { Mount } from '../platform/engines/container';
import { ROOT } from '../platform/pip/pip-container';

export interface ContainerVariables {
  /** Written out in the options: they stand in the engine's arguments. */
  literal: Record<string, string>;
  /** Only named: their values come from this process's environment. */
  inherited: string[];
}

/** What the build itself sets, and could not work without. */
const RESERVED = ['HOME', 'PATH', 'PIP_CACHE_DIR', 'PYTHONPATH'];

/**
 * `source:target[:ro]`: a source with a slash or a leading dot is a path, relative to the workspace unless it is
 * absolute; a bare name is a volume that the engine keeps.
 *
 * @throws OPTION_INVALID
 */
export function parseVolumes(volumes: readonly string[], workspaceRoot: string): Mount[] {
  return volumes.map((volume) => {
    // The target begins with a slash, so that a drive's colon is part of the source.
    const [, source = '', target = '', mode] =
      /^(.+?):(\/[^:]+?)\/?(?::(ro|rw))?$/.exec(volume) ?? [];
    if (target === '') {
      throw invalid(
        `\`${volume}\` in \`volumes\` is no \`source:target\` with an absolute target`,
        'write it as "./certificates:/certificates:ro"',
      );
    }
    if (target === ROOT || target.startsWith(`${ROOT}/`) || posix.normalize(target) !== target) {
      throw invalid(
        `\`${volume}\` in \`volumes\` has the target \`${target}\`; \`${ROOT}\` is the build's own, and \`..\` is not allowed`,
        'choose another target',
      );
    }
    return { ...sourceOf(source, volume, workspaceRoot), target, readOnly: mode === 'ro' };
  });
}

function sourceOf(
  source: string,
  volume: string,
  workspaceRoot: string,
): Pick<Mount, 'source' | 'isVolume'> {
  // May be the engine's own path, so that it need not exist here.
  if (isAbsolute(source) || win32.isAbsolute(source)) return { source };
  if (!/^\.|[\\/]/.test(source)) return { source, isVolume: true };
  if (inWorkspace(source, { projectRoot: '.', workspaceRoot }) === undefined) {
    throw invalid(
      `\`${volume}\` in \`volumes\`: \`${source}\` is outside of the workspace`,
      `keep it in the workspace, or, if it is at the same place on every machine, write it absolute: "${join(workspaceRoot, source)}:…"`,
    );
  }
  const path = join(workspaceRoot, source);
  if (existsSync(path)) return { source: path };
  throw invalid(
    `\`${volume}\` in \`volumes\`: there is no \`${source}\` in the workspace`,
    'correct the path, which is relative to the workspace, or make it absolute',
  );
}

/** @throws OPTION_INVALID */
export function parseEnvironment(entries: readonly string[]): ContainerVariables {
  const variables: ContainerVariables = { literal: {}, inherited: [] };
  for (const entry of entries) {
    const [, name = '', assigned, value = ''] = /^([A-Za-z_]\w*)(=(.*))?$/s.exec(entry) ?? [];
    if (name === '') {
      // A value may be secret: only what stands before the first `=` is shown.
      throw invalid(
        `\`${entry.split('=')[0] ?? ''}\` in \`environment\` is no name of a variable`,
        'write "NAME" for this machine\'s value, or "NAME=value"',
      );
    }
    if (RESERVED.includes(name)) {
      throw invalid(
        `\`${name}\` in \`environment\` is set by the build itself`,
        'take it out; `image` names one with other tools, `pipArgs` has further arguments of pip',
      );
    }
    if (assigned === undefined) variables.inherited.push(name);
    else variables.literal[name] = value;
  }
  return variables;
}

function invalid(message: string, hint: string): LambdaPythonError {
  return new LambdaPythonError('OPTION_INVALID', { message, hint });
}
