/** Servers on a free port of loopback, for the time of a test: a package index is in package-index.ts. */

import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Loopback {
  port: number;
  stop(): Promise<void>;
}

/** Listens, and closes with all connections. */
export async function listen(server: Server): Promise<Loopback> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Either end may be killed at any moment, and takes the other one with it. */
function tie(first: Socket, second: Socket): void {
  for (const [socket, other] of [
    [first, second],
    [second, first],
  ] as const) {
    socket.on('error', () => other.destroy());
    socket.on('close', () => other.destroy());
  }
}

export interface PasswordProxy extends Loopback {
  /** Targets that it connected to. */
  connected: string[];
}

/** An HTTP proxy that wants a password, for CONNECT. */
export async function startPasswordProxy(
  userInfo: string,
  onRequest: () => void,
): Promise<PasswordProxy> {
  const wanted = `Basic ${Buffer.from(userInfo).toString('base64')}`;
  const connected: string[] = [];
  const server = createHttpServer((_, response) => response.writeHead(400).end());
  server.on('connect', ({ url = '', headers }, client: Socket) => {
    onRequest();
    if (headers['proxy-authorization'] !== wanted) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n');
      return;
    }
    connected.push(url);
    const [host, port] = url.split(':');
    const upstream = connect(Number(port), host ?? '', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    tie(client, upstream);
  });
  return { ...(await listen(server)), connected };
}

export interface StallingProxy extends Loopback {
  /** Instead of the server's own. */
  endpoint: string;
  /** How many connections have stalled. */
  stalled(): number;
  /** From now on nothing stalls. */
  release(): void;
}

/**
 * A line to a server that stops moving in the middle of a large request.
 *
 * @param after bytes of one connection that pass before it stalls
 */
export async function startStallingProxy(target: string, after: number): Promise<StallingProxy> {
  const { hostname, port } = new URL(target);
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
    tie(client, upstream);
  });
  const loopback = await listen(server);
  return {
    ...loopback,
    endpoint: `http://127.0.0.1:${loopback.port}`,
    stalled: () => stalled.size,
    release() {
      isReleased = true;
      for (const socket of stalled) socket.resume();
    },
  };
}
