/** Where the demo builds: in a container if an engine answers and an image can be had, else on the host. */

import { spawnSync } from 'node:child_process';

export interface Place {
  /** Options of the build target. */
  options: Record<string, string>;
  /** For the reader: what was chosen, and why. */
  reason: string;
}

const OFFICIAL = 'public.ecr.aws/sam/build-python3.11:latest-x86_64';
/** Made by tools/engine where no image registry can be reached. */
const LOCAL = 'local/lambda-python:3.11';
const PULL_MILLISECONDS = 60_000;

export function choosePlace(): Place {
  const engine = ['docker', 'podman'].find((name) => succeeds(name, ['info']));
  if (!engine) return host('no container engine answers');
  const image = [LOCAL, OFFICIAL].find((name) => succeeds(engine, ['image', 'inspect', name]));
  if (image) return container(engine, image, 'it is here already');
  console.log(`  pulling ${OFFICIAL}, at most ${PULL_MILLISECONDS / 1000} s`);
  if (succeeds(engine, ['pull', OFFICIAL], PULL_MILLISECONDS)) {
    return container(engine, OFFICIAL, 'pulled');
  }
  return host(
    `${engine} answers, but ${OFFICIAL} could not be pulled in time (tools/engine/up.sh makes an image from packages)`,
  );
}

function container(engine: string, image: string, why: string): Place {
  // Works with and without a bridge, and reaches a proxy on this machine.
  const options = { engine, image, network: 'host' };
  return { options, reason: `in ${engine}, image ${image} (${why})` };
}

function host(why: string): Place {
  return { options: { engine: 'host' }, reason: `on this machine from published wheels: ${why}` };
}

function succeeds(file: string, args: string[], timeout = 20_000): boolean {
  return spawnSync(file, args, { stdio: 'ignore', timeout }).status === 0;
}
