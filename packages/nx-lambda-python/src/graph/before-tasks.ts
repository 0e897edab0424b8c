/** The hook before tasks run: the only place that sees the command line as it was typed. */

import type {
  PreTasksExecution,
  PreTasksExecutionContext,
  ProjectConfiguration,
  ProjectGraph,
} from '@nx/devkit';
import { posix } from 'node:path';
import { LambdaPythonError } from '../errors';
import { attempt } from '../platform/process/attempt';
import { renderError } from '../report/error-text';
import {
  normalizeOptions,
  TARGET_GROUP,
  TARGETS,
  type PluginOptions,
  type TargetKey,
  type TargetPlans,
} from './options';
import { ASKED_CONFIGURATION } from '../targets/options';

/** @throws an error with the rendered message if a requested target is an npm script instead */
export const preTasksExecution: PreTasksExecution<PluginOptions> = async (
  options,
  { argv }: PreTasksExecutionContext,
) => {
  const args = until(argv.slice(2), (arg) => arg === '--');
  // Always set: the daemon keeps the variables of the command before.
  process.env[ASKED_CONFIGURATION] = askedConfiguration(args) ?? '';
  const plans = normalizeOptions(options);
  const asked = askedTargets(args);
  // The graph of a large workspace has megabytes, and most commands are about other targets.
  if (!TARGETS.some((key) => plans[key] && asked.names.includes(plans[key].name))) return;
  const taken = takenScript(asked, plans, await cachedGraph());
  // Nx shows nothing but the message.
  if (taken) throw new Error(renderError(taken));
};

/** The configuration in a command line, in all forms that Nx accepts. */
export function askedConfiguration(args: readonly string[]): string | undefined {
  let asked: string | undefined;
  for (const [index, arg] of args.entries()) {
    const [option, value] = splitOnce(arg, '=');
    if (option === '-c' || option === '--c' || option === '--configuration') {
      asked = value ?? args[index + 1];
    }
  }
  if (asked === undefined && args.includes('--prod')) return 'production';
  if (asked !== undefined || args[0] !== 'run') return asked;
  // `nx run orders:deploy:production`
  const [, , ...rest] = (args[1] ?? '').split(':');
  return rest.at(-1) || undefined;
}

export interface AskedTargets {
  names: readonly string[];
  /** Undefined for several projects, and for the project of the current directory. */
  project: string | undefined;
}

/** The targets in a command line, without those of `dependsOn`. */
export function askedTargets(args: readonly string[]): AskedTargets {
  const [command = '', first = ''] = args;
  if (command === 'run') {
    const [project = '', target] = first.split(':');
    return target === undefined
      ? { names: [project], project: undefined }
      : { names: [target], project };
  }
  if (command !== 'affected' && command !== 'run-many') {
    return { names: [command], project: first.startsWith('-') ? undefined : first || undefined };
  }
  const names: string[] = [];
  for (const [index, arg] of args.entries()) {
    const [option, value] = splitOnce(arg, '=');
    if (!/^(-t|--t|--targets?)$/.test(option)) continue;
    if (value !== undefined) names.push(value);
    // A list: `-t build deploy`.
    else names.push(...until(args.slice(index + 1), (one) => one.startsWith('-')));
  }
  return { names: names.flatMap((one) => one.split(',')), project: undefined };
}

/** An npm script that runs in place of a target of this plugin: in Nx, package.json overrides what is inferred. */
export function takenScript(
  { names, project }: AskedTargets,
  plans: TargetPlans,
  graph: Pick<ProjectGraph, 'nodes'> | undefined,
): LambdaPythonError | undefined {
  const { nodes = {} } = graph ?? {};
  const chosen = project === undefined ? undefined : nodes[project];
  for (const { name, data } of chosen ? [chosen] : Object.values(nodes)) {
    const own = data.metadata?.targetGroups?.[TARGET_GROUP] ?? [];
    const key = TARGETS.find((one) => {
      const target = plans[one]?.name ?? '';
      const { executor, metadata } = data.targets?.[target] ?? {};
      // Only with a script's own metadata: a target that a file declares is meant to be as it is.
      const isScript = executor === 'nx:run-script' && metadata?.['scriptContent'] !== undefined;
      return names.includes(target) && own.includes(target) && isScript;
    });
    if (key !== undefined) return scriptError(key, plans[key]?.name ?? key, name, data);
  }
  return undefined;
}

function scriptError(
  key: TargetKey,
  target: string,
  project: string,
  { root, targets }: ProjectConfiguration,
): LambdaPythonError {
  const path = posix.join(root, 'package.json');
  const script = targets?.[target]?.metadata?.['scriptContent'];
  return new LambdaPythonError('TARGET_TAKEN', {
    message: `\`${target}\` of \`${project}\` is an npm script of ${path} (\`${script}\`), expected the target of nx-lambda-python; nothing was run`,
    hint: `rename the script, exclude all scripts with \`"nx": { "includedScripts": [] }\` in ${path}, or rename the target in nx.json: \`{ "plugin": "nx-lambda-python", "options": { "${key}": { "targetName": "lambda-${target}" } } }\``,
  });
}

/** The devkit takes longer to load than this plugin: only commands that need it load it. */
async function cachedGraph(): Promise<ProjectGraph | undefined> {
  const { readCachedProjectGraph } = await import('@nx/devkit');
  // No graph, no services.
  return attempt(() => readCachedProjectGraph());
}

function until(args: readonly string[], isEnd: (arg: string) => boolean): string[] {
  const end = args.findIndex(isEnd);
  return args.slice(0, end === -1 ? undefined : end);
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
