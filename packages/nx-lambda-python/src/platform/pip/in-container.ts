/** pip in a container: what it sees of this machine, its environment and its user, and what it is asked for. */

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { manylinuxModule } from '../../packaging/wheel/names';
import type { Mount } from '../engines/container';
import { NEW_ENTRIES } from '../engines/copy';
import { containerPlatform, type BuildImage } from '../engines/image';
import { runContainer, UNSEEN, type ContainerTask, type MountChoice } from '../engines/run';
import type { Exec } from '../process/exec';
import { withSoundCache } from './cache-damage';
import { pipFailure } from './failure';
import {
  describeTarget,
  fileArguments,
  machineNames,
  REPORT,
  reportArguments,
  settingsBelow,
  SOURCE_DATE_EPOCH,
  TEMPORARY,
  TREE,
  UTF8_MODE,
  WHEELS,
  wheelsIn,
  withoutSettings,
  writeInput,
  type Pip,
  type PipInput,
  type PipSettings,
  type PlacedInput,
  type Target,
} from './pip';
import { forwardSsh, type SshChoice } from './ssh';

export interface ContainerPlace {
  image: BuildImage;
  network: string | undefined;
  /** How files get into the container. */
  mount: MountChoice;
  /** What the user mounts in addition. */
  volumes: readonly Mount[];
  /** Variables whose values anybody may read. */
  environment: Readonly<Record<string, string>>;
  /** Names of this process's variables that the container gets. */
  inherited: readonly string[];
  extraArguments: readonly string[];
  /** Whether git in the container may use this machine's ssh agent. */
  ssh: SshChoice;
  /** pip's cache on this machine, one per build image, since it keeps wheels built there. */
  pipCache: string;
}

/** Where a resolution's directory is in the container. */
export const ROOT = '/nx-lambda-python';
/** Starts pip. A container without this file does not see what was mounted. */
export const RESOLVE = `${ROOT}/resolve.py`;
const CERTIFICATES = `${ROOT}-certificates.crt`;
/** Exit code of resolve_in_container.py for an image of another Python or processor. */
const MISFIT = 64;

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
    wheels: async (directory, input) => {
      await run(directory, input, pipWork('wheels', directory, input), WHEELS);
      return wheelsIn(directory);
    },
    install: async (directory, input) => {
      await run(directory, input, pipWork('install', directory, input), TREE);
      return join(directory, TREE);
    },
    report: async (directory, input) => {
      const pip = ['install', ...fileArguments(ROOT, input), ...reportArguments(ROOT)];
      await run(directory, input, { pip }, NEW_ENTRIES);
      return readFileSync(join(directory, REPORT), 'utf8');
    },
  };
}

/**
 * pip's arguments for wheels of all requirements, published or built from their source, or for a tree that has them
 * installed, whose directory is made. The last arguments count, so ours stand after the user's.
 */
export function pipWork(
  what: 'wheels' | 'install',
  directory: string,
  input: PlacedInput,
): { pip: string[] } {
  const files = fileArguments(ROOT, input);
  mkdirSync(join(directory, what === 'wheels' ? WHEELS : TREE));
  if (what === 'wheels') return { pip: ['wheel', ...files, `--wheel-dir=${ROOT}/${WHEELS}`] };
  // Bytecode would hold times, and it is a third of a package's size. Conflicts would be with what the image has.
  const options = ['--no-compile', '--no-warn-conflicts', `--target=${ROOT}/${TREE}`];
  return { pip: ['install', ...files, ...options] };
}

interface PipRun {
  place: ContainerPlace;
  settings: PipSettings;
  work: Work;
  /** Below the directory: what pip leaves there. */
  leaves: string;
}

async function runPip(
  directory: string,
  input: PipInput,
  { place, settings, work, leaves }: PipRun,
  exec: Exec,
): Promise<void> {
  const { image, mount } = place;
  const target = describeTarget(settings.target);
  const { task, secrets } = await layOutPip(directory, input, { place, settings, work }, exec);
  const options = {
    mount,
    secrets,
    onLine: settings.onLine,
    leaves: { source: directory, target: ROOT, names: [leaves] },
  };
  const { exitCode, output } = await withSoundCache(place.pipCache, (more) => {
    const environment = { ...task.environment, ...more };
    return runContainer(image, { ...task, environment }, options, exec);
  });
  if (exitCode === MISFIT) {
    throw new LambdaPythonError('IMAGE_UNAVAILABLE', {
      message: `the build image \`${image.name}\` does not fit ${target}: ${output.trim().split('\n').at(-1)}`,
      hint: 'name an image of that runtime: "image": "<name>" on the build target, or correct `runtime` and `architecture` in pyproject.toml',
    });
  }
  if (exitCode !== 0) throw pipFailure({ output, target, place: 'container' });
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
  writeInput(directory, input, configuration);
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
    mounts: [...mounts(directory, place, configuration.certificates), ...(ssh?.mounts ?? [])],
    environment: { ...environment(settings), ...ssh?.environment, ...place.environment },
    inherited: [...new Set([...Object.keys(secrets), ...place.inherited])],
    workdir: ROOT,
    network: place.network,
    extraArguments: place.extraArguments,
    command: ['sh', '-c', `test -f ${RESOLVE} || exit ${UNSEEN}; exec ${resolveCommand(target)}`],
  };
  return { task, secrets };
}

function environment({ configuration }: PipSettings): Record<string, string> {
  return {
    HOME: `${ROOT}/home`,
    PIP_CACHE_DIR: `${ROOT}/pip-cache`,
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_COLOR: '1',
    PIP_NO_INPUT: '1',
    // An older wheel that the runtime can load, rather than a newer source that takes minutes to compile.
    ...(configuration.deciding['PIP_PREFER_BINARY'] ? {} : { PIP_PREFER_BINARY: '1' }),
    PIP_PROGRESS_BAR: 'off',
    PIP_ROOT_USER_ACTION: 'ignore',
    SOURCE_DATE_EPOCH,
    ...UTF8_MODE,
    // Where pip looks for `_manylinux` (PEP 600).
    PYTHONPATH: `${ROOT}/platform`,
    // Nobody can answer git's questions.
    GIT_TERMINAL_PROMPT: '0',
    ...(configuration.certificates ? certificateVariables() : {}),
  };
}

function writeHelpers(directory: string, { runtime, architecture }: Target, work: Work): void {
  for (const name of ['home', 'platform', 'pip-cache', TEMPORARY]) mkdirSync(join(directory, name));
  // Whatever glibc the image has, pip may only take wheels that the runtime's can load.
  writeFileSync(join(directory, 'platform', '_manylinux.py'), manylinuxModule(runtime));
  copyFileSync(join(__dirname, 'resolve_in_container.py'), join(directory, 'resolve.py'));
  copyFileSync(join(__dirname, 'guarded_pip.py'), join(directory, 'guarded_pip.py'));
  const { python } = runtime;
  const machines = machineNames(architecture);
  writeFileSync(join(directory, 'request.json'), JSON.stringify({ python, machines, ...work }));
}

/** Lets pip do what it is asked, in a shell of the container. Images name their Python in several ways. */
export function resolveCommand({ runtime }: Target): string {
  const versioned = `python${runtime.python.join('.')}`;
  return `$(command -v ${versioned} || command -v python3 || echo python) ${RESOLVE} ${ROOT}/request.json`;
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
