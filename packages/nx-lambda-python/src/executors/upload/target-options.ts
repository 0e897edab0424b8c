/** Reads another target of the same project, as Nx would run it in this configuration. */

import type { ExecutorContext, TargetConfiguration } from '@nx/devkit';
import { LambdaPythonError } from '../../errors';
import { optionsIn } from '../../service/target-options';
import { asTyped } from '../typed';

export interface Project {
  name: string;
  /** Relative to the workspace. */
  root: string;
  targets: Record<string, TargetConfiguration>;
}

export function currentProject(context: ExecutorContext): Project {
  const name = context.projectName ?? '';
  const data = context.projectGraph.nodes[name]?.data;
  if (data === undefined) throw new Error(`Nx named no project to run for: "${name}"`);
  return { name, root: data.root, targets: data.targets ?? {} };
}

/**
 * The options of a target, with those of the running configuration on top. As in Nx's own dependencies,
 * a target that has no configuration of this name runs in its default one.
 * @throws OPTION_INVALID when the project has no such target; `option` is what names it.
 */
export function targetOptions<T extends object>(
  context: ExecutorContext,
  target: string,
  option: string,
): Partial<T> {
  const { name, targets } = currentProject(context);
  const configuration = targets[target];
  if (configuration === undefined) {
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `\`${option}\` names the target \`${target}\`, which project \`${name}\` does not have; it has ${Object.keys(targets).join(', ')}`,
      hint: `set \`"${option}"\` to the right one of them`,
    });
  }
  return asTyped(optionsIn<T>(configuration, context.configurationName));
}

/** `nx upload orders -c production`: the command that runs a target as this one runs. */
export function nxCommand(context: ExecutorContext, target: string): string {
  const { configurationName } = context;
  const configuration = configurationName === undefined ? '' : ` -c ${configurationName}`;
  return `nx ${target} ${currentProject(context).name}${configuration}`;
}
