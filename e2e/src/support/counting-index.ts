/** A package index of one's own that remembers which files were downloaded. */

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildWheel } from '../../../packages/nx-lambda-python/src/packaging/wheel/wheel.fixtures';
import { buildArchive } from '../../../packages/nx-lambda-python/src/packaging/zip/archive.fixtures';

export interface CountingIndex {
  /** For PIP_INDEX_URL. */
  url: string;
  addWheel(name: string, version: string, requires?: readonly string[]): void;
  /** A source distribution that builds itself, so that nothing else is needed. */
  addSource(name: string, version: string): void;
  /** `name==version --hash=…` of every file of that version. */
  line(name: string, version: string): string;
  /** Files downloaded since this was called last. */
  takeDownloads(): string[];
  stop(): Promise<void>;
}

interface IndexFile {
  filename: string;
  name: string;
  version: string;
  bytes: Buffer;
}

export async function startCountingIndex(): Promise<CountingIndex> {
  const files: IndexFile[] = [];
  let downloads: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    const [, kind, name = ''] = url.split('/');
    const file = files.find(({ filename }) => filename === name);
    if (kind === 'files' && file) {
      downloads.push(file.filename);
      response.end(file.bytes);
      return;
    }
    const own = files.filter((one) => one.name === name);
    if (kind !== 'simple' || own.length === 0) return void response.writeHead(404).end();
    response.setHeader('content-type', 'text/html');
    response.end(own.map(anchor).join('\n'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple`,
    addWheel(name, version, requires = []) {
      const needs = requires.map((text) => `Requires-Dist: ${text}\n`).join('');
      const { filename, bytes } = buildWheel({
        name,
        version,
        metadata: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n${needs}\n`,
        files: { [`${name}.py`]: `VERSION = "${version}"\n` },
      });
      files.push({ filename, name, version, bytes });
    },
    addSource(name, version) {
      files.push({
        filename: `${name}-${version}.zip`,
        name,
        version,
        bytes: source(name, version),
      });
    },
    line(name, version) {
      const hashes = files
        .filter((file) => file.name === name && file.version === version)
        .map(({ bytes }) => ` --hash=sha256:${sha256(bytes)}`);
      return `${name}==${version}${hashes.join('')}\n`;
    },
    takeDownloads() {
      const taken = downloads;
      downloads = [];
      return taken;
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function anchor({ filename, bytes }: IndexFile): string {
  return `<a href="/files/${filename}#sha256=${sha256(bytes)}">${filename}</a><br/>`;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A build backend (PEP 517) of a few lines; the wheel is the same whenever it is built. */
const BACKEND = `
import base64, hashlib, zipfile

def row(name, text):
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    return "%s,sha256=%s,%d\\n" % (name, digest, len(text))

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    stem = "NAME-VERSION"
    info = stem + ".dist-info/"
    files = {
        "NAME.py": "BUILT = True\\n",
        info + "METADATA": "Metadata-Version: 2.1\\nName: NAME\\nVersion: VERSION\\n",
        info + "WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    rows = [row(name, text) for name, text in files.items()]
    files[info + "RECORD"] = "".join(rows) + info + "RECORD,,\\n"
    with zipfile.ZipFile(wheel_directory + "/" + stem + "-py3-none-any.whl", "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return stem + "-py3-none-any.whl"
`;

function source(name: string, version: string): Buffer {
  const stem = `${name}-${version}`;
  const backend = BACKEND.replaceAll('NAME', name).replaceAll('VERSION', version);
  return buildArchive([
    {
      path: `${stem}/pyproject.toml`,
      content: '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
    },
    { path: `${stem}/backend.py`, content: backend },
    {
      path: `${stem}/PKG-INFO`,
      content: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
    },
  ]);
}
