/** The project of a service, from its marker and the files around it. */

import type { NxJsonConfiguration, ProjectConfiguration } from '@nx/devkit';
import { posix } from 'node:path';
import type { MachineInputs } from '../packaging/inputs/package-inputs';
import type { WorkspaceLooks } from '../packaging/inputs/workspace-files';
import { stringOf } from '../packaging/requirements/toml';
import { workspaceFiles, type Documents } from '../platform/files/workspace-files';
import { countHandlers } from '../service/files';
import { MARKER_FILE, parseMarker, type Marker } from '../service/marker';
import { declaredName, hasMarker, inferredName } from '../service/pyproject';
import { EXECUTORS } from '../targets/options';
import { declaredTarget, ownNamedInputs, readChain, targetPlaces } from './declared-targets';
import { BROKEN, inferInputs, optionVariants } from './inputs';
import { normalizeOptions, TARGET_GROUP, type PluginOptions } from './options';
import { defaultOutput, describe, serviceTargets, takenNote } from './targets';

export { machineInputs } from '../platform/pip/configuration';

export interface ServiceName {
  name: string;
  /** Whether pyproject.toml says so; else it is the directory's. */
  isDeclared: boolean;
}

/** Null for a pyproject.toml without the marker. @param path of it, relative to the workspace */
export function serviceName(path: string, looks: WorkspaceLooks): ServiceName | null {
  const text = looks.read(path) ?? '';
  if (!hasMarker(text)) return null;
  const name = inferredName(text, posix.dirname(path));
  return { name, isDeclared: declaredName(text) !== undefined };
}

/** @param options of the plugin */
export function serviceProject(
  { root, name }: { root: string; name: string },
  options: PluginOptions | undefined,
  { targetDefaults, namedInputs }: NxJsonConfiguration,
  machine: MachineInputs,
  looks: WorkspaceLooks,
  documents: Documents,
): ProjectConfiguration {
  const plans = normalizeOptions(options);
  const workspace = workspaceFiles(looks.root, looks, documents);
  const marker = markerOrFault(posix.join(root, MARKER_FILE), looks);
  const places = targetPlaces(root, workspace, targetDefaults);
  const { name: target = 'build', changes } = plans.build ?? {};
  const declared = declaredTarget(target, EXECUTORS.build, { ...places, changes });
  const service = { root, declared, ownNames: ownNamedInputs(places) };
  const isBroken = typeof marker === 'string';
  const build = isBroken
    ? BROKEN
    : inferInputs({ ...service, marker }, workspace, machine, namedInputs);
  const summary = isBroken
    ? `broken: ${marker}`
    : describe(marker, countHandlers(marker, build.files));
  const chain = readChain(plans, places);
  const variants = optionVariants(declared, { outputPath: defaultOutput(root) });
  const outputPaths = [...new Set(variants.flatMap((one) => stringOf(one['outputPath']) ?? []))];
  const targets = serviceTargets(plans, { root, name, build, outputPaths, summary, chain });
  return {
    name,
    root,
    projectType: 'application',
    sourceRoot: isBroken ? root : sourceRoot(marker),
    namedInputs: build.namedInputs,
    targets,
    metadata: {
      technologies: ['python', 'aws-lambda'],
      description: `Python Lambda service: ${summary}${takenNote(chain.taken)}`,
      targetGroups: { [TARGET_GROUP]: Object.keys(targets) },
    },
  };
}

function sourceRoot({ directory, root, importPackage }: Marker): string {
  return posix.join(directory, root, importPackage?.replaceAll('.', '/') ?? '');
}

/** The marker, or what is wrong with it. */
function markerOrFault(path: string, { read }: WorkspaceLooks): Marker | string {
  try {
    return parseMarker(read(path) ?? '', path);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
