/** The build image of a service, and the engine that has it. */

import { createHash } from 'node:crypto';
import { findBuildImage, type BuildImage } from '../platform/engines/image';
import { ask, exec } from '../platform/process/exec';
import { redactingExec, type Redact } from '../platform/process/redact';
import type { DiskWheelStore } from '../platform/store/wheel-store';
import type { Marker } from '../service/marker';
import { defaultBuildImage, type Architecture } from '../service/runtimes';
import type { BuildOptions } from './normalize';

/** Undefined for the `host` way: chosen, or the only one where `auto` finds no engine installed. */
export async function chooseImage(
  options: BuildOptions,
  image: string,
  architecture: Architecture,
  store: DiskWheelStore,
  redact: Redact,
): Promise<BuildImage | undefined> {
  if (options.engine === 'host') return undefined;
  const request = { choice: options.engine, image, architecture };
  return findBuildImage(request, redactingExec(ask, redact), {
    // Parallel builds of a workspace start together.
    whileAlone: (work) =>
      store.locked(`pull-${createHash('sha256').update(image).digest('hex')}`, work),
    pull: (engine, args) => {
      console.log(`pulling ${image}`);
      return redactingExec(exec, redact)(engine, args, {
        onLine: (line) => console.log(`  ${line}`),
      });
    },
  });
}

/** The same without a pull: `absent` where no engine that answers has the image. */
export async function findLocalImage(
  options: Pick<BuildOptions, 'engine'>,
  image: string,
  architecture: Architecture,
): Promise<BuildImage | 'absent' | undefined> {
  if (options.engine === 'host') return undefined;
  const absent = new Error('absent');
  try {
    return await findBuildImage({ choice: options.engine, image, architecture }, ask, {
      whileAlone: (work) => work(),
      pull: () => Promise.reject(absent),
    });
  } catch (error) {
    if (error === absent) return 'absent';
    throw error;
  }
}

export function buildImageName(
  option: string | undefined,
  { runtime, architecture }: Pick<Marker, 'runtime' | 'architecture'>,
): string {
  if (!option) return defaultBuildImage(runtime, architecture);
  return option.replaceAll('{runtime}', runtime.name).replaceAll('{architecture}', architecture);
}

/** A pinned image's digest is known without an engine. */
export function pinnedDigest(image: string): string | undefined {
  return /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1];
}
