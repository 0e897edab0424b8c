/** The wheels of a service: its requirements key, the store, and pip where the store has no answer. */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { collectRequirements } from '../../packaging/requirements/collect';
import { withoutCredentials } from '../../packaging/requirements/parse';
import { requirementsKey } from '../../packaging/requirements-key';
import { ensureWheelSet, type Admit, type WheelSet } from '../../packaging/wheel-set';
import { validateWheel } from '../../packaging/wheel/admit';
import { findBuildImage, type BuildImage } from '../../platform/engines/image';
import { exec } from '../../platform/exec';
import { openFile } from '../../platform/files';
import { readPipConfiguration } from '../../platform/pip/configuration';
import { resolveInContainer } from '../../platform/pip/in-container';
import { resolveOnHost } from '../../platform/pip/on-host';
import type { ResolveRequest } from '../../platform/pip/request';
import type { DiskWheelStore } from '../../platform/wheel-store';
import type { Marker } from '../../service/marker';
import { defaultBuildImage, type Architecture, type Runtime } from '../../service/runtimes';
import type { BuildOptions } from './normalize';

export async function resolveWheels(
  options: BuildOptions,
  { runtime, architecture }: Marker,
  store: DiskWheelStore,
): Promise<{ set: WheelSet; hit: boolean }> {
  const { files, meaning } = collectRequirements(options, (path) => {
    const file = join(options.workspaceRoot, path);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  });
  const configuration = readPipConfiguration();
  const imageName = buildImageName(options.image, runtime, architecture);
  const key = (place: 'container' | 'host', imageDigest: string | null) =>
    requirementsKey({
      meaning,
      runtime: runtime.name,
      architecture,
      place,
      imageDigest,
      pipArguments: options.pipArgs,
      pipEnvironment: configuration.deciding,
    });

  // Nothing to resolve: no engine is asked, and no pip, which refuses an empty list.
  if (meaning.requirements.length === 0) {
    const wheels: WheelSet['wheels'] = [];
    const empty = key('host', null);
    return { set: { requirementsKey: empty, image: null, engine: 'none', wheels }, hit: true };
  }

  const pinned = options.engine === 'host' ? undefined : pinnedDigest(imageName);
  // A pinned image's digest is known without an engine, so on a hit none is asked.
  const known = pinned && store.readSet(key('container', pinned));
  if (known) return { set: known, hit: true };

  const image = await chooseImage(options, imageName, architecture, store);
  const request: ResolveRequest = {
    runtime,
    architecture,
    files,
    requirements: options.requirements,
    constraints: options.constraints,
    pipArguments: options.pipArgs,
    configuration,
    onLine: (line) => console.log(`  ${withoutCredentials(line)}`),
  };
  const admit = admitFor(runtime, architecture, image !== undefined);
  if (!image) {
    return ensureWheelSet(
      key('host', null),
      store,
      (directory) => {
        console.log(`resolving ${runtime.name} ${architecture} wheels by pip on this machine`);
        return resolveOnHost(directory, request, exec);
      },
      admit,
    );
  }
  const digest = pinned ?? image.digest;
  return ensureWheelSet(
    key('container', digest),
    store,
    (directory) => {
      console.log(
        `resolving ${runtime.name} ${architecture} wheels in ${image.engine}, ${image.name}`,
      );
      const place = {
        image,
        network: options.network,
        extraArguments: options.containerArgs,
        pipCache: store.pipCachePath(digest),
      };
      return resolveInContainer(directory, request, place, exec);
    },
    admit,
  );
}

/** Undefined for the `host` way. */
async function chooseImage(
  options: BuildOptions,
  image: string,
  architecture: Architecture,
  store: DiskWheelStore,
): Promise<BuildImage | undefined> {
  if (options.engine === 'host') return undefined;
  const found = await findBuildImage(
    { choice: options.engine, image, architecture },
    exec,
    (engine, args) =>
      // Parallel builds of a workspace start together: one of them pulls.
      store.locked(`pull-${createHash('sha256').update(image).digest('hex')}`, () => {
        console.log(`pulling ${image}`);
        return exec(engine, args, { onLine: (line) => console.log(`  ${line}`) });
      }),
  );
  if (!found) {
    console.log(
      'no container engine is installed: only published wheels are used ("engine": "host"), nothing is built from source',
    );
  }
  return found;
}

function buildImageName(
  option: string | undefined,
  runtime: Runtime,
  architecture: Architecture,
): string {
  if (!option) return defaultBuildImage(runtime, architecture);
  return option.replaceAll('{runtime}', runtime.name).replaceAll('{architecture}', architecture);
}

function pinnedDigest(image: string): string | undefined {
  return /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1];
}

/** A wheel that the container itself built carries the plain `linux` tag of that container. */
function admitFor(runtime: Runtime, architecture: Architecture, allowLocal: boolean): Admit {
  return async (path) => {
    const file = openFile(path);
    try {
      return await validateWheel(file, basename(path), { runtime, architecture, allowLocal });
    } finally {
      file.close();
    }
  };
}
