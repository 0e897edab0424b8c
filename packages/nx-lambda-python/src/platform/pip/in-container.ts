/** pip in a container: what it sees of this machine, its environment and its user, and what it is asked for. */

import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { manylinuxModule } from '../../packaging/wheel/names';
import type { Mount } from '../engines/container';
import { NEW_ENTRIES } from '../engines/copy';
import { containerPlatform } from '../engines/image';
import {
  ifSeen,
  imagePython,
  MISFIT,
  ROOT,
  runContainer,
  type ContainerTask,
  type ImagePlace,
} from '../engines/run';
import { lastLine, type Exec, type ExecResult } from '../process/exec';
import { askIndexBy } from './ask-index';
import { withSoundCache } from './cache-damage';
import { pipFailure } from './failure';
import {
  describeTarget,
  fileArguments,
  LEFT,
  machineNames,
  PIP_ENVIRONMENT,
  reportArguments,
  settingsBelow,
  TEMPORARY,
  withoutSettings,
  writeInput,
  type Asked,
  type ObjectsAt,
  type Pip,
  type PipInput,
  type PipSettings,
  type PlacedInput,
  type Target,
} from './pip';
import { forwardSsh, type SshChoice } from './ssh';

export interface ContainerPlace extends ImagePlace {
  /** What the user mounts in addition. */
  volumes: readonly Mount[];
  environment: ContainerVariables;
  /** Whether git in the container may use this machine's ssh agent. */
  ssh: SshChoice;
  /** pip's cache on this machine, one per build image, since it keeps wheels built there. */
  pipCache: string;
}

export interface ContainerVariables {
  /** Written out in the options: they are part of the engine's arguments. */
  literal: Readonly<Record<string, string>>;
  /** Only named: their values come from this process's environment. */
  inherited: readonly string[];
}

/** Starts pip. A container without this file does not see what was mounted. */
export const RESOLVE = `${ROOT}/resolve.py`;
const CERTIFICATES = `${ROOT}-certificates.crt`;

/** What resolve_in_container.py is asked to run. */
type Work = { pip: readonly string[] } | { commands: readonly (readonly string[])[] };

/** The build image's own pip. */
export function containerPip(place: ContainerPlace, settings: PipSettings, exec: Exec): Pip {
  const { image } = place;
  const run = (directory: string, input: PipInput, work: Work, leaves: string, own = settings) =>
    runPip(directory, input, { place, settings: own, work, leaves }, exec);
  return {
    onHost: false,
    where: `in ${image.engine}, ${image.name}`,
    resolvedBy: {
      image: image.name.includes('@') ? image.name : `${image.name}@${image.digest}`,
      engine: image.engine,
    },
    rootOf: () => ROOT,
    run: async (directory, input, commands, unset = []) => {
      mkdirSync(directory, { recursive: true });
      const own = withoutSettings(settings, unset);
      await run(directory, input, { commands }, NEW_ENTRIES, own);
    },
    make: (what, directory, input) =>
      run(directory, input, pipWork(what, directory, input), LEFT[what]),
  };
}

/**
 * pip's arguments; wheels are published ones, or built from their source. The directory that pip fills is made. The
 * last arguments count, so ours stand after the user's.
 */
export function pipWork(what: Asked, directory: string, input: PlacedInput): { pip: string[] } {
  const files = fileArguments(ROOT, input);
  if (what === 'report') return { pip: ['install', ...files, ...reportArguments(ROOT)] };
  mkdirSync(join(directory, LEFT[what]));
  const left = `${ROOT}/${LEFT[what]}`;
  if (what === 'wheels') return { pip: ['wheel', ...files, `--wheel-dir=${left}`] };
  // Bytecode would hold times, and it is a third of a package's size. Conflicts would be with what the image has.
  const options = ['--no-compile', '--no-warn-conflicts', `--target=${left}`];
  return { pip: ['install', ...files, ...options] };
}

interface PipRun {
  place: ContainerPlace;
  settings: PipSettings;
  work: Work;
  /** Below the directory: what pip leaves there. */
  leaves: string;
}

async function runPip(directory: string, input: PipInput, run: PipRun, exec: Exec): Promise<void> {
  const { place, settings, work } = run;
  const { exitCode, output } = await startPip(directory, input, run, exec);
  if (exitCode === 0) return;
  const { target } = settings;
  if (exitCode === MISFIT) {
    throw new LambdaPythonError('IMAGE_UNAVAILABLE', {
      message: `the build image \`${place.image.name}\` does not fit ${describeTarget(target)}: ${lastLine(output)}`,
      hint: 'name an image of that runtime: "image": "<name>" on the build target, or correct `runtime` and `architecture` in pyproject.toml',
    });
  }
  const askIndex = askIndexBy({
    directory,
    root: ROOT,
    commands: 'pip' in work ? [['-m', 'pip', ...work.pip]] : work.commands,
    run: (command) => {
      const quiet = { ...settings, onLine: () => undefined };
      const question = { ...run, settings: quiet, work: { commands: [command] } };
      return startPip(directory, input, { ...question, leaves: NEW_ENTRIES }, exec);
    },
  });
  throw await pipFailure({ output, target, place: 'container', files: input.files }, askIndex);
}

async function startPip(
  directory: string,
  input: PipInput,
  { place, settings, work, leaves }: PipRun,
  exec: Exec,
): Promise<ExecResult> {
  const { image, mount } = place;
  const { task, secrets } = await layOutPip(directory, input, { place, settings, work }, exec);
  const options = {
    mount,
    secrets,
    onLine: settings.onLine,
    leaves: { source: directory, target: ROOT, names: [leaves] },
  };
  return withSoundCache(place.pipCache, (more) => {
    const environment = { ...task.environment, ...more };
    return runContainer(image, { ...task, environment }, options, exec);
  });
}

