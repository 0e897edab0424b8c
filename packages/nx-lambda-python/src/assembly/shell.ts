/** The use case of a shell in the container of a build, with everything laid out to run pip by hand. */

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LambdaPythonError } from '../errors';
import { openShell, typedShell } from '../platform/engines/shell';
import { layOutPip, pipWork, RESOLVE, resolveCommand } from '../platform/pip/in-container';
import { prepareInput } from '../platform/pip/prepare';
import { exec } from '../platform/process/exec';
import { DiskWheelStore } from '../platform/store/wheel-store';
import { nxCommandLine } from '../report/error-text';
import type { BuildOptions } from '../targets/build-target';
import { keyAndPlace, readResolution } from './decide';
import { chooseImage, pipIn } from './resolve';
import { readMarker } from './service';

/** Where Lambda has a function's code. */
const PROJECT = '/var/task';

/** Opens the shell in this terminal; without one, prints the command that opens it in another. */
export async function shell(options: BuildOptions): Promise<void> {
  const store = new DiskWheelStore();
  // Of several tasks at once, Nx makes stdin a terminal, but not stdout.
  if (process.stdin.isTTY && process.stdout.isTTY) {
    await store.withDirectory((directory) => open(options, store, directory));
  } else {
    await print(options, store);
  }
}

async function open(
  options: BuildOptions,
  store: DiskWheelStore,
  directory: string,
): Promise<void> {
  const { place, task, secrets, repeat } = await layOut(options, store, directory);
  const { image, mount } = place;
  console.log(`${image.engine}, ${image.name}: ${PROJECT} is the service, read-only`);
  console.log(`to resolve as the build does: ${repeat}`);
  const note = (line: string) => console.log(line);
  await openShell(image, task, { mount, directory, witness: RESOLVE, secrets, note }, exec);
}

/** What is laid out stays until the next time. */
async function print(options: BuildOptions, store: DiskWheelStore): Promise<void> {
  const { project, workspaceRoot } = options.service;
  // In the workspace, whose files they are: the store must not hold anything that may be secret.
  const name = project.replace(/[^\w.-]+/g, '-');
  const directory = join(workspaceRoot, '.nx-lambda-python', 'shell', name);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { place, task, secrets, repeat, redact } = await layOut(options, store, directory);
  const command = await typedShell(place.image, task, place.mount, exec);
  if (command === undefined) {
    console.log(
      `${place.image.engine} does not see this machine's files: run \`${nxCommandLine(`shell ${project}`)}\` in a terminal`,
    );
    return;
  }
  console.log('this is not a terminal; type this in one:');
  console.log(`\n${redact(command)}\n`);
  const unset = Object.keys(secrets).filter((key) => process.env[key] !== secrets[key]);
  if (unset.length > 0) {
    console.log(`with these variables set, whose values are not shown: ${unset.join(', ')}`);
  }
  console.log(`in it, to resolve as the build does: ${repeat}`);
}

async function layOut(options: BuildOptions, store: DiskWheelStore, directory: string) {
  const { service, content, container } = options;
  const marker = readMarker(service);
  const resolution = readResolution(options, marker, store);
  const { settings, redact, required } = resolution;
  const { place } = keyAndPlace(resolution, await chooseImage(resolution, store));
  if (!place) throw noContainer(container.engine);
  const placed = await prepareInput(directory, required, settings, pipIn(place, resolution));
  const work = pipWork(content.dependencies, directory, placed);
  const run = { place, settings, work };
  const { task, secrets } = await layOutPip(directory, placed, run, resolution.exec);
  const source = join(service.workspaceRoot, service.projectRoot);
  const mounts = [...task.mounts, { source, target: PROJECT, readOnly: true }];
  return {
    place,
    task: { ...task, workdir: PROJECT, mounts },
    secrets,
    repeat: resolveCommand(settings.target),
    redact,
  };
}

function noContainer(engine: BuildOptions['container']['engine']): LambdaPythonError {
  return new LambdaPythonError('ENGINE_UNAVAILABLE', {
    message:
      engine === 'host'
        ? 'the build has `"engine": "host"`, so it has no container to open a shell in'
        : 'a shell needs a container engine, and none is installed',
    hint: 'install docker or podman, and name it: --engine=docker',
  });
}
