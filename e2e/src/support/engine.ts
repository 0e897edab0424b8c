/** The container engines of this machine, for the suites that need a real one. */

import { spawnSync } from 'node:child_process';

/** Made by tools/engine. */
export const IMAGE = 'local/lambda-python:3.11';

/** The build options that use it. */
export const CONTAINER_OPTIONS = { engine: 'docker', image: IMAGE, network: 'host' };

export type Engine = 'docker' | 'podman' | 'finch' | 'nerdctl';
/** Those that tools/engine makes answer; the others are tested where they happen to be. */
const REQUIRED: readonly Engine[] = ['docker', 'podman'];

/** It answers, and has the image. */
export function isPresent(engine: Engine): boolean {
  return spawnSync(engine, ['image', 'inspect', IMAGE], { stdio: 'ignore' }).status === 0;
}

/** `describe` where the engine and the image are there, a visible skip elsewhere. */
export function describeWith(engine: Engine): jest.Describe {
  if (isPresent(engine)) return describe;
  if (process.env['REQUIRE_ENGINE'] && REQUIRED.includes(engine)) {
    throw new Error(
      `${engine} does not answer or has no image ${IMAGE}: run tools/engine/up.sh --podman`,
    );
  }
  return describe.skip;
}

export const describeWithEngine = describeWith('docker');

/** `describe` in CI, where the long suites run, a visible skip elsewhere. */
export const describeLong = process.env['LONG'] ? describe : describe.skip;
