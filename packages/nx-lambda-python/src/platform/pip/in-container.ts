/** Resolves or installs requirements by the build image's own pip, in one container run. */

import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LambdaPythonError } from '../../errors';
import type { ResolvedWheels } from '../../packaging/wheel-set';
import { manylinuxModule } from '../../packaging/wheel/tags';
import { runArguments, type Mount } from '../engines/container';
import { containerPlatform, type BuildImage } from '../engines/image';
import type { Exec } from '../exec';
import { mayBeCacheDamage, pipFailure } from './failure';
import {
  describeTarget,
  fileArguments,
  machineNames,
  readReport,
  reportArguments,
  SOURCE_DATE_EPOCH,
  TREE,
  wheelsIn,
  WHEELS,
  writeInput,
  type ResolveRequest,
} from './request';
import { forwardSsh } from './ssh';

export interface ContainerPlace {
  image: BuildImage;
  network: string | undefined;
  extraArguments: readonly string[];
  /** pip's cache on this machine, one per build image, since it keeps wheels built there. */
  pipCache: string;
}

/** Where the directory of a resolution is mounted. */
export const ROOT = '/nx-lambda-python';
const CERTIFICATES = `${ROOT}-certificates.crt`;
const MISFIT = 64;

/** Wheels for all requirements: published ones, or built from their source. */
export async function resolveInContainer(
  directory: string,
  request: ResolveRequest,
  place: ContainerPlace,
  exec: Exec,
): Promise<ResolvedWheels> {
  mkdirSync(join(directory, WHEELS));
  const pip = ['wheel', ...fileArguments(ROOT, request), `--wheel-dir=${ROOT}/${WHEELS}`];
  const ran = await runPip(directory, request, place, pip, exec);
  return { files: wheelsIn(directory), ...ran };
}

/** The directory that pip filled by `install --target`. */
export async function installInContainer(
  directory: string,
  request: ResolveRequest,
  place: ContainerPlace,
  exec: Exec,
): Promise<{ tree: string; image: string; engine: string }> {
  mkdirSync(join(directory, TREE));
  // The last of pip's options counts, so these stand after the user's.
  const pip = [
    'install',
    ...fileArguments(ROOT, request),
    // Bytecode would hold times, and it is a third of a package's size.
    '--no-compile',
    // With what the image itself has installed.
    '--no-warn-conflicts',
    `--target=${ROOT}/${TREE}`,
  ];
  const ran = await runPip(directory, request, place, pip, exec);
  return { tree: join(directory, TREE), ...ran };
}

/** Runs Python's arguments one after the other in the build image, as for pip, until one fails. */
export async function runInContainer(
  directory: string,
  request: ResolveRequest,
  place: ContainerPlace,
  commands: readonly (readonly string[])[],
  exec: Exec,
): Promise<void> {
  await run(directory, request, place, { commands }, exec);
}

/** pip's report of what it would install for these requirements; nothing is installed. */
export async function reportInContainer(
  directory: string,
  request: ResolveRequest,
  place: ContainerPlace,
  exec: Exec,
): Promise<string> {
  const pip = ['install', ...fileArguments(ROOT, request), ...reportArguments(ROOT)];
  await runPip(directory, request, place, pip, exec);
  return readReport(directory);
}

async function runPip(
  directory: string,
  request: ResolveRequest,
  place: ContainerPlace,
  pip: readonly string[],
  exec: Exec,
): Promise<{ image: string; engine: string }> {
  return run(directory, request, place, { pip }, exec);
}

/** What resolve_in_container.py is asked to run. */
type Work = { pip: readonly string[] } | { commands: readonly (readonly string[])[] };

