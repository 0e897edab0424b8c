/** Ends containers that nobody waits for: they would go on compiling, and write into directories that are swept. */

import type { Exec, ExecOptions, ExecResult } from '../process/exec';
import { endIfInterrupted, onInterruption } from '../process/interruption';
import { isAbandoned } from '../process/owner';
import { OWNER_LABEL, runArguments, type ContainerEngine, type ContainerRun } from './container';

/**
 * Runs an engine's client. The container ends with this call, also where the client was killed or this process is
 * asked to end: a client that is killed, or slow, passes no signal on.
 */
export async function runClient(
  engine: ContainerEngine,
  run: ContainerRun,
  options: ExecOptions,
  exec: Exec,
): Promise<ExecResult> {
  const { owner } = run;
  const end = async (): Promise<void> => {
    if (owner !== undefined) await removeContainers(engine, await containersOf(owner), exec);
  };
  const containersOf = async (name: string): Promise<string[]> => {
    const filter = `label=${OWNER_LABEL}=${name}`;
    const listed = await exec(engine, ['ps', '--all', '--quiet', '--filter', filter]);
    return listed.stdout.split('\n').filter((id) => id !== '');
  };
  const forget = onInterruption(end);
  try {
    const result = await exec(engine, runArguments(engine, run), options);
    await endIfInterrupted();
    if (result.exitCode === null && !result.notFound) await end();
    return result;
  } finally {
    forget();
  }
}

/** Ends those of this machine's dead processes; those of other machines, at a shared daemon, are theirs. */
export async function sweepContainers(engine: ContainerEngine, exec: Exec): Promise<void> {
  const format = '{{.ID}} {{.Labels}}';
  const filter = `label=${OWNER_LABEL}`;
  const listed = await exec(engine, ['ps', '--all', '--filter', filter, '--format', format]);
  const ids = listed.stdout.split('\n').flatMap((line) => {
    const [id = ''] = line.trim().split(' ');
    // Engines write labels in several ways, an owner's name in one.
    const owner = /\d+-[0-9a-f]{8}-[0-9a-f]{12}/.exec(line.slice(id.length))?.[0];
    return owner !== undefined && isAbandoned(owner) ? [id] : [];
  });
  await removeContainers(engine, ids, exec);
}

async function removeContainers(
  engine: ContainerEngine,
  ids: readonly string[],
  exec: Exec,
): Promise<void> {
  if (ids.length === 0) return;
  // Podman's `rm --force` alone waits ten seconds for the container to end.
  await exec(engine, ['kill', ...ids]);
  await exec(engine, ['rm', '--force', ...ids]);
}
