/** `"dependencies": "wheels"`: pip resolves wheels, packages are spliced from them. */

import { basename } from 'node:path';
import {
  planPart,
  unknownExclusions,
  writePart,
  type PartOptions,
} from '../../packaging/dependency-part';
import { ensureWheelSet, type Admit, type WheelSet } from '../../packaging/wheel-set';
import { validateWheel } from '../../packaging/wheel/admit';
import { openFile } from '../../platform/files';
import { resolveInContainer } from '../../platform/pip/in-container';
import { resolveOnHost } from '../../platform/pip/on-host';
import { prepareRequest } from '../../platform/pip/prepare';
import { describeTarget } from '../../platform/pip/request';
import type { DiskWheelStore } from '../../platform/wheel-store';
import { interpreterPath, type Architecture, type Runtime } from '../../service/runtimes';
import type { Dependencies, Mode } from './dependencies';
import type { BuildOptions } from './normalize';

export function splicing(
  options: BuildOptions,
  target: { runtime: Runtime; architecture: Architecture },
  store: DiskWheelStore,
): Mode {
  const interpreter = options.scripts ? interpreterPath(target.runtime) : null;
  const part = { ...options, interpreter };
  return {
    commands: ['wheel', 'download'],
    find: (key) => {
      const set = store.readSet(key);
      return set && spliced(set, true, part, store);
    },
    ensure: async (key, request, place, exec) => {
      const what = `resolving ${describeTarget(request)} wheels`;
      if (!place && options.engine === 'auto') {
        console.log(
          'no container engine is installed: only published wheels are used ("engine": "host"), nothing is built from source',
        );
      }
      const resolve = async (directory: string) => {
        const where = place
          ? `in ${place.image.engine}, ${place.image.name}`
          : 'by pip on this machine';
        console.log(`${what} ${where}`);
        const prepared = await prepareRequest(directory, request, place, exec);
        return place
          ? resolveInContainer(directory, prepared, place, exec)
          : resolveOnHost(directory, prepared, exec);
      };
      const admit = admitFor(target, place !== undefined);
      const { set, hit } = await ensureWheelSet(key, store, resolve, admit);
      return spliced(set, hit, part, store);
    },
  };
}

/** For a service that requires nothing, in either mode. */
export function noWheels(
  requirementsKey: string,
  options: BuildOptions,
  store: DiskWheelStore,
): Dependencies {
  const set = { requirementsKey, image: null, engine: 'none', wheels: [] };
  return spliced(set, true, { ...options, interpreter: null }, store);
}

function spliced(
  { requirementsKey, image, engine, wheels }: WheelSet,
  hit: boolean,
  options: PartOptions,
  store: DiskWheelStore,
): Dependencies {
  const plan = planPart(wheels, options);
  for (const warning of unknownExclusions(wheels, options)) console.warn(`warning: ${warning}`);
  const openPart = () =>
    store.openPart(plan.digest, plan.wheels, (open, sink) => writePart(open, options, sink));
  return { requirementsKey, image, engine, hit, part: plan.digest, openPart };
}

/** A wheel that the container itself built carries the plain `linux` tag of that container. */
function admitFor(
  target: { runtime: Runtime; architecture: Architecture },
  allowLocal: boolean,
): Admit {
  return async (path) => {
    const file = openFile(path);
    try {
      return await validateWheel(file, basename(path), { ...target, allowLocal });
    } finally {
      file.close();
    }
  };
}
