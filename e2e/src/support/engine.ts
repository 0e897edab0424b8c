/** The container engine of this machine, for the suites that need a real one. */

import { spawnSync } from 'node:child_process';

/** Made by tools/engine. */
export const IMAGE = 'local/lambda-python:3.11';

/** The build options that use it. */
export const CONTAINER_OPTIONS = { engine: 'docker', image: IMAGE, network: 'host' };

const isThere = spawnSync('docker', ['image', 'inspect', IMAGE], { stdio: 'ignore' }).status === 0;

if (!isThere && process.env['REQUIRE_ENGINE']) {
  throw new Error(`docker does not answer or has no image ${IMAGE}: run tools/engine/up.sh`);
}

/** `describe` where docker and the image are there, a visible skip elsewhere. */
export const describeWithEngine = isThere ? describe : describe.skip;

/** `describe` in CI, where the long suites run, a visible skip elsewhere. */
export const describeLong = process.env['LONG'] ? describe : describe.skip;