async function run(
  directory: string,
  request: ResolveRequest,
  place: ContainerPlace,
  work: Work,
  exec: Exec,
): Promise<{ image: string; engine: string }> {
  const { image } = place;
  writeInput(directory, request);
  writeHelpers(directory, request, work);
  mkdirSync(place.pipCache, { recursive: true });
  const { configuration } = request;
  const { variables, netrc } = request.secrets();
  const secrets = {
    ...proxyVariables(),
    ...configuration.connecting,
    ...configuration.deciding,
    ...variables,
    ...(netrc ? { NX_LAMBDA_PYTHON_NETRC: netrc } : {}),
  };
  const ssh = await forwardSsh(
    {
      choice: request.ssh,
      texts: request.files.values(),
      engine: image.engine,
      directory,
      root: ROOT,
      environment: process.env,
    },
    exec,
  );
  const args = runArguments(image.engine, {
    image: image.name,
    platform: containerPlatform(request.architecture),
    mounts: [...mounts(directory, place, configuration.certificates), ...(ssh?.mounts ?? [])],
    environment: {
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
      ...ssh?.environment,
    },
    inherited: Object.keys(secrets),
    workdir: ROOT,
    network: place.network,
    user: {
      uid: process.getuid?.(),
      gid: process.getgid?.(),
      rootless: await isRootless(image, exec),
    },
    extraArguments: place.extraArguments,
    command: ['sh', '-c', startScript(request)],
  });
  const run = () => exec(image.engine, args, { env: secrets, onLine: request.onLine });
  let result = await run();
  if (mayBeCacheDamage(result)) {
    rmSync(place.pipCache, { recursive: true, force: true });
    mkdirSync(place.pipCache, { recursive: true });
    result = await run();
  }
  if (result.exitCode === MISFIT) throw misfit(image, request, result.output);
  if (result.exitCode === 125 || result.exitCode === null) throw notStarted(image, result.output);
  if (result.exitCode !== 0) {
    const target = describeTarget(request);
    throw pipFailure({ output: result.output, target, place: 'container' });
  }
  return resolvedIn(place);
}

/** How a build manifest names the container. */
export function resolvedIn({ image }: ContainerPlace): { image: string; engine: string } {
  const pinned = image.name.includes('@') ? image.name : `${image.name}@${image.digest}`;
  return { image: pinned, engine: image.engine };
}

function writeHelpers(directory: string, request: ResolveRequest, work: Work): void {
  for (const name of ['home', 'platform', 'pip-cache']) mkdirSync(join(directory, name));
  // Whatever glibc the image has, pip may only take wheels that the runtime's can load.
  writeFileSync(join(directory, 'platform', '_manylinux.py'), manylinuxModule(request.runtime));
  copyFileSync(join(__dirname, 'resolve_in_container.py'), join(directory, 'resolve.py'));
  copyFileSync(join(__dirname, 'guarded_pip.py'), join(directory, 'guarded_pip.py'));
  const { python } = request.runtime;
  const machines = machineNames(request.architecture);
  writeFileSync(join(directory, 'request.json'), JSON.stringify({ python, machines, ...work }));
}

/** Images name their Python in several ways. */
function startScript({ runtime }: ResolveRequest): string {
  const versioned = `python${runtime.python.join('.')}`;
  return `exec $(command -v ${versioned} || command -v python3 || echo python) ${ROOT}/resolve.py ${ROOT}/request.json`;
}

function mounts(
  directory: string,
  place: ContainerPlace,
  certificates: string | undefined,
): Mount[] {
  return [
    { source: directory, target: ROOT, readOnly: false },
    { source: place.pipCache, target: `${ROOT}/pip-cache`, readOnly: false },
    ...(certificates ? [{ source: certificates, target: CERTIFICATES, readOnly: true }] : []),
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

/** A rootless docker maps the container's root to this user already. */
export async function isRootless({ engine }: BuildImage, exec: Exec): Promise<boolean> {
  if (engine !== 'docker' || !process.getuid?.()) return false;
  const { stdout } = await exec('docker', ['info', '--format', '{{.SecurityOptions}}']);
  return stdout.includes('rootless');
}

function misfit(image: BuildImage, request: ResolveRequest, output: string): LambdaPythonError {
  const target = describeTarget(request);
  return new LambdaPythonError('IMAGE_UNAVAILABLE', {
    message: `the build image \`${image.name}\` does not fit ${target}: ${output.trim().split('\n').at(-1)}`,
    hint: 'name an image of that runtime: "image": "<name>" on the build target, or correct `runtime` and `architecture` in pyproject.toml',
  });
}

function notStarted({ engine, name }: BuildImage, output: string): LambdaPythonError {
  return new LambdaPythonError('CONTAINER_FAILED', {
    message: `${engine} could not run the build image \`${name}\`: ${output.trim().split('\n').slice(-3).join(' ')}`,
    hint: 'correct `network` and `containerArgs` on the build target; without a bridge the network is "host"',
  });
}
