/** The HTTP server: sockets to plain requests, plain answers to sockets. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';
import { LambdaPythonError } from '../errors';
import type { HttpAnswer } from './http-answer';
import type { HttpRequest } from './http-event';

export interface LocalServer {
  /** `http://127.0.0.1:4010` */
  url: string;
  /** Closes all connections, also those that wait for an answer. */
  close(): Promise<void>;
}

export interface Address {
  host: string;
  /** 0 for any free one. */
  port: number;
}

/** More than any request that Lambda takes; what is larger is not kept. */
const LARGEST_BODY = 6_400_000;

/**
 * @param answer never rejects
 * @throws PORT_TAKEN, OPTION_INVALID for an address that this machine does not have or allow
 */
export async function startServer(
  address: Address,
  answer: (request: HttpRequest) => Promise<HttpAnswer>,
): Promise<LocalServer> {
  const server = createServer((incoming, outgoing) => {
    void respond(incoming, outgoing, answer);
  });
  // SDKs keep connections for longer than Node's 5 s.
  server.keepAliveTimeout = 120_000;
  try {
    const port = await listen(server, address);
    const host = isIPv6(address.host) ? `[${address.host}]` : address.host;
    return {
      url: `http://${host}:${port}`,
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    };
  } catch (error) {
    throw await addressError(error as NodeJS.ErrnoException, address);
  }
}

function listen(server: Server, { host, port }: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve((server.address() as { port: number }).port);
    });
  });
}

async function addressError(
  cause: NodeJS.ErrnoException,
  { host, port }: Address,
): Promise<unknown> {
  if (cause.code === 'EADDRINUSE') {
    const free = await freePort({ host, port });
    return new LambdaPythonError('PORT_TAKEN', {
      message: `another program listens on port ${port} of ${host}`,
      hint: `end it, or use a free port: --port=${free}`,
      cause,
    });
  }
  if (cause.code === 'EACCES') {
    return new LambdaPythonError('OPTION_INVALID', {
      message: `\`port\` is ${port}, which this user may not listen on`,
      hint: 'set one above 1023: --port=4010',
      cause,
    });
  }
  if (cause.code === 'EADDRNOTAVAIL' || cause.code === 'ENOTFOUND') {
    return new LambdaPythonError('OPTION_INVALID', {
      message: `\`host\` is \`${host}\`, which is not an address of this machine`,
      hint: 'leave it out for 127.0.0.1, or set 0.0.0.0 for all of its addresses',
      cause,
    });
  }
  return cause;
}

/** The next one that is free, or any. */
async function freePort({ host, port }: Address): Promise<number> {
  for (const candidate of [port + 1, port + 2, port + 3, port + 4, port + 5, 0]) {
    if (candidate > 65_535) continue;
    const server = createServer();
    const found = await listen(server, { host, port: candidate }).catch(() => undefined);
    if (found === undefined) continue;
    await new Promise((resolve) => server.close(resolve));
    return found;
  }
  return 0;
}

async function respond(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  answer: (request: HttpRequest) => Promise<HttpAnswer>,
): Promise<void> {
  const request = await readRequest(incoming);
  // A client that disconnects in the middle of its request gets no answer.
  if (request === undefined) return;
  const { status, headers, body } = await answer(request);
  const hasBody = status !== 204 && status !== 304;
  outgoing.writeHead(status, { ...headers, ...(hasBody && { 'content-length': body.length }) });
  outgoing.end(hasBody && request.method !== 'HEAD' ? body : undefined);
}

/** Undefined if the client went away. A body that is too large is read to its end, so that the client reads the answer. */
async function readRequest(incoming: IncomingMessage): Promise<HttpRequest | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      if (size <= LARGEST_BODY) chunks.push(chunk);
      size += chunk.length;
    }
  } catch {
    return undefined;
  }
  const url = incoming.url ?? '/';
  const mark = url.indexOf('?');
  const names = incoming.rawHeaders.filter((_, index) => index % 2 === 0);
  return {
    method: incoming.method ?? 'GET',
    path: mark === -1 ? url : url.slice(0, mark),
    query: mark === -1 ? '' : url.slice(mark + 1),
    headers: names.map((name, index) => [name, incoming.rawHeaders[2 * index + 1] ?? ''] as const),
    body: Buffer.concat(chunks),
    protocol: `HTTP/${incoming.httpVersion}`,
    sourceIp: incoming.socket.remoteAddress ?? '127.0.0.1',
  };
}
