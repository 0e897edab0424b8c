/** Whether an engine is of this machine, told from its settings alone: no process is started to find out. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ContainerEngine } from './container';

/**
 * False where the engine is reached by a network, so that it cannot be expected to see this machine's files.
 * A local one may be blind for them too, as in a container that was given its host's socket: a run shows that.
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

/** As docker's client decides: the variable, else the context that the variable or its configuration names. */
function dockerAddress(environment: NodeJS.ProcessEnv): string | undefined {
  const chosen = environment['DOCKER_HOST'];
  if (chosen) return chosen;
  const directory = environment['DOCKER_CONFIG'] || join(homedir(), '.docker');
  const context =
    environment['DOCKER_CONTEXT'] ||
    readJson<{ currentContext?: string }>(join(directory, 'config.json'))?.currentContext;
  if (!context || context === 'default') return undefined;
  const name = createHash('sha256').update(context).digest('hex');
  const file = join(directory, 'contexts', 'meta', name, 'meta.json');
  return readJson<{ Endpoints?: { docker?: { Host?: string } } }>(file)?.Endpoints?.docker?.Host;
}

/** What cannot be read says nothing: docker itself will report it. */
function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
