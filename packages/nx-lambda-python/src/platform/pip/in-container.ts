/** What the build image's own pip is asked for: wheels of all requirements, or a tree that has them installed. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LambdaPythonError } from '../../errors';
import type { ResolvedWheels } from '../../packaging/wheel-set';
import type { BuildImage } from '../engines/image';
import { NEW_ENTRIES } from '../engines/copy';
import { runContainer } from '../engines/run';
import type { Exec } from '../process/exec';
import { withSoundCache } from './cache-damage';
import { pipFailure } from './failure';
import {
  MISFIT,
  pipContainer,
  ROOT,
  type ContainerPlace,
  type PipContainer,
} from './pip-container';
import {
  describeTarget,
  fileArguments,
  readReport,
  reportArguments,
  TREE,
  wheelsIn,
  WHEELS,
  type ResolveRequest,
} from './request';

export type Asked = 'wheels' | 'install';

/** pip's arguments, and where they let it leave what it made. The last of them count, so ours stand after the user's. */
const PIP: Record<Asked, { leaves: string; pip: (request: ResolveRequest) => string[] }> = {
  wheels: {
    leaves: WHEELS,
    pip: (request) => ['wheel', ...fileArguments(ROOT, request), `--wheel-dir=${ROOT}/${WHEELS}`],
  },
  install: {
    leaves: TREE,
    pip: (request) => [
      'install',
      ...fileArguments(ROOT, request),
      // Bytecode would hold times, and it is a third of a package's size.
      '--no-compile',
      // With what the image itself has installed.
      '--no-warn-conflicts',
      `--target=${ROOT}/${TREE}`,
    ],
  },
};

/** Wheels for all requirements: published ones, or built from their source. */
export async function resolveInContainer(
  directory: string,
  request: ResolveRequest,
  place: ContainerPlace,
  exec: Exec,
): Promise<ResolvedWheels> {
  const ran = await runPip(directory, request, place, 'wheels', exec);
  return { files: wheelsIn(directory), ...ran };
}

/** The directory that pip filled by `install --target`. */
export async function installInContainer(
  directory: string,
  request: ResolveRequest,
  place: ContainerPlace,
  exec: Exec,
): Promise<{ tree: string; image: string; engine: string }> {
  const ran = await runPip(directory, request, place, 'install', exec);
  return { tree: join(directory, TREE), ...ran };
}

/** A container with everything laid out in `directory` for pip to do it, and the directory's name where pip leaves it. */
export async function containerFor(
  directory: string,
  request: ResolveRequest,
  place: ContainerPlace,
  what: Asked,
  exec: Exec,
): Promise<PipContainer & { leaves: string }> {
  const { leaves, pip } = PIP[what];
  mkdirSync(join(directory, leaves));
  const work = { pip: pip(request) };
  return { ...(await pipContainer(directory, request, place, work, exec)), leaves };
}

/** Runs Python's arguments one after the other in the build image, as for pip, until one fails. */
export async function runInContainer(
  directory: string,
  request: ResolveRequest,
  place: ContainerPlace,
  commands: readonly (readonly string[])[],
  exec: Exec,
): Promise<void> {
  const container = await pipContainer(directory, request, place, { commands }, exec);
  await run(directory, request, place, { ...container, leaves: NEW_ENTRIES }, exec);
}

/** pip's report of what it would install for these requirements; nothing is installed. */
export async function reportInContainer(
  directory: string,
  request: ResolveRequest,
  place: ContainerPlace,
  exec: Exec,
): Promise<string> {
  const pip = ['install', ...fileArguments(ROOT, request), ...reportArguments(ROOT)];
  const container = await pipContainer(directory, request, place, { pip }, exec);
  await run(directory, request, place, { ...container, leaves: NEW_ENTRIES }, exec);
  return readReport(directory);
}

async function runPip(
  directory: string,
  request: ResolveRequest,
  place: ContainerPlace,
  what: Asked,
  exec: Exec,
): Promise<{ image: string; engine: string }> {
  const container = await containerFor(directory, request, place, what, exec);
  return run(directory, request, place, container, exec);
}

async function run(
  directory: string,
  request: ResolveRequest,
  place: ContainerPlace,
  { task, secrets, leaves }: PipContainer & { leaves: string },
  exec: Exec,
): Promise<{ image: string; engine: string }> {
  const { image, mount } = place;
  const options = {
    mount,
    secrets,
    onLine: request.onLine,
    leaves: { source: directory, target: ROOT, names: [leaves] },
  };
  const { exitCode, output } = await withSoundCache(place.pipCache, (more) => {
    const environment = { ...task.environment, ...more };
    return runContainer(image, { ...task, environment }, options, exec);
  });
  if (exitCode === MISFIT) throw misfit(image, request, output);
  if (exitCode !== 0) {
    throw pipFailure({ output, target: describeTarget(request), place: 'container' });
  }
  return resolvedIn(place);
}

/** How a build manifest names the container. */
export function resolvedIn({ image }: ContainerPlace): { image: string; engine: string } {
  const pinned = image.name.includes('@') ? image.name : `${image.name}@${image.digest}`;
  return { image: pinned, engine: image.engine };
}

function misfit(image: BuildImage, request: ResolveRequest, output: string): LambdaPythonError {
  const target = describeTarget(request);
  return new LambdaPythonError('IMAGE_UNAVAILABLE', {
    message: `the build image \`${image.name}\` does not fit ${target}: ${output.trim().split('\n').at(-1)}`,
    hint: 'name an image of that runtime: "image": "<name>" on the build target, or correct `runtime` and `architecture` in pyproject.toml',
  });
}
