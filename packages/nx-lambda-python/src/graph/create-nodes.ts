/** Inference: every pyproject.toml with the marker gives its project the targets of a service. */

import type { CreateNodesResultV2, CreateNodesV2, ProjectConfiguration } from '@nx/devkit';
import { createRequire } from 'node:module';
import { posix } from 'node:path';
import type { Documents } from '../platform/files/workspace-files';
import { fingerprint, graphCacheFile, openGraphCache, type GraphCache } from './graph-cache';
import { startLooking } from './looking';
import type { PluginOptions } from './options';
import type { ServiceName } from './service-project';
import type * as ServiceProject from './service-project';

export type { PluginOptions } from './options';

const load = createRequire(__filename);
/** Only for what the cache does not have: loading it takes longer than a command needs for an unchanged workspace. */
const inference = () => load('./service-project') as typeof ServiceProject;

/**
 * Reads markers and directory listings, runs no process, parses no Python and throws nothing: all of these would slow
 * down or stop every Nx command. A broken marker still gives its targets, so that they can report it.
 */
export const createNodesV2: CreateNodesV2<PluginOptions> = [
  '**/pyproject.toml',
  async (files, options, context) => {
    const { workspaceRoot, nxJsonConfiguration } = context;
    const file = graphCacheFile('nodes', options, workspaceRoot);
    const cache = openGraphCache(file, startLooking(workspaceRoot));
    const services = await findServices(files, cache);
    const names = projectNames(services);
    const { targetDefaults, namedInputs } = nxJsonConfiguration;
    const machine = await cache.recall(`machine ${machineKey()}`, (looks) =>
      inference().machineInputs(looks),
    );
    const documents: Documents = new Map();
    const key = fingerprint([options, targetDefaults, namedInputs, machine]);
    const results: CreateNodesResultV2 = [];
    for (const [index, { file, root }] of services.entries()) {
      const name = names[index] ?? root;
      const project = await cache.recall(
        `project ${root} ${name} ${key}`,
        (looks): ProjectConfiguration =>
          inference().serviceProject(
            ...([{ root, name }, options, nxJsonConfiguration, machine, looks, documents] as const),
          ),
      );
      results.push([file, { projects: { [root]: project } }]);
    }
    cache.save();
    return results;
  },
];

// Nx 22 reads createNodesV2, Nx 24 createNodes; both with this signature.
export const createNodes = createNodesV2;

interface ServiceFile extends ServiceName {
  file: string;
  root: string;
}

async function findServices(files: readonly string[], cache: GraphCache): Promise<ServiceFile[]> {
  const services: ServiceFile[] = [];
  for (const file of files) {
    const path = file.replaceAll('\\', '/');
    const root = posix.dirname(path);
    const name = await cache.recall(`name ${path}`, (looks) =>
      inference().serviceName(path, looks),
    );
    if (name !== null) services.push({ file, root, ...name });
  }
  return services;
}

// Nx refuses a workspace with two projects of one name: services without a declared name get their
// directory's, and their whole path's where directories share it.
function projectNames(services: readonly ServiceFile[]): string[] {
  return services.map(({ root, name, isDeclared }) => {
    const isShared = services.filter((other) => other.name === name).length > 1;
    return isShared && !isDeclared ? root.replaceAll('/', '-') : name;
  });
}

/** Of the variables that decide where pip's settings are, and what they are. */
function machineKey(): string {
  const deciding = /^(?:PIP_|XDG_CONFIG|HOME$|VIRTUAL_ENV$|APPDATA$|PROGRAMDATA$|USERPROFILE$)/i;
  return fingerprint(
    Object.entries(process.env)
      .filter(([name]) => deciding.test(name))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value = '']) => [name, value.replace(/\/\/[^/@\s]*@/g, '//')]),
  );
}
