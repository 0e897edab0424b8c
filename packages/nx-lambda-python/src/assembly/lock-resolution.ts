/** The distributions that the input comes to: by pip where a build would run it, or by uv. */

import { LambdaPythonError } from '../errors';
import {
  conflictingVersions,
  keptVersions,
  readPins,
  readReport,
  type Pin,
} from '../packaging/requirements/lock-file';
import { exec, type Exec } from '../platform/process/exec';
import { readPipConfiguration, withConstraints } from '../platform/pip/configuration';
import { reportInContainer } from '../platform/pip/in-container';
import { reportOnHost } from '../platform/pip/on-host';
import type { ContainerPlace } from '../platform/pip/pip-container';
import { describeTarget, type ResolveRequest } from '../platform/pip/request';
import { redactedError, redactingExec, type Redact } from '../platform/process/redact';
import { lockByUv, type Upgrade } from '../platform/pip/uv';
import type { DiskWheelStore } from '../platform/store/wheel-store';
import type { Marker } from '../service/marker';
import { containerPlace } from './container-place';
import { buildImageName, chooseImage } from './image';
import type { BuildOptions } from './normalize';
import { buildSecrets } from './secrets';
import type { LockInput } from './lock-input';

/** Where the kept versions stand among the files that pip reads. */
const KEPT_FILE = '.nx-lambda-python/kept-versions.txt';

export async function resolvePins(
  input: LockInput,
  options: BuildOptions,
  marker: Marker,
  store: DiskWheelStore,
  { tool, upgrade }: { tool: 'pip' | 'uv'; upgrade: Upgrade },
): Promise<Pin[]> {
  // pip refuses an empty list.
  if (input.meaning.requirements.length === 0) return [];
  const configuration = withConstraints(readPipConfiguration(), options, (text, path) =>
    input.secrets.protect(text, path),
  );
  for (const words of configuration.unheeded ?? []) console.warn(`warning: ${words}`);
  const { forPip, redact } = buildSecrets(input.secrets, input.files.values(), configuration);
  const request: ResolveRequest = {
    runtime: marker.runtime,
    architecture: marker.architecture,
    files: input.files,
    requirements: input.requirements,
    constraints: options.constraints,
    pipArguments: options.pipArgs,
    configuration,
    ssh: options.ssh,
    secrets: forPip,
    onLine: (line) => console.log(`  ${line}`),
  };
  const run = redactingExec(exec, redact);
  try {
    if (tool === 'uv') return await pinsByUv(request, input, upgrade, store, run);
    const place = await findPlace(options, marker, store, redact);
    const kept =
      input.previous === undefined || upgrade.all
        ? new Map<string, string>()
        : keptVersions(input.previous, input.meaning.requirements, upgrade.packages);
    const where = place
      ? `in ${place.image.engine}, ${place.image.name}`
      : 'by pip on this machine';
    console.log(`resolving ${describeTarget(request)} ${where}`);
    return await pinsByPip(request, kept, { place, store, exec: run });
  } catch (error) {
    throw redactedError(error, redact);
  }
}

async function pinsByUv(
  request: ResolveRequest,
  { previous }: LockInput,
  upgrade: Upgrade,
  store: DiskWheelStore,
  run: Exec,
): Promise<Pin[]> {
  console.log(`resolving ${describeTarget(request)} by uv`);
  const text = await store.withDirectory((directory) =>
    lockByUv(directory, request, previous, upgrade, run),
  );
  const pins = readPins(text);
  if (pins) return pins;
  throw new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: 'uv resolved something that has no hash: a repository or a directory',
    hint: 'require its release archive, which has a hash: `name @ https://…/archive/<commit>.tar.gz`',
  });
}

/** Where pip runs, and what runs it. */
interface Pip {
  place: ContainerPlace | undefined;
  store: DiskWheelStore;
  exec: Exec;
}

/** Versions of the existing lock stay as constraints; those that pip cannot keep are given up. */
async function pinsByPip(
  request: ResolveRequest,
  kept: ReadonlyMap<string, string>,
  pip: Pip,
): Promise<Pin[]> {
  const { place, store, exec: run } = pip;
  const lines: string[] = [];
  const own: ResolveRequest = {
    ...withKept(request, kept),
    onLine: (line) => {
      lines.push(line);
      request.onLine(line);
    },
  };
  try {
    const report = await store.withDirectory((directory) =>
      place ? reportInContainer(directory, own, place, run) : reportOnHost(directory, own, run),
    );
    return readReport(report);
  } catch (error) {
    const output = lines.join('\n');
    if (/no such option: --report/.test(output)) throw pipTooOld(error);
    if (kept.size === 0 || !isUnresolved(error)) throw error;
    const named = conflictingVersions(output, kept);
    const dropped = named.length > 0 ? named : [...kept.keys()];
    console.log(
      named.length > 0
        ? `no longer possible, so it may change: ${named.join(', ')}`
        : 'not possible with the versions of the existing lock: all may change',
    );
    const fewer = new Map([...kept].filter(([name]) => !dropped.includes(name)));
    return pinsByPip(request, fewer, pip);
  }
}

function withKept(request: ResolveRequest, kept: ReadonlyMap<string, string>): ResolveRequest {
  if (kept.size === 0) return request;
  const text = [...kept].map(([name, version]) => `${name}==${version}\n`).join('');
  return {
    ...request,
    files: new Map([...request.files, [KEPT_FILE, text]]),
    constraints: [...request.constraints, KEPT_FILE],
  };
}

async function findPlace(
  options: BuildOptions,
  { runtime, architecture }: Marker,
  store: DiskWheelStore,
  redact: Redact,
): Promise<ContainerPlace | undefined> {
  const name = buildImageName(options.image, { runtime, architecture });
  const image = await chooseImage(options, name, architecture, store, redact);
  return image && containerPlace(options, image, image.digest, store);
}

function isUnresolved(error: unknown): boolean {
  return (
    error instanceof LambdaPythonError &&
    (error.code === 'PIP_FAILED' || error.code === 'WHEEL_UNAVAILABLE')
  );
}

function pipTooOld(cause: unknown): LambdaPythonError {
  return new LambdaPythonError('LOCK_FAILED', {
    message: 'pip is older than 22.2 and cannot report what it would install',
    hint: 'name an image with a newer pip: "image": "<name>" on the build target, or lock by uv: `--tool=uv`',
    cause,
  });
}
