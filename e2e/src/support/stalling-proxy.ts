/** A line to a server on loopback that stops moving in the middle of a large request. */

import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface StallingProxy {
  /** Instead of the server's own. */
  endpoint: string;
  /** How many connections have stalled. */
  stalled(): number;
  /** From now on nothing stalls. */
  release(): void;
  stop(): Promise<void>;
}

/** @param after bytes of one connection that pass before it stalls */
export async function startStallingProxy(target: string, after: number): Promise<StallingProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const stalled = new Set<Socket>();
  let isReleased = false;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let passed = 0;
    client.on('data', (bytes: Buffer) => {
      passed += bytes.length;
      upstream.write(bytes);
      if (isReleased || passed < after) return;
      stalled.add(client);
      client.pause();
    });
    upstream.pipe(client);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      // Either end may be killed at any moment: that is what the proxy is for.
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stalled: () => stalled.size,
    release() {
      isReleased = true;
      for (const socket of stalled) socket.resume();
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
