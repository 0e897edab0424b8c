/** A package index with wheels of the test's own, which counts what is fetched. */

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  buildWheel,
  type FixtureWheel,
} from '../../../packages/nx-lambda-python/src/packaging/wheel/wheel.fixtures';

export interface WheelIndex {
  /** For PIP_INDEX_URL. */
  url: string;
  /** File names of the wheels that were fetched, in order. */
  downloads: string[];
  stop(): Promise<void>;
}

export async function startWheelIndex(wheels: readonly FixtureWheel[]): Promise<WheelIndex> {
  const files = new Map<string, Buffer>();
  const pages = new Map<string, string>();
  for (const wheel of wheels) {
    const { filename, bytes } = buildWheel(wheel);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    files.set(`/files/${filename}`, bytes);
    const page = `/simple/${wheel.name}/`;
    const link = `<a href="/files/${filename}#sha256=${sha256}">${filename}</a>`;
    pages.set(page, (pages.get(page) ?? '') + link);
  }
  const downloads: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    const page = pages.get(url);
    const file = files.get(url);
    if (page) {
      response.setHeader('content-type', 'text/html').end(page);
    } else if (file) {
      downloads.push(url.slice('/files/'.length));
      // So that pip keeps it, as it does with what a real index sends.
      response.setHeader('cache-control', 'max-age=365000000, immutable, public').end(file);
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple`,
    downloads,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