/**
 * Lays out `directory` for a container, whose command is to let pip do what it is asked.
 * @returns the container, and variables for the engine's own environment, which may be secret
 */
export async function layOutPip(
  directory: string,
  input: PipInput,
  { place, settings, work }: Omit<PipRun, 'leaves'>,
  exec: Exec,
) {
  const { target, configuration, onLine } = settings;
  writeInput(directory, input, configuration, objectsAt);
  writeHelpers(directory, target, work);
  mkdirSync(place.pipCache, { recursive: true });
  const { variables, netrc } = settings.secrets();
  for (const name of Object.keys(configuration.host ?? {})) {
    onLine(`warning: ${name} is not passed into the container: it names something of this machine`);
  }
  const secrets: Record<string, string> = {
    ...proxyVariables(),
    ...settingsBelow(ROOT, configuration),
    ...variables,
    ...(netrc ? { NX_LAMBDA_PYTHON_NETRC: netrc } : {}),
  };
  const ssh = await forwardSsh(
    {
      choice: place.ssh,
      texts: [...input.files.values(), ...(configuration.constraints?.files.values() ?? [])],
      engine: place.image.engine,
      directory,
      root: ROOT,
      environment: process.env,
    },
    exec,
  );
  const task: ContainerTask = {
    image: place.image.name,
    platform: containerPlatform(target.architecture),
    mounts: [
      ...mounts(directory, place, configuration.certificates),
      ...objectMounts(input),
      ...(ssh?.mounts ?? []),
    ],
    environment: { ...environment(settings), ...ssh?.environment, ...place.environment.literal },
    inherited: [...new Set([...Object.keys(secrets), ...place.environment.inherited])],
    workdir: ROOT,
    network: place.network,
    extraArguments: place.extraArguments,
    command: ifSeen(RESOLVE, `exec ${resolveCommand(target)}`),
  };
  return { task, secrets };
}

function environment({ configuration }: PipSettings): Record<string, string> {
  return {
    HOME: `${ROOT}/home`,
    PIP_CACHE_DIR: `${ROOT}/pip-cache`,
    ...PIP_ENVIRONMENT,
    // An older wheel that the runtime can load, rather than a newer source that takes minutes to compile.
    ...(configuration.deciding['PIP_PREFER_BINARY'] ? {} : { PIP_PREFER_BINARY: '1' }),
    PIP_ROOT_USER_ACTION: 'ignore',
    // Where pip looks for `_manylinux` (PEP 600).
    PYTHONPATH: `${ROOT}/platform`,
    // Nobody can answer git's questions.
    GIT_TERMINAL_PROMPT: '0',
    ...(configuration.certificates ? certificateVariables() : {}),
  };
}

function writeHelpers(directory: string, { runtime, architecture }: Target, work: Work): void {
  for (const name of ['home', 'platform', 'pip-cache', TEMPORARY]) {
    mkdirSync(join(directory, name), { recursive: true });
  }
  // The files there may belong to another user of the container; they are ours.
  writeFileSync(join(directory, 'home', '.gitconfig'), '[safe]\n\tdirectory = *\n');
  // Whatever glibc the image has, pip may only take wheels that the runtime's can load.
  writeFileSync(join(directory, 'platform', '_manylinux.py'), manylinuxModule(runtime));
  copyFileSync(join(__dirname, 'resolve_in_container.py'), join(directory, 'resolve.py'));
  copyFileSync(join(__dirname, 'guarded_pip.py'), join(directory, 'guarded_pip.py'));
  const { python } = runtime;
  const machines = machineNames(architecture);
  writeFileSync(join(directory, 'request.json'), JSON.stringify({ python, machines, ...work }));
}

/** Lets pip do what it is asked, in a shell of the container. */
export function resolveCommand({ runtime }: Target): string {
  return `${imagePython(runtime)} ${RESOLVE} ${ROOT}/request.json`;
}

function mounts(
  directory: string,
  place: ContainerPlace,
  certificates: string | undefined,
): Mount[] {
  return [
    { source: directory, target: ROOT, readOnly: false },
    { source: place.pipCache, target: `${ROOT}/pip-cache`, readOnly: false, isCache: true },
    ...(certificates ? [{ source: certificates, target: CERTIFICATES, readOnly: true }] : []),
    ...place.volumes,
  ];
}

const objectsAt: ObjectsAt = (_, index) => `${ROOT}-objects-${index}`;

function objectMounts({ git = [] }: PipInput): Mount[] {
  return git.flatMap(({ commits }, index) =>
    commits ? [{ source: commits.objects, target: objectsAt(commits, index), readOnly: true }] : [],
  );
}

/** Every common program's name for the same file. */
function certificateVariables(): Record<string, string> {
  const names = [
    'PIP_CERT',
    'REQUESTS_CA_BUNDLE',
    'SSL_CERT_FILE',
    'CURL_CA_BUNDLE',
    'GIT_SSL_CAINFO',
  ];
  return Object.fromEntries(names.map((name) => [name, CERTIFICATES]));
}

function proxyVariables(): Record<string, string> {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY'];
  return Object.fromEntries(
    [...names, ...names.map((name) => name.toLowerCase())].flatMap((name) => {
      const value = process.env[name];
      return value ? [[name, value]] : [];
    }),
  );
}
