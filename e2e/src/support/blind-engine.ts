/** Docker as it is for a client whose files it cannot see: remote, or of another container. */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

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
export async function startDockerPort(): Promise<{
  host: string;
  connections(): number;
  stop(): Promise<void>;
}> {
  let connections = 0;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    connections += 1;
    const daemon = connect({ path: '/var/run/docker.sock', allowHalfOpen: true });
    for (const [from, to] of [
      [client, daemon],
      [daemon, client],
    ] as const) {
      from.pipe(to);
      from.on('error', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    stop: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}

/** A `docker` on PATH before the real one, by a shell script; returns the PATH. */
export function shadowDocker(directory: string, script: string): string {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'docker');
  writeFileSync(file, `#!/bin/sh\n${script}`);
  chmodSync(file, 0o755);
  return `${directory}:${process.env['PATH']}`;
}
