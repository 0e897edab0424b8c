/** A shell in the container of a build: with a person at a terminal, or as a command to type in one. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { shellCommand } from '../../report/error-text';
import type { Exec } from '../process/exec';
import { ROOT_USER, runArguments, runClient } from './container';
import { copyCommand, planCopies, writeInput } from './copy';
import { isLocalEngine, type BuildImage } from './image';
import {
  copyingInstead,
  currentUser,
  ifSeen,
  started,
  UNSEEN,
  withOwner,
  type ContainerTask,
  type MountChoice,
} from './run';

export interface ShellOptions {
  mount: MountChoice;
  /** A directory of this machine for what is copied in. */
  directory: string;
  /** A file of the container that exists when mounts work. */
  witness: string;
  secrets: Record<string, string>;
  note: (line: string) => void;
}

const SHELL = '$(command -v bash || echo sh)';

/**
 * Returns when the person leaves.
 * @throws CONTAINER_FAILED
 */
export async function openShell(
  image: BuildImage,
  task: ContainerTask,
  options: ShellOptions,
  exec: Exec,
): Promise<void> {
  const { mount, secrets, note, witness } = options;
  if (mount === 'bind' || (mount === 'auto' && isLocalEngine(image.engine))) {
    // The shell's exit code is ignored, so that the container's own exit codes keep their meaning.
    const command = ifSeen(witness, `${SHELL}; exit 0`);
    const user = await currentUser(image, exec);
    const run = { ...withOwner({ ...task, command }), user, input: 'terminal' as const };
    const terminal = { env: secrets, terminal: true };
    const { exitCode } = await runClient(image.engine, run, terminal, exec);
    if (exitCode === 0) return;
    // The engine's own message went to the terminal.
    if (mount === 'bind' || (exitCode !== UNSEEN && exitCode !== 125)) throw failed(image);
    note(copyingInstead(image));
  }
  await openCopiedShell(image, task, options, exec);
}

/** The command that opens the same shell; undefined if mounts don't work, since it then takes several. */
export async function typedShell(
  image: BuildImage,
  task: ContainerTask,
  mount: MountChoice,
  exec: Exec,
): Promise<string | undefined> {
  if (mount === 'copy' || (mount === 'auto' && !isLocalEngine(image.engine))) return undefined;
  const user = await currentUser(image, exec);
  // Without an owner, so that no build takes it for one whose process has ended.
  const run = { ...task, user, owner: undefined, input: 'terminal' as const };
  const command = ['sh', '-c', `exec ${SHELL}`];
  return shellCommand([image.engine, ...runArguments(image.engine, { ...run, command })]);
}

/** A terminal and a copy can't both be a container's standard input, so it waits while each is connected in turn. */
async function openCopiedShell(
  image: BuildImage,
  task: ContainerTask,
  { directory, secrets }: ShellOptions,
  exec: Exec,
): Promise<void> {
  const { engine } = image;
  const { copied, kept } = planCopies(task.mounts);
  const waiting = {
    ...withOwner(task),
    mounts: kept,
    user: ROOT_USER,
    input: 'detached' as const,
    workdir: '/',
    command: ['sleep', 'infinity'],
  };
  const { stdout } = started(
    image,
    await exec(engine, runArguments(engine, waiting), { env: secrets }),
  );
  const id = stdout.trim().split('\n').at(-1) ?? '';
  try {
    const input = join(directory, 'copy-in.tar');
    await writeInput(input, copied);
    const unpack = copyCommand({ source: directory, target: '/', names: [] }, ['true']);
    const arrived = await exec(engine, ['exec', '--interactive', id, ...unpack], {
      inputFile: input,
    });
    rmSync(input, { force: true });
    if (arrived.exitCode !== 0) throw failed(image);
    const at = ['--interactive', '--tty', `--workdir=${task.workdir}`, id];
    await exec(engine, ['exec', ...at, 'sh', '-c', `${SHELL}; exit 0`], { terminal: true });
  } finally {
    await exec(engine, ['rm', '--force', id]);
  }
}

function failed({ engine, name }: BuildImage): LambdaPythonError {
  return new LambdaPythonError('CONTAINER_FAILED', {
    message: `${engine} could not open a shell in the build image \`${name}\`; its message is above`,
    hint: 'correct `network`, `volumes`, `mount` and `containerArgs` on the build target',
  });
}
