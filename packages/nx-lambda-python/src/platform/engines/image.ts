/** Finds the engine that answers and the build image's digest, by one `image inspect` where all is well. */

import { LambdaPythonError } from '../../errors';
import type { Architecture } from '../../service/runtimes';
import type { Exec, ExecResult } from '../process/exec';
import { CONTAINER_ENGINES, type ContainerEngine } from './container';

export interface BuildImage {
  engine: ContainerEngine;
  /** As the user named it. */
  name: string;
  /** `sha256:…`: the registry's digest, or the image's own where it never was in a registry. */
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
  /** Of builds that miss the same image, one pulls: the others wait, and find it there. */
  whileAlone: <T>(work: () => Promise<T>) => Promise<T>;
  pull: (engine: ContainerEngine, arguments_: string[]) => Promise<ExecResult>;
}

/**
 * The first engine that answers, and the image, which is pulled if it is not there.
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
    const found = await inspect(engine, request, exec);
    if ('reason' in found) {
      refusals.push(found);
      continue;
    }
    if (found.digest) return { engine, name: request.image, digest: found.digest };
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
  const found = pulled.exitCode === 0 ? await inspect(engine, request, exec) : undefined;
  if (found && 'digest' in found && found.digest) return found.digest;
  throw new LambdaPythonError('IMAGE_UNAVAILABLE', {
    message: `${engine} cannot get the build image \`${request.image}\` for ${platform}: ${lastWords(pulled.output)}`,
    hint: 'check the name and `docker login`, name an image you have: "image": "<name>" on the build target, or set "engine": "host" to use published wheels only',
  });
}

/** An engine's answer: the image's digest, undefined where it has no such image, or why it can't be used. */
async function inspect(
  engine: ContainerEngine,
  { image, architecture }: ImageRequest,
  exec: Exec,
): Promise<{ digest: string | undefined } | Refusal> {
  const result = await exec(engine, ['image', 'inspect', image]);
  if (result.notFound) return { engine, reason: 'not on PATH', words: '' };
  if (result.exitCode === 0) return { digest: readDigest(result.stdout, architecture) };
  const words = lastWords(result.stderr);
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

/** Undefined too when the image at hand is for another architecture: then the right one is pulled. */
function readDigest(json: string, architecture: Architecture): string | undefined {
  const [image] = JSON.parse(json) as {
    Id: string;
    RepoDigests?: string[] | null;
    Architecture?: string;
  }[];
  if (!image) return undefined;
  const wanted = architecture === 'arm64' ? 'arm64' : 'amd64';
  if (image.Architecture && image.Architecture !== wanted) return undefined;
  // Podman names what it built or loaded itself by a digest, too, which no registry and no other engine knows.
  const published = image.RepoDigests?.find((name) => !name.startsWith('localhost/'))?.split(
    '@',
  )[1];
  return published ?? (image.Id.startsWith('sha256:') ? image.Id : `sha256:${image.Id}`);
}

const START: Record<ContainerEngine, string> = {
  docker: 'start docker',
  // On Linux podman has nothing to start: a machine is what may be down.
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

function lastWords(output: string): string {
  return output.trim().split('\n').at(-1)?.trim() ?? '';
}
