/** `nx shell <service>`: a shell in the container of its build, with everything laid out to run pip by hand. */

import type { ExecutorContext } from '@nx/devkit';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LambdaPythonError } from '../errors';
import type { BuildImage } from '../platform/engines/image';
import { openShell, typedShell } from '../platform/engines/shell';
import { exec } from '../platform/process/exec';
import { containerFor } from '../platform/pip/in-container';
import { prepareRequest } from '../platform/pip/prepare';
import { RESOLVE, resolveCommand } from '../platform/pip/pip-container';
import { redactingExec, type Redact } from '../platform/process/redact';
import { storeDirectory } from '../platform/store/store-directory';
import { DiskWheelStore } from '../platform/store/wheel-store';
import { nxCommandLine, renderError } from '../report/error-text';
import { containerPlace } from '../assembly/container-place';
import { modeOf, readResolution } from '../assembly/dependencies';
import { buildImageName, chooseImage, pinnedDigest } from '../assembly/image';
import type { BuildOptions } from '../assembly/normalize';
import { buildOptionsOf } from '../targets/build-target';
import { readMarker } from '../assembly/service';
import type { ShellExecutorSchema } from '../schemas/shell';
import { commandsOf } from '../targets/project';

/** Where Lambda has a function's code. */
const PROJECT = '/var/task';

export default async function shellExecutor(
  schema: ShellExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  try {
    const { buildTarget, ...own } = schema;
    const options = buildOptionsOf(context, buildTarget, own);
    const store = new DiskWheelStore(storeDirectory());
    // Nx says of several tasks at once that they read a terminal; they write to none.
    if (process.stdin.isTTY && process.stdout.isTTY) {
      await store.withDirectory((directory) => open(options, store, directory));
    } else {
      await print(options, store, context.root);
    }
    return { success: true };
  } catch (error) {
    console.error(renderError(error, commandsOf(context)));
    return { success: false };
  }
}

async function open(
  options: BuildOptions,
  store: DiskWheelStore,
  directory: string,
): Promise<void> {
  const { image, task, secrets, repeat } = await layOut(options, store, directory);
  console.log(`${image.engine}, ${image.name}: ${PROJECT} is the service, read-only`);
  console.log(`as the build does it: ${repeat}`);
  const note = (line: string) => console.log(line);
  const { mount } = options;
  await openShell(image, task, { mount, directory, witness: RESOLVE, secrets, note }, exec);
}

/** For a terminal that is not there, or another one: what is laid out stays until the next time. */
async function print(
  options: BuildOptions,
  store: DiskWheelStore,
  workspaceRoot: string,
): Promise<void> {
  // In the workspace, whose files they are: the store is to hold nothing that may be secret.
  const name = options.project.replace(/[^\w.-]+/g, '-');
  const directory = join(workspaceRoot, '.nx-lambda-python', 'shell', name);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { image, task, secrets, repeat, redact } = await layOut(options, store, directory);
  const command = await typedShell(image, task, options.mount, exec);
  if (command === undefined) {
    console.log(
      `${image.engine} does not see this machine's files: run \`${nxCommandLine(`shell ${options.project}`)}\` in a terminal`,
    );
    return;
  }
  console.log('there is no terminal; type this in one:');
  console.log(`\n${redact(command)}\n`);
  const unset = Object.keys(secrets).filter((key) => process.env[key] !== secrets[key]);
  if (unset.length > 0) {
    console.log(`with these variables set, whose values are not shown: ${unset.join(', ')}`);
  }
  console.log(`in it, as the build does it: ${repeat}`);
}

async function layOut(options: BuildOptions, store: DiskWheelStore, directory: string) {
  const marker = readMarker(options);
  const asked = options.dependencies;
  const { commands } = modeOf(options, marker, store);
  const { request, redact } = readResolution(options, marker, commands);
  const image = await buildImage(options, marker, store, redact);
  const digest = pinnedDigest(image.name) ?? image.digest;
  const place = containerPlace(options, image, digest, store);
  const quiet = redactingExec(exec, redact);
  const prepared = await prepareRequest(directory, request, place, quiet);
  const { task, secrets } = await containerFor(directory, prepared, place, asked, quiet);
  const source = join(options.workspaceRoot, options.projectRoot);
  const project = { source, target: PROJECT, readOnly: true };
  return {
    image,
    task: { ...task, workdir: PROJECT, mounts: [...task.mounts, project] },
    secrets,
    repeat: resolveCommand(request),
    redact,
  };
}

async function buildImage(
  options: BuildOptions,
  marker: ReturnType<typeof readMarker>,
  store: DiskWheelStore,
  redact: Redact,
): Promise<BuildImage> {
  const name = buildImageName(options.image, marker);
  const image = await chooseImage(options, name, marker.architecture, store, redact);
  if (image) return image;
  throw new LambdaPythonError('ENGINE_UNAVAILABLE', {
    message:
      options.engine === 'host'
        ? 'the build has `"engine": "host"`, so there is no container to open a shell in'
        : 'a shell needs a container engine, and none is installed',
    hint: 'install docker or podman, and name it: --engine=docker',
  });
}
