/** Finds the engine that answers and the build image's digest, usually by one `image inspect`. */

import { homedir } from 'node:os';
import { join } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { hexDigest } from '../../packaging/requirements/canonical-json';
import type { Architecture } from '../../service/runtimes';
import { readJson } from '../files/files';
import { lastLine, type Exec, type ExecResult } from '../process/exec';
import { CONTAINER_ENGINES, type ContainerEngine } from './container';

export interface BuildImage {
  engine: ContainerEngine;
  /** As the user named it. */
  name: string;
  /** `sha256:…`: the registry's digest, or the image's own if it never was in a registry. */
  digest: string;
}

export type EngineChoice = 'auto' | ContainerEngine;

export interface ImageRequest {
  choice: EngineChoice;
  image: string;
  architecture: Architecture;
}

/** What keeps one engine from being used. */
interface Refusal {
  engine: ContainerEngine;
  reason: 'not on PATH' | 'daemon not running' | 'permission denied' | 'failed';
  words: string;
}

export interface Pulling {
  /** Of builds that miss the same image, one pulls; the others wait and then find it. */
  whileAlone: <T>(work: () => Promise<T>) => Promise<T>;
  pull: (engine: ContainerEngine, arguments_: string[]) => Promise<ExecResult>;
}

/**
 * The first engine that answers, and the image, which is pulled if the engine does not have it.
 * @returns undefined when `auto` finds no engine on this machine at all
 * @throws ENGINE_UNAVAILABLE, IMAGE_UNAVAILABLE
 */
export async function findBuildImage(
  request: ImageRequest,
  exec: Exec,
  pulling: Pulling,
): Promise<BuildImage | undefined> {
  const candidates = request.choice === 'auto' ? CONTAINER_ENGINES : [request.choice];
  const refusals: Refusal[] = [];
  for (const engine of candidates) {
    const answer = await inspect(engine, request, exec);
    if ('reason' in answer) {
      refusals.push(answer);
      continue;
    }
    if (answer.digest) return { engine, name: request.image, digest: answer.digest };
    const digest = await pulling.whileAlone(() => pulledDigest(engine, request, exec, pulling));
    return { engine, name: request.image, digest };
  }
  const nowhere = refusals.every(({ reason }) => reason === 'not on PATH');
  if (nowhere && request.choice === 'auto') return undefined;
  throw unavailable(refusals);
}

export function containerPlatform(architecture: Architecture): string {
  return architecture === 'arm64' ? 'linux/arm64' : 'linux/amd64';
}

async function pulledDigest(
  engine: ContainerEngine,
  request: ImageRequest,
  exec: Exec,
  { pull }: Pulling,
): Promise<string> {
  const present = await inspect(engine, request, exec);
  if ('digest' in present && present.digest) return present.digest;
  const platform = containerPlatform(request.architecture);
  const pulled = await pull(engine, ['pull', `--platform=${platform}`, request.image]);
  const answer = pulled.exitCode === 0 ? await inspect(engine, request, exec) : undefined;
  if (answer && 'digest' in answer && answer.digest) return answer.digest;
  throw new LambdaPythonError('IMAGE_UNAVAILABLE', {
    message: `${engine} cannot get the build image \`${request.image}\` for ${platform}: ${lastLine(pulled.output)}`,
    hint: 'check the name and `docker login`, name an image you have: "image": "<name>" on the build target, or set "engine": "host" to use published wheels only',
  });
}

