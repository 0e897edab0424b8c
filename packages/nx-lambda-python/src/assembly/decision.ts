/** What the sources at hand would decide of a package, and whether one that was built is theirs. */

import { packageInputs, type PackageInputs } from '../packaging/inputs/package-inputs';
import { decisionChanges, decisionOf, type Decision } from '../packaging/inputs/decision';
import type { BuildManifest } from '../packaging/manifest';
import type { RequirementsMeaning } from '../packaging/requirements/collect';
import { fixedCommit } from '../platform/git/fixed-commit';
import { workspaceFiles } from '../platform/files/workspace-files';
import { machineInputs } from '../platform/pip/machine-inputs';
import type { Marker } from '../service/marker';
import { containerMeaning } from './container-place';
import { buildImageName } from './image';
import type { BuildOptions } from './normalize';
import { readMeaning, requirementOptions } from './requirements';
import { readContent, readMarker } from './service';

/**
 * @param content of the service's files
 * @param written see `Resolution.written`
 */
export function presentDecision(
  options: BuildOptions,
  marker: Marker,
  content: string,
  written: RequirementsMeaning,
): Decision {
  const image = buildImageName(options.image, marker);
  const deciding = { ...options, image, container: containerMeaning(options) };
  return decisionOf(deciding, marker, content, written);
}

/** Everything that decides the package of these options, by name, and what of it Nx does not see. */
export function presentInputs(options: BuildOptions, marker: Marker): PackageInputs {
  const { projectRoot, workspaceRoot, sourceRoot } = options;
  return packageInputs(
    [requirementOptions(options)],
    marker,
    projectRoot,
    workspaceFiles(sourceRoot),
    machineInputs(workspaceRoot),
  );
}

/**
 * What differs between what a package was built of and what its build would take now, in words; empty where nothing
 * does. Reads the service's files and what its requirements name: no engine and no index is asked.
 */
export async function sourceChanges(
  manifest: BuildManifest,
  options: BuildOptions,
): Promise<string[]> {
  if (options.ref !== undefined) {
    const commit = await fixedCommit(options.workspaceRoot, options.ref);
    return manifest.commit === commit ? [] : [`the commit of \`ref\`, \`${options.ref}\``];
  }
  if (manifest.inputs === undefined) return ['the version of nx-lambda-python'];
  const marker = readMarker(options);
  const written = readMeaning(options);
  const present = presentDecision(options, marker, readContent(options, marker), written);
  return decisionChanges(manifest.inputs, present);
}
