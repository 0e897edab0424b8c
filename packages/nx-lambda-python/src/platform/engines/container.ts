/** One container run: the argument list that asks an engine for it, and its end. */

import type { Exec, ExecOptions, ExecResult } from '../process/exec';
import { endIfInterrupted, onInterruption } from '../process/interruption';
import { isAbandoned, OWNED_NAME } from '../process/owner';

export const CONTAINER_ENGINES = ['docker', 'podman', 'finch', 'nerdctl'] as const;
export type ContainerEngine = (typeof CONTAINER_ENGINES)[number];

export interface ContainerRun {
  image: string;
  /** `linux/amd64` or `linux/arm64` */
  platform: string;
  mounts: readonly Mount[];
  /** Not for secrets: the values are in the argument list. */
  environment: Readonly<Record<string, string>>;
  /** Names of variables whose values only pass through the engine's environment. */
  inherited: readonly string[];
  workdir: string;
  network?: string;
  /** Who owns the files that the container writes to mounts; see `userArguments`. */
  user: UserMapping;
  /** Whose container it is, from `ownedName`: the next build ends that of a killed one. */
  owner: string | undefined;
  /** The command's input: nothing, what is piped into the engine, or a terminal. `detached`: it only waits. */
  input: 'none' | 'pipe' | 'terminal' | 'detached';
  /** Further arguments of `run`, as the user gave them. */
  extraArguments: readonly string[];
  command: readonly string[];
}

export interface Mount {
  /** A path of this machine, or a volume's name. */
  source: string;
  target: string;
  readOnly: boolean;
  /** A volume that the engine keeps by name. */
  isVolume?: boolean;
  /** Only saves work: left out where it would have to be copied. */
  isCache?: boolean;
}

export interface UserMapping {
  /** Undefined on Windows, where files have no such owner. */
  uid: number | undefined;
  gid: number | undefined;
  daemon: Daemon;
}

/** `rootless`: root inside is the user who runs the daemon; `remapped`: every user inside has another id outside. */
export type Daemon = 'root' | 'rootless' | 'remapped';

/** Carries `ContainerRun.owner`. */
export const OWNER_LABEL = 'nx-lambda-python.owner';

export function runArguments(engine: ContainerEngine, run: ContainerRun): string[] {
  return [
    'run',
    '--rm',
    // Reaps and forwards signals, so that Ctrl-C ends pip and its compilers.
    '--init',
    ...inputArguments(engine, run.input),
    ...(run.owner === undefined
      ? []
      : [`--name=${nameOf(run.owner)}`, `--label=${OWNER_LABEL}=${run.owner}`]),
    `--platform=${run.platform}`,
    ...userArguments(engine, run.user),
    // Bind mounts stay readable where SELinux labels files.
    ...(engine === 'docker' || engine === 'podman' ? ['--security-opt=label=disable'] : []),
    ...(run.network ? [`--network=${run.network}`] : []),
    ...run.mounts.map((mount) => `--mount=${mountValue(mount)}`),
    ...Object.entries(run.environment).map(([name, value]) => `--env=${name}=${value}`),
    ...run.inherited.map((name) => `--env=${name}`),
    `--workdir=${run.workdir}`,
    ...run.extraArguments,
    // The image's own entry point (Lambda's images have one) must not see our command.
    '--entrypoint=',
    run.image,
    ...run.command,
  ];
}

/** By its name a container is ended in one command: an interrupted process has little time. */
function nameOf(owner: string): string {
  return `nx-lambda-python-${owner}`;
}

/** The user in a container that shares no file with this machine: one that may do everything there. */
export const ROOT_USER: UserMapping = { uid: 0, gid: 0, daemon: 'root' };

function inputArguments(engine: ContainerEngine, input: ContainerRun['input']): string[] {
  if (input === 'none') return [];
  if (input === 'detached') return ['--detach'];
  if (input === 'terminal') return ['--interactive', '--tty'];
  // Without it the engine would also keep in its log what is copied out.
  const log = engine === 'docker' || engine === 'podman' ? ['--log-driver=none'] : [];
  return ['--interactive', ...log];
}

/**
 * The container's user is chosen so that every file it leaves belongs to the user who builds.
 * It is always named, since the image's own user may be unable to write to this user's directories.
 */
function userArguments(engine: ContainerEngine, { uid, gid, daemon }: UserMapping): string[] {
  const isRoot = uid === undefined || gid === undefined || uid === 0;
  if (engine === 'podman' && !isRoot) return ['--userns=keep-id', `--user=${uid}:${gid}`];
  const user = isRoot || daemon === 'rootless' ? '0:0' : `${uid}:${gid}`;
  return [...(daemon === 'remapped' ? ['--userns=host'] : []), `--user=${user}`];
}

/** A comma-separated list in which a field may be quoted as in CSV. */
function mountValue({ source, target, readOnly, isVolume }: Mount): string {
  const fields = [`type=${isVolume ? 'volume' : 'bind'}`, `source=${source}`, `target=${target}`];
  if (readOnly) fields.push('readonly');
  return fields
    .map((field) => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(',');
}

/**
 * Runs an engine's client. The container ends with this call, also when the client was killed or this process is
 * asked to end: a client that is killed, or slow, passes no signal on.
 */
export async function runClient(
  engine: ContainerEngine,
  run: ContainerRun,
  options: ExecOptions,
  exec: Exec,
): Promise<ExecResult> {
  const end = (): Promise<void> => endContainer(engine, run.owner, exec);
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

/**
 * Ends the containers of this machine's dead processes: they would go on compiling, and write into directories that
 * are swept. At a shared daemon, those of other machines are left alone.
 */
export async function sweepContainers(engine: ContainerEngine, exec: Exec): Promise<void> {
  const format = '{{.ID}} {{.Labels}}';
  const filter = `label=${OWNER_LABEL}`;
  const listed = await exec(engine, ['ps', '--all', '--filter', filter, '--format', format]);
  const ids = listed.stdout.split('\n').flatMap((line) => {
    const [id = ''] = line.trim().split(' ');
    // Engines write labels in several ways, an owner's name in one.
    const owner = OWNED_NAME.exec(line.slice(id.length))?.[0];
    return owner !== undefined && isAbandoned(owner) ? [id] : [];
  });
  await removeContainers(engine, ids, exec);
}

/** @param owner of `ContainerRun.owner` */
export async function endContainer(
  engine: ContainerEngine,
  owner: string | undefined,
  exec: Exec,
): Promise<void> {
  await removeContainers(engine, owner === undefined ? [] : [nameOf(owner)], exec);
}

async function removeContainers(
  engine: ContainerEngine,
  containers: readonly string[],
  exec: Exec,
): Promise<void> {
  if (containers.length === 0) return;
  // Podman's `rm --force` alone waits ten seconds for the container to end.
  await exec(engine, ['kill', ...containers]);
  await exec(engine, ['rm', '--force', ...containers]);
}