/** An engine's answer: the image's digest, undefined if it has no such image, or why the engine can't be used. */
async function inspect(
  engine: ContainerEngine,
  { image, architecture }: ImageRequest,
  exec: Exec,
): Promise<{ digest: string | undefined } | Refusal> {
  const result = await exec(engine, ['image', 'inspect', image]);
  if (result.notFound) return { engine, reason: 'not on PATH', words: '' };
  if (result.exitCode === 0) return { digest: readDigest(result.stdout, architecture) };
  const words = lastLine(result.stderr);
  if (/no such image|no such object|not known|not found|unable to find/i.test(result.stderr)) {
    return { digest: undefined };
  }
  const reason = /permission denied/i.test(result.stderr)
    ? 'permission denied'
    : /cannot connect|is the docker daemon running|connection refused|no such file|not running|dial /i.test(
          result.stderr,
        )
      ? 'daemon not running'
      : 'failed';
  return { engine, reason, words };
}

/** Undefined also when the image is for another architecture: then the right one is pulled. */
function readDigest(json: string, architecture: Architecture): string | undefined {
  const [image] = JSON.parse(json) as {
    Id: string;
    RepoDigests?: string[] | null;
    Architecture?: string;
  }[];
  if (!image) return undefined;
  const wanted = architecture === 'arm64' ? 'arm64' : 'amd64';
  if (image.Architecture && image.Architecture !== wanted) return undefined;
  // Podman also gives what it built or loaded itself a digest, which no registry and no other engine knows.
  const published = image.RepoDigests?.find((name) => !name.startsWith('localhost/'))?.split(
    '@',
  )[1];
  return published ?? (image.Id.startsWith('sha256:') ? image.Id : `sha256:${image.Id}`);
}

const START: Record<ContainerEngine, string> = {
  docker: 'start docker',
  // On Linux podman has nothing to start; elsewhere its machine may be down.
  podman: 'start its virtual machine: `podman machine start`',
  finch: 'start its virtual machine: `finch vm start`',
  nerdctl: 'start containerd',
};

function unavailable(refusals: readonly Refusal[]): LambdaPythonError {
  const tried = refusals
    .map(({ engine, reason, words }) => `\`${engine}\` (${reason === 'failed' ? words : reason})`)
    .join(', ');
  const first = refusals.find(({ reason }) => reason !== 'not on PATH') ?? refusals[0];
  const start =
    first?.reason === 'permission denied'
      ? `let this user talk to ${first.engine} (for docker: \`sudo usermod -aG docker $USER\`, then log in again)`
      : first?.reason === 'not on PATH'
        ? `install ${first.engine}, or set "engine": "auto"`
        : START[first?.engine ?? 'docker'];
  return new LambdaPythonError('ENGINE_UNAVAILABLE', {
    message: `no container engine answered; tried ${tried}`,
    hint: `${start}, or set "engine": "host" on the build target to use published wheels only`,
  });
}

/**
 * Whether an engine is of this machine, told from its settings alone: no process is started. False if it is reached
 * by a network, and so cannot be expected to see this machine's files. A local one may not see them either, as in a
 * container that was given its host's socket: a run shows that.
 */
export function isLocalEngine(
  engine: ContainerEngine,
  environment: NodeJS.ProcessEnv = process.env,
): boolean {
  const address =
    engine === 'docker'
      ? dockerAddress(environment)
      : engine === 'podman'
        ? environment['CONTAINER_HOST']
        : undefined;
  return !address || /^(?:unix|npipe|fd):/.test(address);
}

/** As docker's client decides: DOCKER_HOST, else the context that DOCKER_CONTEXT or its configuration names. */
function dockerAddress(environment: NodeJS.ProcessEnv): string | undefined {
  const chosen = environment['DOCKER_HOST'];
  if (chosen) return chosen;
  const directory = environment['DOCKER_CONFIG'] || join(homedir(), '.docker');
  const context =
    environment['DOCKER_CONTEXT'] ||
    readJson<{ currentContext?: string }>(join(directory, 'config.json'))?.currentContext;
  if (!context || context === 'default') return undefined;
  const file = join(directory, 'contexts', 'meta', hexDigest(context), 'meta.json');
  return readJson<{ Endpoints?: { docker?: { Host?: string } } }>(file)?.Endpoints?.docker?.Host;
}
