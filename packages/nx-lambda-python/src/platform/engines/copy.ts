/**
 * A container of an engine that sees no file of this machine: files go in through its standard input, and what it
 * made comes out through its standard output. Any engine can do that, in one run, so nothing is left to be removed.
 */

import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LambdaPythonError } from '../../errors';
import type { Exec, ExecResult } from '../process/exec';
import { diskError } from '../files/files';
import {
  ROOT_USER,
  type ContainerEngine,
  type ContainerRun,
  type Mount,
  runClient,
} from './container';
import { readTar, TarError, writeTar } from './tar';

/** For `leaves.names`: everything that the command adds to the directory. */
export const NEW_ENTRIES = '*';

export interface Copying {
  /** What the command leaves in `target`, the container's name for the directory `source`. */
  leaves: { source: string; target: string; names: readonly string[] };
  /** For the engine's own environment; they may be secret. */
  secrets: Record<string, string>;
  onLine: (line: string) => void;
}

/** @throws CONTAINER_FAILED for a mount that can't be copied, and for a copy that does not arrive whole */
export async function runCopying(
  engine: ContainerEngine,
  run: Omit<ContainerRun, 'user' | 'input'>,
  { leaves, secrets, onLine }: Copying,
  exec: Exec,
): Promise<ExecResult> {
  const { copied, kept } = planCopies(run.mounts);
  const input = join(leaves.source, 'copy-in.tar');
  const output = join(leaves.source, 'copy-out.tar');
  await writeInput(input, copied);
  const command = copyCommand(leaves, run.command);
  // The directory to start in may arrive only with the copy.
  const copying: ContainerRun = {
    ...run,
    mounts: kept,
    user: ROOT_USER,
    input: 'pipe',
    workdir: '/',
    command,
  };
  const options = { env: secrets, onLine, inputFile: input, outputFile: output };
  const result = await runClient(engine, copying, options, exec);
  if (result.exitCode === 0) await takeOutput(engine, output, leaves.source);
  for (const file of [input, output]) rmSync(file, { force: true });
  return result;
}

/**
 * Files and directories of this machine are copied, except caches. A path that does not exist here is the engine's
 * own and stays a mount, as volumes do.
 *
 * @throws CONTAINER_FAILED for a socket
 */
export function planCopies(mounts: readonly Mount[]): { copied: Mount[]; kept: Mount[] } {
  const plan: { copied: Mount[]; kept: Mount[] } = { copied: [], kept: [] };
  for (const mount of mounts) {
    if (mount.isCache) continue;
    if (mount.isVolume || !existsSync(mount.source)) {
      plan.kept.push(mount);
    } else if (statSync(mount.source).isSocket()) {
      throw new LambdaPythonError('CONTAINER_FAILED', {
        message: `the socket \`${mount.source}\` cannot be copied into a container of an engine that does not see this machine's files`,
        hint: 'use an engine on this machine for requirements that need an SSH agent, or require them over HTTPS',
      });
    } else {
      plan.copied.push(mount);
    }
  }
  return plan;
}

/** Runs `command` with what standard input brings; standard output takes what it leaves. */
export function copyCommand(
  { target, names }: Copying['leaves'],
  command: readonly string[],
): string[] {
  const script = readFileSync(join(__dirname, 'copy_in_container.py'), 'utf8');
  // The build image has Python, which pip needs.
  const python = 'exec $(command -v python3 || echo python) -c "$0" "$@"';
  return ['sh', '-c', python, script, target, names.join(':'), ...command];
}

export async function writeInput(file: string, mounts: readonly Mount[]): Promise<void> {
  try {
    await writeTar(file, mounts);
  } catch (error) {
    throw diskError(error, file);
  }
}

async function takeOutput(engine: ContainerEngine, file: string, directory: string): Promise<void> {
  try {
    await readTar(file, directory);
  } catch (error) {
    if (!(error instanceof TarError)) throw diskError(error, directory);
    throw new LambdaPythonError('CONTAINER_FAILED', {
      message: `the files that ${engine} sent back did not arrive complete: ${error.message}`,
      hint: 'run the build again; if it happens again, remove `--tty` and `--detach` from `containerArgs`',
      cause: error,
    });
  }
}
