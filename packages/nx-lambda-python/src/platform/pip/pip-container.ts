/** The container that pip runs in: what it sees of this machine, its environment and its user. */

import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manylinuxModule } from '../../packaging/wheel/names';
import type { Mount } from '../engines/container';
import { containerPlatform, type BuildImage } from '../engines/image';
import { UNSEEN, type ContainerTask, type MountChoice } from '../engines/run';
import type { Exec } from '../process/exec';
import {
  machineNames,
  settingsBelow,
  SOURCE_DATE_EPOCH,
  TEMPORARY,
  writeInput,
  type ResolveRequest,
} from './request';
import { forwardSsh } from './ssh';

export interface ContainerPlace {
  image: BuildImage;
  network: string | undefined;
  /** How files get into the container. */
  mount: MountChoice;
  /** What the user mounts besides. */
  volumes: readonly Mount[];
  /** Variables with a value that anybody may read. */
  environment: Readonly<Record<string, string>>;
  /** Names of this process's variables that the container gets. */
  inherited: readonly string[];
  extraArguments: readonly string[];
  /** pip's cache on this machine, one per build image, since it keeps wheels built there. */
  pipCache: string;
}

/** Where a resolution's directory is in the container. */
export const ROOT = '/nx-lambda-python';
/** Lets pip do what it is asked; where it is not there, mounts do not work. */
export const RESOLVE = `${ROOT}/resolve.py`;
const CERTIFICATES = `${ROOT}-certificates.crt`;
/** Exit code of resolve_in_container.py for an image of another Python or processor. */
export const MISFIT = 64;

/** What resolve_in_container.py is asked to run. */
export type Work = { pip: readonly string[] } | { commands: readonly (readonly string[])[] };

export interface PipContainer {
  task: ContainerTask;
  /** For the engine's own environment; they may be secret. */
  secrets: Record<string, string>;
}

/** Lays out `directory` for a container, whose command is to let pip do what it is asked. */
export async function pipContainer(
  directory: string,
  request: ResolveRequest,
  place: ContainerPlace,
  work: Work,
  exec: Exec,
): Promise<PipContainer> {
  writeInput(directory, request);
  writeHelpers(directory, request, work);
  mkdirSync(place.pipCache, { recursive: true });
  const { configuration } = request;
  const { variables, netrc } = request.secrets();
  for (const name of Object.keys(configuration.host ?? {})) {
    request.onLine(
      `warning: ${name} is not passed into the container: it names something of this machine`,
    );
  }
  const secrets = {
    ...proxyVariables(),
    ...settingsBelow(ROOT, request),
    ...variables,
    ...(netrc ? { NX_LAMBDA_PYTHON_NETRC: netrc } : {}),
  };
  const ssh = await forwardSsh(
    {
      choice: request.ssh,
      texts: [...request.files.values(), ...(configuration.constraints?.files.values() ?? [])],
      engine: place.image.engine,
      directory,
      root: ROOT,
      environment: process.env,
    },
    exec,
  );
  const task = {
    image: place.image.name,
    platform: containerPlatform(request.architecture),
    mounts: [...mounts(directory, place, configuration.certificates), ...(ssh?.mounts ?? [])],
    environment: { ...environment(request), ...ssh?.environment, ...place.environment },
    inherited: [...new Set([...Object.keys(secrets), ...place.inherited])],
    workdir: ROOT,
    network: place.network,
    extraArguments: place.extraArguments,
    command: ['sh', '-c', `test -f ${RESOLVE} || exit ${UNSEEN}; exec ${resolveCommand(request)}`],
  };
  return { task, secrets };
}

function environment({ configuration }: ResolveRequest): Record<string, string> {
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
    // Where pip looks for `_manylinux` (PEP 600).
    PYTHONPATH: `${ROOT}/platform`,
    // Nobody is there to answer git's questions.
    GIT_TERMINAL_PROMPT: '0',
    ...(configuration.certificates ? certificateVariables() : {}),
  };
}

function writeHelpers(directory: string, request: ResolveRequest, work: Work): void {
  for (const name of ['home', 'platform', 'pip-cache', TEMPORARY]) mkdirSync(join(directory, name));
  // Whatever glibc the image has, pip may only take wheels that the runtime's can load.
  writeFileSync(join(directory, 'platform', '_manylinux.py'), manylinuxModule(request.runtime));
  copyFileSync(join(__dirname, 'resolve_in_container.py'), join(directory, 'resolve.py'));
  copyFileSync(join(__dirname, 'guarded_pip.py'), join(directory, 'guarded_pip.py'));
  const { python } = request.runtime;
  const machines = machineNames(request.architecture);
  writeFileSync(join(directory, 'request.json'), JSON.stringify({ python, machines, ...work }));
}

/** Lets pip do what it is asked, in a shell of the container. Images name their Python in several ways. */
export function resolveCommand({ runtime }: Pick<ResolveRequest, 'runtime'>): string {
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
