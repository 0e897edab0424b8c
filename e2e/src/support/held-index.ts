/** A package index with one distribution, `held`, whose download waits until the test lets it go. */

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildWheel } from '../../../packages/nx-lambda-python/src/packaging/wheel/wheel.fixtures';

export interface HeldIndex {
  /** For PIP_INDEX_URL. */
  url: string;
  /** How many downloads were asked for. */
  downloads(): number;
  /** Answers what waits, and all that follows at once. */
  release(): void;
  stop(): Promise<void>;
}

export const HELD_REQUIREMENT = 'held==1.0\n';

export async function startHeldIndex(): Promise<HeldIndex> {
  const wheel = buildWheel({ name: 'held', files: { 'held.py': 'HELD = True\n' } });
  const waiting: ServerResponse[] = [];
  let downloads = 0;
  let isReleased = false;
  const send = (response: ServerResponse) => response.end(wheel.bytes);
  const server = createServer(({ url = '' }, response) => {
    if (url === '/simple/held/') {
      response.setHeader('content-type', 'text/html');
      response.end(`<a href="/files/${wheel.filename}">${wheel.filename}</a>`);
    } else if (url === `/files/${wheel.filename}`) {
      downloads += 1;
      if (isReleased) send(response);
      else waiting.push(response);
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple`,
    downloads: () => downloads,
    release() {
      isReleased = true;
      waiting.forEach(send);
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
