/** The project that an executor runs for, and the commands that run its targets. */

import type { ExecutorContext, TargetConfiguration } from '@nx/devkit';
import { nxCommandLine, renderError, shellCommand, withRunner } from '../report/error-text';
import { asTyped, ASKED_CONFIGURATION } from './options';

export interface Project {
  name: string;
  /** Relative to the workspace. */
  root: string;
  targets: Record<string, TargetConfiguration>;
}

export function currentProject(context: ExecutorContext): Project {
  const name = context.projectName ?? '';
  // A caller that is not Nx may have no graph.
  const { projectGraph, projectsConfigurations } = context as Partial<ExecutorContext>;
  const data = projectGraph?.nodes[name]?.data ?? projectsConfigurations?.projects[name];
  if (data === undefined) throw new Error(`Nx named no project to run for: "${name}"`);
  return { name, root: data.root, targets: data.targets ?? {} };
}

/**
 * An executor as Nx calls it. It gets its options as they were typed; of an error its text is printed, with the
 * commands of this project.
 * @param run resolves to false if what it was to do has failed
 */
export function executor<Schema extends object>(
  run: (options: Schema, context: ExecutorContext) => Promise<unknown>,
) {
  return async (options: Schema, context: ExecutorContext): Promise<{ success: boolean }> => {
    try {
      return { success: (await run(asTyped(options), context)) !== false };
    } catch (error) {
      console.error(renderError(error, commandsOf(context)));
      return { success: false };
    }
  };
}

/** `npx nx upload orders -c production`: the command that runs a target as this one runs. */
export function nxCommand(
  context: ExecutorContext,
  target: string,
  ...args: readonly string[]
): string {
  const { configurationName } = context;
  const configuration = configurationName === undefined ? [] : ['-c', configurationName];
  const words = [target, currentProject(context).name, ...configuration, ...args];
  return nxCommandLine(shellCommand(words));
}

/** The command of the project's target that runs this executor, whatever its name; null if none does. */
export function commandOf(
  context: ExecutorContext,
  executor: string,
  ...args: readonly string[]
): string | null {
  const { targets } = currentProject(context);
  const matching = Object.entries(targets).filter(([, one]) => one.executor === executor);
  const usual = matching.find(([name]) => executor.endsWith(`:${name}`)) ?? matching[0];
  return usual === undefined ? null : nxCommand(context, usual[0], ...args);
}

/**
 * Fills in the commands of a hint: the rules write `nx releases <service>` for the project's target with that
 * executor, whatever its name, in the configuration that runs.
 */
export function commandsOf(context: ExecutorContext): (hint: string) => string {
  return (hint) =>
    withRunner(
      hint.replaceAll(/`nx ([\w-]+) <service>([^`]*)`/g, (_, name: string, args: string) => {
        const configurationName = askedConfiguration(context) ?? context.configurationName;
        const executor = `nx-lambda-python:${name}`;
        const command = commandOf({ ...context, configurationName }, executor);
        return command === null ? `a target with ${executor}` : `\`${command}${args}\``;
      }),
    );
}

/**
 * The configuration that the command line asks for, as the plugin's hook saw it, if Nx dropped it because the
 * target lacks it; undefined if Nx has taken it, or nothing is known.
 */
export function askedConfiguration(
  { projectName, targetName = '', configurationName }: ExecutorContext,
  environment: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const asked = environment[ASKED_CONFIGURATION];
  if (!asked || asked === configurationName) return undefined;
  // Of `nx run orders:deploy:eu`, if the target itself has a colon in its name.
  if (targetName.endsWith(`:${asked}`)) return undefined;
  // Another executor runs this one, in a configuration of its own choice.
  const { NX_TASK_TARGET_PROJECT: project, NX_TASK_TARGET_TARGET: target } = environment;
  return project === projectName && target === targetName ? asked : undefined;
}
