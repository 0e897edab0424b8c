/** The container of a service's build: what its options say of it, and what of that decides the wheels. */

import { isAbsolute, join, relative } from 'node:path';
import type { KeyComponents } from '../packaging/requirements-key';
import type { Mount } from '../platform/engines/container';
import type { BuildImage } from '../platform/engines/image';
import type { ContainerPlace } from '../platform/pip/pip-container';
import type { DiskWheelStore } from '../platform/store/wheel-store';
import type { BuildOptions } from './normalize';

/** @param digest of the image */
export function containerPlace(
  options: BuildOptions,
  image: BuildImage,
  digest: string,
  store: DiskWheelStore,
): ContainerPlace {
  const { literal, inherited } = options.environment;
  return {
    image,
    network: options.network,
    mount: options.mount,
    volumes: options.volumes.map((volume) => inSources(volume, options)),
    environment: literal,
    // An unset one would reach the container empty from some engines.
    inherited: inherited.filter((name) => process.env[name] !== undefined),
    extraArguments: options.containerArgs,
    pipCache: store.pipCachePath(digest),
  };
}

/** With `ref`, what is in the workspace is that of the commit. */
function inSources(volume: Mount, { workspaceRoot, sourceRoot }: BuildOptions): Mount {
  const path = relative(workspaceRoot, volume.source);
  const isOutside = volume.isVolume || path.startsWith('..') || isAbsolute(path);
  return isOutside ? volume : { ...volume, source: join(sourceRoot, path) };
}

/**
 * For the requirements key. Values of this machine's environment may be secret and stay out; so do the sources
 * of volumes, which differ from machine to machine.
 */
export function containerMeaning({
  volumes,
  environment: { literal },
}: Pick<BuildOptions, 'volumes' | 'environment'>): KeyComponents['container'] {
  if (volumes.length === 0 && Object.keys(literal).length === 0) return undefined;
  return { volumes: volumes.map(({ target }) => target), environment: literal };
}
