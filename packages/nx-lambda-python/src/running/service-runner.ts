/** A built service, ready to run: its package unpacked, and the place that runs it. */

import type { ExecutorContext } from '@nx/devkit';
import { join } from 'node:path';
import { buildImageName } from '../assembly/decide';
import { usePackage } from '../assembly/present';
import { chooseImage } from '../assembly/resolve';
import { readMarker } from '../assembly/service';
import { LambdaPythonError } from '../errors';
import type { BuildManifest } from '../packaging/manifest';
import { readPackage, type BuildOutput } from '../platform/files/built-package';
import { ask, exec } from '../platform/process/exec';
import { findPythonOf } from '../platform/process/python';
import { unpackedTree } from '../platform/store/unpacked';
import { DiskWheelStore } from '../platform/store/wheel-store';
import type { CodeTree, FunctionPlace } from '../runtime/place';
import type { Marker } from '../service/marker';
import type { Runtime } from '../service/runtimes';
import { buildOptionsOf, type BuildOptions } from '../targets/build-target';

export interface PlaceOptions {
  buildTarget?: string | undefined;
  /** Default: that of the build. */
  engine?: BuildOptions['container']['engine'] | undefined;
  /** A Python of this machine to run with. */
  python?: string | undefined;
}

export interface RunnableService {
  marker: Marker;
  manifest: BuildManifest;
  output: BuildOutput;
  place: FunctionPlace;
  tree: CodeTree;
}

/** @throws the codes of `usePackage`, `unpackedTree` and `functionPlace` */
export async function runnableService(
  context: ExecutorContext,
  options: PlaceOptions,
): Promise<RunnableService> {
  const build = buildOptionsOf(context, options.buildTarget);
  const marker = readMarker(build.service);
  const { manifest, output } = await usePackage(context, options.buildTarget);
  const unpack = async (part: BuildManifest['layer']): Promise<string | undefined> => {
    if (part === undefined) return undefined;
    await readPackage(output, part);
    return unpackedTree({ ...part, path: join(output.directory, part.file) });
  };
  const [place, task = '', opt] = await Promise.all([
    functionPlace(build, marker, options),
    unpack(manifest.package),
    unpack(manifest.layer),
  ]);
  return { marker, manifest, output, place, tree: { task, opt } };
}

/** @throws HOST_PYTHON_MISSING, ENGINE_UNAVAILABLE, IMAGE_UNAVAILABLE */
async function functionPlace(
  { container }: BuildOptions,
  { runtime, architecture }: Marker,
  { engine = container.engine, python }: PlaceOptions,
): Promise<FunctionPlace> {
  if (python !== undefined) return { kind: 'host', python };
  const question = {
    container: { engine },
    imageName: buildImageName(container.image, { runtime, architecture }),
    settings: {
      target: { runtime, architecture },
      onLine: (line: string) => console.log(`  ${line}`),
    },
    redact: (text: string) => text,
    exec,
  };
  const image = await chooseImage(question, new DiskWheelStore());
  if (image) return { kind: 'container', ...container, image, architecture };
  const found = await findPythonOf(runtime.python.join('.'), ask);
  if (found === undefined) throw pythonMissing(runtime);
  return { kind: 'host', python: found };
}

function pythonMissing({ name, python }: Runtime): LambdaPythonError {
  const version = python.join('.');
  return new LambdaPythonError('HOST_PYTHON_MISSING', {
    message: `${name} needs Python ${version}, but no container engine and no \`python${version}\` is on PATH`,
    hint: `install Python ${version}, name one: --python=<path>, or start docker or podman and run with --engine=auto`,
  });
}
