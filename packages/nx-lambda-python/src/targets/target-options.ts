/** Reads another target of the same project, as Nx would run it in this configuration. */

import type { ExecutorContext, TargetConfiguration } from '@nx/devkit';
import { LambdaPythonError } from '../errors';
import { nxCommandLine, withRunner } from '../report/error-text';
import { ASKED_CONFIGURATION, optionsIn } from '../service/target-options';
import { asTyped } from './typed';

export interface Project {
  name: string;
  /** Relative to the workspace. */
  root: string;
  targets: Record<string, TargetConfiguration>;
}

export function currentProject(context: ExecutorContext): Project {
  const name = context.projectName ?? '';
  // Callers of an executor's own may have no graph.
  const { projectGraph, projectsConfigurations } = context as Partial<ExecutorContext>;
  const data = projectGraph?.nodes[name]?.data ?? projectsConfigurations?.projects[name];
  if (data === undefined) throw new Error(`Nx named no project to run for: "${name}"`);
  return { name, root: data.root, targets: data.targets ?? {} };
}

/** What a target of the chain runs, by the option that names it. */
export const EXECUTORS = {
  buildTarget: 'nx-lambda-python:build',
  uploadTarget: 'nx-lambda-python:upload',
  deployTarget: 'nx-lambda-python:deploy',
} as const;
export type TargetOption = keyof typeof EXECUTORS;

/**
 * The options of a target, with those of the running configuration on top. As in Nx's own dependencies,
 * a target that has no configuration of this name runs in its default one.
 * @throws OPTION_INVALID when the project has no such target; `option` is what names it.
 * @throws TARGET_TAKEN when an upload or deploy target is none of this plugin's: its options mean something else
 */
export function targetOptions<T extends object>(
  context: ExecutorContext,
  target: string,
  option: TargetOption,
): Partial<T> {
  const { name, targets } = currentProject(context);
  const configuration = targets[target];
  if (configuration === undefined) {
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `\`${option}\` names the target \`${target}\`, which project \`${name}\` does not have; it has ${Object.keys(targets).join(', ')}`,
      hint: `set \`"${option}"\` to the right one of them`,
    });
  }
  const taken = option === 'buildTarget' ? undefined : takenTarget(context, target, option);
  if (taken) throw taken;
  return asTyped(optionsIn<T>(configuration, context.configurationName));
}

/** Undefined where the target runs what the option wants of it. */
export function takenTarget(
  context: ExecutorContext,
  target: string,
  option: TargetOption,
): LambdaPythonError | undefined {
  const { name, root, targets } = currentProject(context);
  const { executor } = targets[target] ?? {};
  const expected = EXECUTORS[option];
  if (executor === undefined || executor === expected) return undefined;
  const key = expected.slice('nx-lambda-python:'.length);
  return new LambdaPythonError('TARGET_TAKEN', {
    message: `the target \`${target}\` of \`${name}\` runs ${executor}, expected ${expected}`,
    hint: `give one of the two another name: this plugin's in nx.json (\`{ "plugin": "nx-lambda-python", "options": { "${key}": { "targetName": "lambda-${key}" } } }\`), the other where it is declared (${root}/project.json, ${root}/package.json, or its own plugin)`,
  });
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
  return nxCommandLine(words.map(quoted).join(' '));
}

/** The command of the project's target that runs this executor, whatever it is called; null where none does. */
export function commandOf(
  context: ExecutorContext,
  executor: string,
  ...args: readonly string[]
): string | null {
  const { targets } = currentProject(context);
  const found = Object.entries(targets).filter(([, one]) => one.executor === executor);
  const usual = found.find(([name]) => executor.endsWith(`:${name}`)) ?? found[0];
  return usual === undefined ? null : nxCommand(context, usual[0], ...args);
}

/**
 * Fills in the commands of a hint: the rules write `nx releases <service>` for whatever the project calls its
 * target of that executor, in the configuration that runs.
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
 * The configuration that the command line asks for, as the plugin's hook has seen it, where Nx has left it out
 * since the target lacks it; undefined where Nx has taken it over, or nothing is known.
 */
export function askedConfiguration(
  { projectName, targetName = '', configurationName }: ExecutorContext,
  environment: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const asked = environment[ASKED_CONFIGURATION];
  if (!asked || asked === configurationName) return undefined;
  // Of `nx run orders:deploy:eu`, where the target itself has a colon in its name.
  if (targetName.endsWith(`:${asked}`)) return undefined;
  // Another executor runs this one, in a configuration of its own choice.
  const { NX_TASK_TARGET_PROJECT: project, NX_TASK_TARGET_TARGET: target } = environment;
  return project === projectName && target === targetName ? asked : undefined;
}

/** For a shell, where the word has more than plain characters. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
