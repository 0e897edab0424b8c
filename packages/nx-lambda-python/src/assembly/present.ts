/** A built package is used only if it is that of the present sources, else built again; Nx is not asked. */

import type { ExecutorContext } from '@nx/devkit';
import { LambdaPythonError } from '../errors';
import { BUILD_FORMAT_INPUT, decisionChanges } from '../packaging/inputs/decision';
import { PACKAGE_FILE, type BuildManifest } from '../packaging/manifest';
import { readManifest, type BuildOutput } from '../platform/files/built-package';
import { fixedCommit } from '../platform/git/git';
import { buildOutput, DEFAULT_BUILD_TARGET } from '../targets/chain';
import { EXECUTORS } from '../targets/options';
import { commandOf, currentProject, nxCommand } from '../targets/project';
import { buildOptionsOf, type BuildOptions } from '../targets/build-target';
import { build } from './build';
import { packageDecision } from './decide';
import { presentInputs } from './explain';
import { readMeaning } from './requirements';
import { readContent, readMarker } from './service';

/** `present`: a package of other sources is built again; `any`: it is used as it is. */
export type SourceChoice = 'present' | 'any';

export interface UsedPackage {
  manifest: BuildManifest;
  output: BuildOutput;
  /** The package is known to be that of the present sources. */
  isPresent: boolean;
}

/**
 * Builds again if the present sources are not those of the package: Nx may have restored an old one from its cache, or
 * somebody may have put it there.
 *
 * @param confirmed awaited before anything is printed or built
 * @throws PACKAGE_NOT_BUILT, PACKAGE_OF_OTHER_SOURCES and the codes of a build
 */
export async function usePackage(
  context: ExecutorContext,
  buildTarget: string = DEFAULT_BUILD_TARGET,
  sources: SourceChoice = 'present',
  confirmed?: Promise<unknown>,
): Promise<UsedPackage> {
  const output = buildOutput(context, buildTarget);
  const manifest = readManifest(output);
  const { name, targets } = currentProject(context);
  const target = targets[buildTarget];
  // The sources of another target's package are unknown.
  if (sources === 'any' || target?.executor !== EXECUTORS.build) {
    if (manifest.project !== name) throw ofOtherProject(manifest, name, output);
    return { manifest, output, isPresent: false };
  }
  const options = buildOptionsOf(context, buildTarget);
  const changes = await sourceChanges(manifest, options);
  if (changes.length === 0) return { manifest, output, isPresent: true };
  if (manifest.commit !== undefined && options.ref === undefined) {
    throw ofOtherSources(manifest.commit, output, context);
  }
  await confirmed;
  console.warn(
    `warning: \`${output.displayed}/${PACKAGE_FILE}\` was not built from the present sources, which differ in ${changes.join(' and ')}: building it again`,
  );
  const explain = commandOf(context, EXECUTORS.explain) ?? nxCommand(context, 'explain');
  for (const line of reasons(options, target.inputs ?? [], explain)) console.warn(`  ${line}`);
  await build(options);
  return { manifest: readManifest(output), output, isPresent: true };
}

/** Why Nx took the old package for the present one, and how to make it see. */
function reasons(options: BuildOptions, inputs: readonly unknown[], explain: string): string[] {
  const { unseen } = presentInputs(options, readMarker(options.service));
  const lines = unseen.slice(0, 3).map(({ what, why }) => `Nx does not see ${what}: ${why}`);
  if (unseen.length > 3) lines.push(`and ${unseen.length - 3} more: \`${explain}\` lists them`);
  if (!inputs.includes(BUILD_FORMAT_INPUT)) {
    lines.push(
      'the `inputs` of the build target omit what the plugin infers: add `"nx-lambda-python:build": {}` to `targetDefaults` in nx.json',
    );
  }
  lines.push(
    'set `"sources": "any"` on the upload target to use packages that were built elsewhere',
  );
  return lines;
}

function ofOtherProject(
  { project }: BuildManifest,
  name: string,
  { displayed, command }: BuildOutput,
): LambdaPythonError {
  return new LambdaPythonError('PACKAGE_OF_OTHER_SOURCES', {
    message: `\`${displayed}/${PACKAGE_FILE}\` was built from the project \`${project}\`, expected \`${name}\``,
    hint: `run \`${command}\` to build it`,
  });
}

function ofOtherSources(
  commit: string,
  { displayed, command }: BuildOutput,
  context: ExecutorContext,
): LambdaPythonError {
  const flags = ['--sources=any', '--excludeTaskDependencies'];
  const again = nxCommand(context, context.targetName ?? 'upload', ...flags);
  return new LambdaPythonError('PACKAGE_OF_OTHER_SOURCES', {
    message: `\`${displayed}/${PACKAGE_FILE}\` was built from commit ${commit.slice(0, 12)} with \`ref\`, and the present sources differ from it`,
    hint: `run \`${again}\` to use it anyway, or \`${command}\` to build the present sources`,
  });
}

/**
 * What differs between what a package was built of and what its build would take now, in words; empty if nothing
 * does. Reads the service's files and what its requirements name: no engine and no index is asked.
 */
async function sourceChanges(manifest: BuildManifest, options: BuildOptions): Promise<string[]> {
  if (options.ref !== undefined) {
    const commit = await fixedCommit(options.service.workspaceRoot, options.ref);
    return manifest.commit === commit ? [] : [`the commit of \`ref\`, \`${options.ref}\``];
  }
  if (manifest.inputs === undefined) return ['the version of nx-lambda-python'];
  const marker = readMarker(options.service);
  const content = readContent(options.service, marker);
  const present = packageDecision(options, marker, content, readMeaning(options, marker));
  return decisionChanges(manifest.inputs, present);
}
