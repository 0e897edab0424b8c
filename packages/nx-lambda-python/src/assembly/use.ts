/** A package that was built is used only where it is that of the present sources; Nx is not asked. */

import type { ExecutorContext } from '@nx/devkit';
import { LambdaPythonError } from '../errors';
import { BUILD_FORMAT_INPUT } from '../packaging/inputs/decision';
import { PACKAGE_FILE, type BuildManifest } from '../packaging/manifest';
import { readManifest, type BuildOutput } from '../platform/files/built-package';
import { presentInputs, sourceChanges } from './decision';
import { build } from '../executors/build';
import type { BuildOptions } from './normalize';
import { buildOptionsOf } from '../targets/build-target';
import { readMarker } from './service';
import { commandOf, currentProject, nxCommand } from '../targets/project';
import { buildOutput, DEFAULT_BUILD_TARGET, EXECUTORS } from '../targets/chain';

/** `present`: what is built of other sources is built again; `any`: it is used as it is. */
export type SourceChoice = 'present' | 'any';

export interface UsedPackage {
  manifest: BuildManifest;
  output: BuildOutput;
  /** The package is known to be that of the present sources. */
  isPresent: boolean;
}

/**
 * Builds again where the sources at hand are not those of the package: Nx may have had an old one in its cache, or
 * somebody has put it there.
 *
 * @throws PACKAGE_NOT_BUILT, PACKAGE_OF_OTHER_SOURCES and the codes of a build
 */
export async function usePackage(
  context: ExecutorContext,
  buildTarget: string = DEFAULT_BUILD_TARGET,
  sources: SourceChoice = 'present',
): Promise<UsedPackage> {
  const output = buildOutput(context, buildTarget);
  const manifest = readManifest(output);
  const target = currentProject(context).targets[buildTarget];
  // Of another target's package nothing is known.
  if (sources === 'any' || target?.executor !== EXECUTORS.buildTarget) {
    return { manifest, output, isPresent: false };
  }
  const options = buildOptionsOf(context, buildTarget);
  const changes = await sourceChanges(manifest, options);
  if (changes.length === 0) return { manifest, output, isPresent: true };
  if (manifest.commit !== undefined && options.ref === undefined) {
    throw ofOtherSources(manifest.commit, output, context);
  }
  console.warn(
    `warning: \`${output.displayed}/${PACKAGE_FILE}\` was not built from the present sources, which differ in ${changes.join(' and ')}: building it again`,
  );
  const explain = commandOf(context, 'nx-lambda-python:explain') ?? nxCommand(context, 'explain');
  for (const line of reasons(options, target.inputs ?? [], explain)) console.warn(`  ${line}`);
  await build(options);
  return { manifest: readManifest(output), output, isPresent: true };
}

/** Why Nx took the old package for a present one, and how to make it see. */
function reasons(options: BuildOptions, inputs: readonly unknown[], explain: string): string[] {
  const { unseen } = presentInputs(options, readMarker(options));
  const lines = unseen.slice(0, 3).map(({ what, why }) => `Nx does not see ${what}: ${why}`);
  if (unseen.length > 3) lines.push(`and ${unseen.length - 3} more: \`${explain}\` lists them`);
  if (!inputs.includes(BUILD_FORMAT_INPUT)) {
    lines.push(
      'the `inputs` of the build target leave out what the plugin infers: add `"nx-lambda-python:build": {}` to `targetDefaults` in nx.json',
    );
  }
  lines.push(
    'set `"sources": "any"` on the upload target to use packages that were built elsewhere',
  );
  return lines;
}

function ofOtherSources(
  commit: string,
  { displayed, command }: BuildOutput,
  context: ExecutorContext,
): LambdaPythonError {
  const flags = ['--sources=any', '--excludeTaskDependencies'];
  const again = nxCommand(context, context.targetName ?? 'upload', ...flags);
  return new LambdaPythonError('PACKAGE_OF_OTHER_SOURCES', {
    message: `\`${displayed}/${PACKAGE_FILE}\` was built from commit ${commit.slice(0, 12)} with \`ref\`, and the sources here differ from it`,
    hint: `run \`${again}\` to use it all the same, or \`${command}\` to build the sources that are here`,
  });
}
