/** A process that is really killed, or interrupted, at the moment when its n-th write arrives or has taken effect. */

import { spawn } from 'node:child_process';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { nodeArguments } from '../process.fixtures';

/** When the process ends: before its write is carried out, or after that and before it learns of it. */
export interface Cut {
  nth: number;
  when: 'before' | 'after';
  /** What asks it to end, while all is answered as ever; without one it is killed. */
  signal?: 'SIGINT' | 'SIGTERM';
}

export interface CutRun {
  pid: number;
  /** Writes that arrived until the end. */
  writes: number;
  wasKilled: boolean;
  /** Of a process that came to its end. */
  code: number | null;
  printed: string;
}

/**
 * Runs an executor in a process of its own, before a door to the account that sees each request.
 * Resolves when the process has ended and whatever it had sent is carried out.
 */
export async function runCut(
  name: 'deploy' | 'upload' | 'rollback',
  options: object,
  context: ExecutorContext,
  cut: Cut | null,
): Promise<CutRun> {
  const target = new URL(process.env['AWS_ENDPOINT_URL'] ?? '');
  const under = new Set<Promise<unknown>>();
  let writes = 0;
  let wasKilled = false;
  const kill = (): void => {
    wasKilled = true;
    child.kill('SIGKILL');
  };
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await bodyOf(incoming);
    // STS is asked by POST, too.
    const isQuestion = body.toString('latin1').startsWith('Action=GetCallerIdentity');
    const isWrite = incoming.method !== 'GET' && incoming.method !== 'HEAD' && !isQuestion;
    // What had arrived before is carried out all the same.
    if (wasKilled) return;
    if (isWrite) writes += 1;
    const isLast = isWrite && writes === cut?.nth;
    const signal = isLast ? cut?.signal : undefined;
    const isKilled = isLast && signal === undefined;
    if (isKilled && cut?.when === 'before') return kill();
    if (signal && cut?.when === 'before') child.kill(signal);
    const answer = await forward(target, incoming, body);
    if (isKilled) return kill();
    if (signal && cut?.when === 'after') child.kill(signal);
    outgoing.writeHead(answer.status, answer.headers).end(answer.body);
  };
  const door = createServer((incoming, outgoing) => {
    const work = serve(incoming, outgoing).catch(() => outgoing.destroy());
    under.add(work);
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  const { port } = door.address() as AddressInfo;

  const module = JSON.stringify(join(__dirname, '..', 'executors', `${name}.ts`));
  const script = `require(${module}).default(...JSON.parse(process.argv[1])).then(
    ({ success }) => process.exit(success ? 0 : 1));`;
  const args = nodeArguments(script, JSON.stringify([options, context]));
  const child = spawn(process.execPath, args, {
    env: { ...process.env, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => (printed += bytes.toString()));
  }
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  await Promise.all(under);
  door.closeAllConnections();
  await new Promise((resolve) => door.close(resolve));
  return { pid: child.pid ?? 0, writes, wasKilled, code, printed };
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/** Without what is between the door and the account alone. */
function kept(headers: Answer['headers']): Answer['headers'] {
  return { ...headers, connection: 'keep-alive' };
}

/** As it came: the signature is of the name that the client knows. */
function forward(target: URL, { method, url, headers }: IncomingMessage, body: Buffer) {
  return new Promise<Answer>((resolve, reject) => {
    const { hostname, port } = target;
    const outgoing = request({ hostname, port, method, path: url, headers, agent: false });
    outgoing.on('error', reject);
    outgoing.on('response', (answer) => {
      bodyOf(answer).then(
        (bytes) =>
          resolve({ status: answer.statusCode ?? 0, headers: kept(answer.headers), body: bytes }),
        reject,
      );
    });
    outgoing.end(body);
  });
}
