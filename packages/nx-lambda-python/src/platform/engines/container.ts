/** One container run, and the argument list that asks an engine for it. */

export const CONTAINER_ENGINES = ['docker', 'podman', 'finch', 'nerdctl'] as const;
export type ContainerEngine = (typeof CONTAINER_ENGINES)[number];

export interface ContainerRun {
  image: string;
  /** `linux/amd64` or `linux/arm64` */
  platform: string;
  mounts: readonly Mount[];
  /** Values that anybody may read: they stand in the argument list. */
  environment: Readonly<Record<string, string>>;
  /** Names of variables whose values only pass through the engine's environment. */
  inherited: readonly string[];
  workdir: string;
  network?: string;
  /** Who the files in mounts shall belong to; see `userArguments`. */
  user: UserMapping;
  /** Whose container it is, see `platform/owner.ts`: a killed build's is ended by the next one. */
  owner: string | undefined;
  /** What the command reads: nothing, what is piped into the engine, or a person. `detached`: it only waits. */
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

/** `rootless`: root inside is the user who runs the daemon; `remapped`: every user inside is another one outside. */
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
    ...(run.owner === undefined ? [] : [`--label=${OWNER_LABEL}=${run.owner}`]),
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

/** The user in a container that shares no file with this machine: none that could be refused something there. */
export const ROOT_USER: UserMapping = { uid: 0, gid: 0, daemon: 'root' };

function inputArguments(engine: ContainerEngine, input: ContainerRun['input']): string[] {
  if (input === 'none') return [];
  if (input === 'detached') return ['--detach'];
  if (input === 'terminal') return ['--interactive', '--tty'];
  // What is copied out would else be kept in the engine's log, too.
  const log = engine === 'docker' || engine === 'podman' ? ['--log-driver=none'] : [];
  return ['--interactive', ...log];
}

/**
 * The container's user is chosen so that every file it leaves belongs to the one who builds.
 * It is always named, since the image may name one who can't write to this user's directories.
 */
function userArguments(engine: ContainerEngine, { uid, gid, daemon }: UserMapping): string[] {
  if (uid === undefined || gid === undefined || uid === 0) {
    return [...(daemon === 'remapped' ? ['--userns=host'] : []), '--user=0:0'];
  }
  if (engine === 'podman') return ['--userns=keep-id', `--user=${uid}:${gid}`];
  if (daemon === 'rootless') return ['--user=0:0'];
  return [...(daemon === 'remapped' ? ['--userns=host'] : []), `--user=${uid}:${gid}`];
}

/** A comma-separated list in which a field may be quoted as in CSV. */
function mountValue({ source, target, readOnly, isVolume }: Mount): string {
  const fields = [`type=${isVolume ? 'volume' : 'bind'}`, `source=${source}`, `target=${target}`];
  if (readOnly) fields.push('readonly');
  return fields
    .map((field) => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(',');
}
