/** The HTTP server: sockets to plain requests, plain responses to sockets. Loopback only. */

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { describeDefect } from '../report/error-text';
import type { AwsRequest, AwsResponse, Reply } from './protocol/call';
import { sha256Hex } from './state/model';

export interface LocalServer {
  /** `http://127.0.0.1:4571` */
  endpoint: string;
  /** Closes all connections at once, even those of clients that are left waiting. */
  stop(): Promise<void>;
}

/** Far above any package; larger bodies are not read to the end. */
const BODY_LIMIT = 1024 ** 3;

/** @param port 0 for any free one */
export async function startServer(
  port: number,
  handle: (request: AwsRequest) => Promise<Reply>,
): Promise<LocalServer> {
  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing, handle).catch((error: unknown) => fail(outgoing, error));
  });
  // Node's 5 s would close idle sockets under clients that are about to use them again.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const { port: bound } = server.address() as { port: number };
  return {
    endpoint: `http://127.0.0.1:${bound}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handle: (request: AwsRequest) => Promise<Reply>,
): Promise<void> {
  const request = await readRequest(incoming);
  // A client that disconnects in the middle of its request gets no answer.
  if (request === undefined) return;
  const reply = await handle(request);
  if (reply.kind === 'reset') incoming.socket.resetAndDestroy();
  if (reply.kind === 'answer') send(outgoing, request.method, reply.response);
}

async function readRequest(incoming: IncomingMessage): Promise<AwsRequest | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > BODY_LIMIT) incoming.destroy();
    }
  } catch {
    return undefined;
  }
  const [path = '/', ...search] = (incoming.url ?? '/').split('?');
  const body = Buffer.concat(chunks);
  return {
    method: incoming.method ?? 'GET',
    path,
    // In a query, AWS reads `+` as a plus sign, not as a space: its clients write %20.
    query: new URLSearchParams(search.join('?').replaceAll('+', '%2B')),
    headers: Object.fromEntries(
      Object.entries(incoming.headers).map(([name, value]) => [name, String(value ?? '')]),
    ),
    body,
    bodySha256: sha256Hex(body),
  };
}

function send(outgoing: ServerResponse, method: string, response: AwsResponse): void {
  const requestId = randomUUID();
  outgoing.writeHead(response.status, {
    // HEAD names the length of what GET would send.
    ...(response.status !== 204 &&
      response.status !== 304 && { 'content-length': response.body.length }),
    'x-amzn-requestid': requestId,
    'x-amz-request-id': requestId,
    ...response.headers,
  });
  outgoing.end(method === 'HEAD' ? undefined : response.body);
}

/** A defect of the account itself: reported in the answer, so that the test or deploy shows it. */
function fail(outgoing: ServerResponse, error: unknown): void {
  if (outgoing.headersSent) {
    outgoing.destroy();
    return;
  }
  outgoing.writeHead(500, {
    'content-type': 'application/json',
    'x-amzn-errortype': 'SimulatedAccountDefect',
  });
  outgoing.end(JSON.stringify({ Type: 'Service', Message: describeDefect(error) }));
}
