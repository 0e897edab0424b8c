/** Inference: every pyproject.toml with the marker gives its project the targets of a service. */

import type { CreateNodesContextV2, CreateNodesV2, ProjectConfiguration } from '@nx/devkit';
import { posix } from 'node:path';
import type { MachineInputs } from '../packaging/inputs/package-inputs';
import type { WorkspaceFiles } from '../packaging/inputs/workspace-files';
import { workspaceFiles } from '../platform/files/workspace-files';
import { machineInputs } from '../platform/pip/configuration';
import { countHandlers } from '../service/files';
import { MARKER_FILE, parseMarker, type Marker } from '../service/marker';
import { declaredName, hasMarker, inferredName } from '../service/pyproject';
import { declaredTarget, ownNamedInputs, readChain, targetPlaces } from './declared-targets';
import { BROKEN, inferInputs } from './inputs';
import { EXECUTORS } from '../targets/options';
import { normalizeOptions, type PluginOptions, type TargetPlans } from './options';
import { describe, serviceTargets, takenNote, TARGET_GROUP } from './targets';

export type { PluginOptions } from './options';

/**
 * Reads markers and directory listings, runs no process, parses no Python and throws nothing: all of these would slow
 * down or stop every Nx command. A broken marker still gives its targets, so that they can report it.
 */
export const createNodesV2: CreateNodesV2<PluginOptions> = [
  `**/${MARKER_FILE}`,
  (files, options, context) => {
    const plans = normalizeOptions(options);
    const workspace = workspaceFiles(context.workspaceRoot);
    const services = findServices(files, workspace);
    const names = projectNames(services);
    const machine = machineInputs(context.workspaceRoot);
    return services.map((service, index) => {
      const name = names[index] ?? service.root;
      const project = serviceProject({ ...service, name }, plans, workspace, machine, context);
      return [service.file, { projects: { [service.root]: project } }] as const;
    });
  },
];

// Nx 22 reads createNodesV2, Nx 24 createNodes; both with this signature.
export const createNodes = createNodesV2;

interface ServiceFile {
  file: string;
  root: string;
  text: string;
}

function findServices(files: readonly string[], { read }: WorkspaceFiles) {
  return files.flatMap((file): ServiceFile[] => {
    const path = file.replaceAll('\\', '/');
    const text = read(path) ?? '';
    return hasMarker(text) ? [{ file, root: posix.dirname(path), text }] : [];
  });
}

// Nx refuses a workspace with two projects of one name: services without a declared name get their
// directory's, and their whole path's where directories share it.
function projectNames(services: readonly ServiceFile[]): string[] {
  const names = services.map(({ root, text }) => inferredName(text, root));
  return services.map(({ root, text }, index) => {
    const name = names[index] ?? root;
    const isShared = names.some((other, at) => at !== index && other === name);
    return isShared && declaredName(text) === undefined ? root.replaceAll('/', '-') : name;
  });
}

function serviceProject(
  { root, text, name }: ServiceFile & { name: string },
  plans: TargetPlans,
  workspace: WorkspaceFiles,
  machine: MachineInputs,
  { nxJsonConfiguration: { targetDefaults, namedInputs } }: CreateNodesContextV2,
): ProjectConfiguration {
  const marker = markerOrFault(text, posix.join(root, MARKER_FILE));
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
  const targets = serviceTargets(plans, { root, name, build, summary, chain });
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
function markerOrFault(text: string, path: string): Marker | string {
  try {
    return parseMarker(text, path);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
