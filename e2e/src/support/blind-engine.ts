/** Docker as it is for a client whose files it cannot see: remote, or of another container. */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { listen, type Loopback } from './loopback';

/** Mount namespaces are root's. */
export const canHideFiles = spawnSync('unshare', ['--mount', 'true']).status === 0;

/**
 * A `nx` for a directory of `directory`, which only it and what it starts can see: the engine's daemon, outside of
 * that mount namespace, finds an empty one in its place.
 */
export function hidingNx(directory: string, nx: string, script: string): string {
  mkdirSync(directory, { recursive: true });
  const quoted = [directory, nx].map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`);
  writeFileSync(
    script,
    `#!/bin/sh\nexec unshare --mount sh -c 'mount -t tmpfs tmpfs "$0" && exec "$@"' ${quoted[0]} ${quoted[1]} "$@"\n`,
  );
  chmodSync(script, 0o755);
  return script;
}

/** The daemon's socket behind a port; `connections` counts who came. */
export async function startDockerPort(): Promise<
  Loopback & { host: string; connections(): number }
> {
  let connections = 0;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    connections += 1;
    const daemon = connect({ path: '/var/run/docker.sock', allowHalfOpen: true });
    client.pipe(daemon).pipe(client);
    client.on('error', () => daemon.destroy());
    daemon.on('error', () => client.destroy());
  });
  const loopback = await listen(server);
  const host = `tcp://127.0.0.1:${loopback.port}`;
  return { ...loopback, host, connections: () => connections };
}

/** A `docker` on PATH before the real one, by a shell script; returns the PATH. */
export function shadowDocker(directory: string, script: string): string {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'docker');
  writeFileSync(file, `#!/bin/sh\n${script}`);
  chmodSync(file, 0o755);
  return `${directory}:${process.env['PATH']}`;
}
