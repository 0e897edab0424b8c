/** The configuration that a target of a release runs in: that of the command line, or none at all. */

import type { ExecutorContext } from '@nx/devkit';
import { LambdaPythonError } from '../errors';
import { codeList, didYouMean, nearest } from '../report/nearest';
import { askedConfiguration, currentProject } from './project';
import { EXECUTORS, optionsIn } from './options';

/**
 * Nx drops a configuration that the target lacks, and runs it in its default one: another stage than the one
 * that was asked for. Here it holds where upload or deploy have it, and is refused where neither has.
 *
 * @param deployTarget of what follows a deploy; the running target itself without it
 * @throws CONFIGURATION_UNKNOWN
 */
export function inConfiguration(
  context: ExecutorContext,
  deployTarget = context.targetName ?? '',
  environment: NodeJS.ProcessEnv = process.env,
): ExecutorContext {
  const { targets } = currentProject(context);
  const own = targets[context.targetName ?? ''] ?? {};
  const asked = askedConfiguration(context, environment);
  const resolved =
    context.configurationName ??
    own.defaultConfiguration ??
    targets[deployTarget]?.defaultConfiguration;
  const configurationName = asked ?? resolved;
  // A missing target is reported by its option.
  if (configurationName === undefined || targets[deployTarget] === undefined) return context;

  const chain = releaseChain(context, deployTarget, configurationName);
  const known = new Set(chain.flatMap((name) => Object.keys(targets[name]?.configurations ?? {})));
  // One that only this target has, with options of its own, is meant as well: a stage, say.
  const ownOptions = own.configurations?.[configurationName] as object | undefined;
  const isOwn = ownOptions !== undefined && Object.keys(ownOptions).length > 0;
  if (!known.has(configurationName) && !isOwn) {
    throw unknown(context, chain, [...known], configurationName);
  }
  // Nx has put the options of the default configuration into ours: they are of another stage.
  if (ownOptions === undefined && own.defaultConfiguration !== undefined) {
    throw lacking(context, configurationName, own.defaultConfiguration);
  }
  return { ...context, configurationName };
}

/** The upload and deploy targets that decide where this one writes. */
function releaseChain(
  context: ExecutorContext,
  deployTarget: string,
  configuration: string,
): string[] {
  const { targets } = currentProject(context);
  const uploadOf = (name: string): string =>
    optionsIn<{ uploadTarget: string }>(targets[name] ?? {}, configuration).uploadTarget ??
    'upload';
  if (targets[deployTarget]?.executor !== EXECUTORS.upload) {
    return [uploadOf(deployTarget), deployTarget];
  }
  const following = Object.keys(targets).filter(
    (name) => targets[name]?.executor === EXECUTORS.deploy && uploadOf(name) === deployTarget,
  );
  return [deployTarget, ...following];
}

function unknown(
  context: ExecutorContext,
  chain: readonly string[],
  known: readonly string[],
  asked: string,
): LambdaPythonError {
  const { name, root } = currentProject(context);
  const [near] = nearest(asked, known);
  const place = `\`"${asked}": {}\` to "configurations" of \`${chain.at(-1)}\` in ${root}/project.json`;
  const subject =
    chain.length === 1
      ? `\`${chain[0]}\` of \`${name}\` does not have`
      : `neither ${chain.map((one) => `\`${one}\``).join(' nor ')} of \`${name}\` has`;
  return new LambdaPythonError('CONFIGURATION_UNKNOWN', {
    message: `${subject} the configuration \`${asked}\`, expected one of ${codeList(known) || 'none'}${didYouMean(asked, known)}; nothing was changed`,
    // Of the command that was typed, which may be of a target that depends on this one.
    hint:
      near === undefined
        ? `choose one of them with \`-c\`, or add ${place}`
        : `run the same command with \`-c ${near}\`, or add ${place}`,
  });
}

function lacking(context: ExecutorContext, asked: string, used: string): LambdaPythonError {
  const { name, root } = currentProject(context);
  const target = context.targetName ?? '';
  return new LambdaPythonError('CONFIGURATION_UNKNOWN', {
    message: `\`${target}\` of \`${name}\` lacks the configuration \`${asked}\`, so Nx gave it the options of \`${used}\`; nothing was changed`,
    hint: `add \`"${asked}": {}\` to "configurations" of \`${target}\` in ${root}/project.json`,
  });
}
