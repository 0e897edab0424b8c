/** Inference: every pyproject.toml with the marker gives its project the targets of a service. */

import type { CreateNodesContextV2, CreateNodesV2, ProjectConfiguration } from '@nx/devkit';
import { join, posix } from 'node:path';
import { declaredName, hasMarker, MARKER_FILE, parseMarker, type Marker } from '../service/marker';
import { readChain } from './chain';
import { countHandlers } from './count-handlers';
import { BUILD_FORMAT, BUILD_FORMAT_INPUT, buildInputs } from './inputs';
import { targetPlaces } from './declared-targets';
import { graphFiles } from './files';
import { normalizeOptions, type PluginOptions, type TargetPlans } from './options';
import { namedFiles, requirementsOption, type GraphFiles } from './requirements';
import { describe, serviceTargets, takenNote, TARGET_GROUP } from './targets';

export type { PluginOptions } from './options';

/**
 * Reads markers and directory listings only: no process, no Python parsed, and nothing thrown, since either
 * would slow down or stop every Nx command of the workspace. A broken marker still gives its targets, so that
 * they can report it.
 */
export const createNodesV2: CreateNodesV2<PluginOptions> = [
  `**/${MARKER_FILE}`,
  (files, options, context) => {
    const plans = normalizeOptions(options);
    const workspace = graphFiles(context.workspaceRoot);
    const services = findServices(files, workspace);
    const names = projectNames(services);
    return services.map((service, index) => {
      const project = serviceProject(
        service,
        names[index] ?? service.root,
        plans,
        workspace,
        context,
      );
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

function findServices(files: readonly string[], { read }: GraphFiles) {
  return files.flatMap((file): ServiceFile[] => {
    const path = file.replaceAll('\\', '/');
    const text = read(path) ?? '';
    return hasMarker(text) ? [{ file, root: posix.dirname(path), text }] : [];
  });
}

// Nx refuses a workspace with two projects of one name: services without a declared name get their
// directory's, and their whole path's where directories share it.
function projectNames(services: readonly ServiceFile[]): string[] {
  const names = services.map(({ root, text }) => declaredName(text) ?? directoryName(root));
  return services.map(({ root, text }, index) => {
    const name = names[index] ?? root;
    const isShared = names.some((other, at) => at !== index && other === name);
    return isShared && declaredName(text) === undefined ? root.replaceAll('/', '-') : name;
  });
}

function directoryName(root: string): string {
  return root === '.' ? 'service' : posix.basename(root);
}

function serviceProject(
  { root, text }: ServiceFile,
  name: string,
  plans: TargetPlans,
  workspace: GraphFiles,
  { workspaceRoot, nxJsonConfiguration }: CreateNodesContextV2,
): ProjectConfiguration {
  const marker = markerOrFault(text, posix.join(root, MARKER_FILE));
  const summary =
    typeof marker === 'string'
      ? `broken: ${marker}`
      : describe(marker, countHandlers(marker, join(workspaceRoot, root)));
  const option = requirementsOption([
    workspace.read(posix.join(root, 'project.json')),
    { targets: { build: plans.build?.changes } },
    { targets: nxJsonConfiguration.targetDefaults },
  ]);
  const named = namedFiles(root, option, workspace);
  const inputs = buildInputs(typeof marker === 'string' ? undefined : marker, root, named);
  const chain = readChain(plans, targetPlaces(root, workspace, nxJsonConfiguration.targetDefaults));
  const targets = serviceTargets(plans, { root, name, inputs, summary, chain });
  return {
    name,
    root,
    projectType: 'application',
    sourceRoot: typeof marker === 'string' ? root : sourceRoot(root, marker),
    namedInputs: { [BUILD_FORMAT_INPUT]: BUILD_FORMAT },
    targets,
    metadata: {
      technologies: ['python', 'aws-lambda'],
      description: `Python Lambda service: ${summary}${takenNote(chain.taken)}`,
      targetGroups: { [TARGET_GROUP]: Object.keys(targets) },
    },
  };
}

function sourceRoot(root: string, { root: below, importPackage }: Marker): string {
  return posix.join(root, below, importPackage?.replaceAll('.', '/') ?? '');
}

/** What is wrong, where the marker cannot be read. */
function markerOrFault(text: string, path: string): Marker | string {
  try {
    return parseMarker(text, path);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
