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
  /** Further arguments of `run`, as the user gave them. */
  extraArguments: readonly string[];
  command: readonly string[];
}

export interface Mount {
  source: string;
  target: string;
  readOnly: boolean;
}

export interface UserMapping {
  /** Undefined on Windows, where files have no such owner. */
  uid: number | undefined;
  gid: number | undefined;
  /** The daemon itself runs as this user, so that root inside is this user outside. */
  rootless: boolean;
}

export function runArguments(engine: ContainerEngine, run: ContainerRun): string[] {
  return [
    'run',
    '--rm',
    // Reaps and forwards signals, so that Ctrl-C ends pip and its compilers.
    '--init',
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

/** The container's user is chosen so that every file it leaves belongs to the one who builds. */
function userArguments(engine: ContainerEngine, { uid, gid, rootless }: UserMapping): string[] {
  if (uid === undefined || gid === undefined || uid === 0) return [];
  if (engine === 'podman') return ['--userns=keep-id'];
  return rootless ? [] : [`--user=${uid}:${gid}`];
}

/** A comma-separated list in which a field may be quoted as in CSV. */
function mountValue({ source, target, readOnly }: Mount): string {
  const fields = ['type=bind', `source=${source}`, `target=${target}`];
  if (readOnly) fields.push('readonly');
  return fields
    .map((field) => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(',');
}
