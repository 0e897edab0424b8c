/** An index on loopback for each failure of pip, beside servers that refuse, and one with an unknown certificate. */

import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { buildWheel } from '../../../packages/nx-lambda-python/src/packaging/wheel/wheel.fixtures';
import { buildArchive } from '../../../packages/nx-lambda-python/src/packaging/zip/archive.fixtures';
import type {
  Failure,
  ServedFile,
} from '../../../packages/nx-lambda-python/src/platform/pip/failure/failures.fixtures';
import { makeCertificates } from './certificates';
import { listen } from './loopback';

export interface FailingIndex {
  /** Of the failure with that number, which name its index. */
  requirementsOf(number: number): string;
  /** With the addresses of these servers. */
  fill(text: string): string;
  stop(): Promise<void>;
}

/** @param directory for certificates */
export async function startFailingIndex(
  failures: readonly Failure[],
  directory: string,
): Promise<FailingIndex> {
  const files = failures.map((failure) => (failure.files ?? []).map(served));
  const answer = (url: string, response: ServerResponse) => {
    const [, first = '', kind, name = ''] = url.split('/');
    if (/^\d{3}$/.test(first)) return response.writeHead(Number(first)).end();
    const own = files[Number(first.slice(1))] ?? [];
    const file = own.find(({ filename }) => filename === name);
    if (kind === 'files' && file) return response.end(file.bytes);
    const links = own.filter((one) => one.filename.startsWith(`${name}-`)).map(anchor);
    if (kind !== 'simple' || links.length === 0) return response.writeHead(404).end();
    return response.setHeader('content-type', 'text/html').end(links.join('\n'));
  };
  const plain = await listen(createServer(({ url = '' }, response) => void answer(url, response)));
  const closed = await listen(createServer());
  await closed.stop();
  const { key, cert } = makeCertificates(directory);
  const tls = await listen(createTlsServer({ key, cert }, (_, response) => response.end()));
  const index = `http://127.0.0.1:${plain.port}`;
  const fill = (text: string) =>
    text
      .replaceAll('{index}', index)
      .replaceAll('{tls}', String(tls.port))
      .replaceAll('{closed}', String(closed.port));
  return {
    fill,
    requirementsOf(number) {
      const { index: own = `{index}/f${number}/simple`, requirements = '' } =
        failures[number] ?? {};
      return fill(`--index-url ${own}\n${requirements}`);
    },
    async stop() {
      await Promise.all([plain.stop(), tls.stop()]);
    },
  };
}

type Served = ServedFile & { bytes: Buffer };

function served(file: ServedFile): Served {
  const { filename, requires = [] } = file;
  const [name = '', version = '', ...tag] = filename.replace(/\.(whl|zip)$/, '').split('-');
  if (filename.endsWith('.zip')) return { ...file, bytes: source(name, version, file) };
  const needs = requires.map((text) => `Requires-Dist: ${text}\n`).join('');
  const metadata = `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n${needs}\n`;
  return { ...file, bytes: buildWheel({ name, version, tag: tag.join('-'), metadata }).bytes };
}

/** A project with its own build backend: nothing but `requires` is fetched to build it. */
function source(name: string, version: string, { requires = [], build = '' }: ServedFile): Buffer {
  const body = build.split('\n').map((line) => `    ${line}\n`);
  const texts = {
    'pyproject.toml': `[build-system]\nrequires = ${JSON.stringify(requires)}\nbuild-backend = "backend"\nbackend-path = ["."]\n`,
    'backend.py': `def build_wheel(*args, **options):\n${body.join('')}`,
    'PKG-INFO': `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
  };
  return buildArchive(
    Object.entries(texts).map(([path, content]) => ({
      path: `${name}-${version}/${path}`,
      content,
    })),
  );
}

function anchor({ filename, requiresPython, isYanked, sha256, bytes }: Served): string {
  const digest = sha256 ?? createHash('sha256').update(bytes).digest('hex');
  const attributes = [
    ...(requiresPython ? [` data-requires-python="${requiresPython.replace('>', '&gt;')}"`] : []),
    ...(isYanked ? [' data-yanked="broken"'] : []),
  ];
  return `<a href="../../files/${filename}#sha256=${digest}"${attributes.join('')}>${filename}</a><br/>`;
}
