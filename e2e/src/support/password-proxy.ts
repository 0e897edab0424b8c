/** An HTTP proxy that wants a password, for CONNECT. */

import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

export interface PasswordProxy {
  port: number;
  /** Targets that it connected to. */
  connected: string[];
  stop(): Promise<void>;
}

export async function startPasswordProxy(
  userInfo: string,
  onRequest: () => void,
): Promise<PasswordProxy> {
  const wanted = `Basic ${Buffer.from(userInfo).toString('base64')}`;
  const connected: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((_, response) => response.writeHead(400).end());
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
      upstream.pipe(client);
      client.pipe(upstream);
    });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connected,
    stop() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
