/** Runs one container to its end, with this machine's files mounted, or copied where the engine can't see them. */

import { existsSync } from 'node:fs';
import { LambdaPythonError } from '../../errors';
import type { Runtime } from '../../service/runtimes';
import type { Exec, ExecResult } from '../process/exec';
import { ownedName } from '../process/owner';
import {
  type ContainerRun,
  type Daemon,
  type UserMapping,
  runClient,
  sweepContainers,
} from './container';
import { runCopying, type Copying } from './copy';
import { isLocalEngine, type BuildImage } from './image';

/** How a container gets this machine's files; `auto` copies only where mounting does not work. */
export type MountChoice = 'auto' | 'bind' | 'copy';

/** A build image, and how the user wants its containers to run. */
export interface ImagePlace {
  image: BuildImage;
  network: string | undefined;
  mount: MountChoice;
  /** Further arguments of the engine's `run`. */
  extraArguments: readonly string[];
}

/** Where the directory of a run is in the container. */
export const ROOT = '/nx-lambda-python';

/** Exit code of our scripts for an image of another Python or processor. */
export const MISFIT = 64;
/** A command's exit code when it does not find the files that were mounted. */
export const UNSEEN = 65;

/** Runs a command of a shell, if the container sees this file, which was mounted. */
export function ifSeen(file: string, command: string): string[] {
  return ['sh', '-c', `test -f ${file} || exit ${UNSEEN}; ${command}`];
}

/** The image's own Python, in a shell of the container: images name it in several ways. */
export function imagePython({ python }: Runtime): string {
  return `$(command -v python${python.join('.')} || command -v python3 || echo python)`;
}

/** A run, without what this file adds. */
export type ContainerTask = Omit<ContainerRun, 'user' | 'owner' | 'input'>;

export interface RunOptions extends Copying {
  mount: MountChoice;
}

/**
 * @returns what the command in the container did
 * @throws CONTAINER_FAILED when the engine could not start it, or can't see this machine's files
 */
export async function runContainer(
  image: BuildImage,
  task: ContainerTask,
  options: RunOptions,
  exec: Exec,
): Promise<ExecResult> {
  // At the same time: what a killed build left does not disturb this run.
  const sweeping = sweepContainers(image.engine, exec);
  try {
    return started(image, await runEither(image, task, options, exec));
  } finally {
    await sweeping;
  }
}

async function runEither(
  image: BuildImage,
  task: ContainerTask,
  options: RunOptions,
  exec: Exec,
): Promise<ExecResult> {
  const { mount, onLine } = options;
  if (mount === 'bind' || (mount === 'auto' && isLocalEngine(image.engine))) {
    const result = await runMounting(image, task, options, exec);
    if (!isBlind(task, result)) return result;
    if (mount === 'bind') {
      throw new LambdaPythonError('CONTAINER_FAILED', {
        message: `${image.engine} does not see this machine's files, which "mount": "bind" relies on: it is remote, or runs in a virtual machine or another container`,
        hint: 'set "mount": "copy" on the build target, or NX_LAMBDA_PYTHON_CACHE_DIRECTORY to a directory that both share',
      });
    }
    onLine(copyingInstead(image));
  }
  return runCopying(image.engine, withOwner(task), options, exec);
}

/** What is said before that. */
export function copyingInstead({ engine }: BuildImage): string {
  return `${engine} does not see this machine's files: copying them in and out ("mount": "copy" saves this attempt)`;
}

async function runMounting(
  image: BuildImage,
  task: ContainerTask,
  { secrets, onLine }: RunOptions,
  exec: Exec,
): Promise<ExecResult> {
  const user = await currentUser(image, exec);
  const run: ContainerRun = { ...withOwner(task), user, input: 'none' };
  return runClient(image.engine, run, { env: secrets, onLine }, exec);
}

export function withOwner(task: ContainerTask): Omit<ContainerRun, 'user' | 'input'> {
  return { ...task, owner: ownedName() };
}

const daemons = new WeakMap<Exec, Map<string, Promise<Daemon>>>();

/** Who owns the files that the container writes to this machine; each engine is asked once. */
export async function currentUser({ engine }: BuildImage, exec: Exec): Promise<UserMapping> {
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  const known = daemons.get(exec) ?? new Map<string, Promise<Daemon>>();
  daemons.set(exec, known);
  const daemon = known.get(engine) ?? daemonOf(engine, exec);
  known.set(engine, daemon);
  return { uid, gid, daemon: await daemon };
}

/** Podman maps users by an argument, Windows has none; the others report how their daemon does it. */
async function daemonOf(engine: BuildImage['engine'], exec: Exec): Promise<Daemon> {
  if (engine === 'podman' || !process.getuid) return 'root';
  const { stdout } = await exec(engine, ['info', '--format', '{{.SecurityOptions}}'], {
    isQuestion: true,
  });
  if (stdout.includes('rootless')) return 'rootless';
  return stdout.includes('name=userns') ? 'remapped' : 'root';
}

/** The engine does not find a path that exists, or the command did not find its files. */
function isBlind({ mounts }: ContainerTask, { exitCode, output }: ExecResult): boolean {
  if (exitCode === UNSEEN) return true;
  if (exitCode === null || exitCode < 125 || exitCode > 127) return false;
  if (!/does not exist|no such file|not shared|denied/i.test(output)) return false;
  return mounts.some(
    ({ source, isVolume }) => !isVolume && existsSync(source) && output.includes(source),
  );
}

/** @throws CONTAINER_FAILED */
export function started({ engine, name }: BuildImage, result: ExecResult): ExecResult {
  if (result.exitCode !== 125 && result.exitCode !== null) return result;
  throw new LambdaPythonError('CONTAINER_FAILED', {
    message: `${engine} could not run the build image \`${name}\`: ${result.output.trim().split('\n').slice(-3).join(' ')}`,
    hint: 'correct `network`, `volumes` and `containerArgs` on the build target; without a bridge the network is "host"',
  });
}
