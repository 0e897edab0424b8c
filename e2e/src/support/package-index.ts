/** A package index on loopback: what it serves, what was downloaded, and downloads that wait for the test. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import {
  buildWheel,
  type FixtureWheel,
} from '../../../packages/nx-lambda-python/src/packaging/wheel/wheel.fixtures';
import { buildArchive } from '../../../packages/nx-lambda-python/src/packaging/zip/archive.fixtures';
import { listen, type Loopback } from './loopback';

export interface IndexFile {
  name: string;
  version: string;
  filename: string;
  bytes: Buffer;
}

export interface PackageIndex extends Loopback {
  /** For PIP_INDEX_URL. */
  url: string;
  /** File names of what was asked for, in order. */
  downloads: string[];
  add(...files: IndexFile[]): void;
  /** `name==version --hash=…` of every file of that version. */
  line(name: string, version: string): string;
  /** From here on downloads wait. */
  hold(): void;
  /** Answers what waits, and all that follows at once. */
  release(): void;
}

/** The one that pip asks by itself, to be named in files. */
export function publicIndex(): string {
  const code = 'from pip._internal.models.index import PyPI; print(PyPI.simple_url)';
  return spawnSync('python3', ['-c', code], { encoding: 'utf8' }).stdout.trim();
}

/** What an index that holds downloads back is asked for. */
export const HELD_REQUIREMENT = 'held==1.0\n';
const HELD = { name: 'held', files: { 'held.py': 'HELD = True\n' } };

export async function startPackageIndex(
  wheels: readonly FixtureWheel[] = [],
): Promise<PackageIndex> {
  const files = wheels.map(wheelFile);
  const downloads: string[] = [];
  const waiting: (() => void)[] = [];
  let isHeld = false;
  const send = (response: ServerResponse, bytes: Buffer) =>
    // So that pip keeps it, as it does with what a real index sends.
    response.setHeader('cache-control', 'max-age=365000000, immutable, public').end(bytes);
  const server = createServer(({ url = '' }, response) => {
    const [, kind, name = ''] = url.split('/');
    const file = files.find(({ filename }) => filename === name);
    const own = files.filter((one) => one.name === name);
    if (kind === 'files' && file) {
      downloads.push(name);
      if (isHeld) waiting.push(() => send(response, file.bytes));
      else send(response, file.bytes);
    } else if (kind === 'simple' && own.length > 0) {
      response.setHeader('content-type', 'text/html').end(own.map(anchor).join('\n'));
    } else response.writeHead(404).end();
  });
  const loopback = await listen(server);
  return {
    ...loopback,
    url: `http://127.0.0.1:${loopback.port}/simple`,
    downloads,
    add: (...more) => void files.push(...more),
    line(name, version) {
      const hashes = files
        .filter((file) => file.name === name && file.version === version)
        .map(({ bytes }) => ` --hash=sha256:${sha256(bytes)}`);
      return `${name}==${version}${hashes.join('')}\n`;
    },
    hold: () => void (isHeld = true),
    release() {
      isHeld = false;
      for (const answer of waiting.splice(0)) answer();
    },
  };
}

/** One with `held`, whose download waits. */
export async function startHeldIndex(): Promise<PackageIndex> {
  const index = await startPackageIndex([HELD]);
  index.hold();
  return index;
}

export function wheelFile(wheel: FixtureWheel): IndexFile {
  const { filename, bytes } = buildWheel(wheel);
  const [name = '', version = ''] = filename.split('-');
  return { name, version, filename, bytes };
}

/** A wheel of one module that requires others. */
export function requiringWheel(name: string, version: string, requires: string[] = []): IndexFile {
  const needs = requires.map((text) => `Requires-Dist: ${text}\n`).join('');
  return wheelFile({
    name,
    version,
    metadata: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n${needs}\n`,
    files: { [`${name}.py`]: `VERSION = "${version}"\n` },
  });
}

/** A source distribution that builds itself. */
export function sourceFile(name: string, requires: readonly string[] = []): IndexFile {
  const stem = `${name}-1.0`;
  const files = Object.entries(projectFiles(name, requires)).map(([path, content]) => ({
    path: `${stem}/${path}`,
    content,
  }));
  return { name, version: '1.0', filename: `${stem}.zip`, bytes: buildArchive(files) };
}

/**
 * A backend in the project's own tree: nothing but `requires` is fetched to build it, and the wheel is the same
 * whenever it is built.
 */
const BACKEND = `import base64, hashlib, os, zipfile

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = os.environ.get("PROJECT_NAME") or open("NAME").read().strip()
    info = name + "-1.0.dist-info/"
    files = {
        name + ".py": "BUILT = True\\n",
        info + "METADATA": "Metadata-Version: 2.1\\nName: %s\\nVersion: 1.0\\n" % name,
        info + "WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += "%s,sha256=%s,%d\\n" % (path, digest, len(text.encode()))
    files[info + "RECORD"] = record + info + "RECORD,,\\n"
    wheel = name + "-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, wheel), "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return wheel
`;

export function projectFiles(name: string, requires: readonly string[]): Record<string, string> {
  return {
    'pyproject.toml': `[build-system]\nrequires = ${JSON.stringify(requires)}\nbuild-backend = "backend"\nbackend-path = ["."]\n`,
    'backend.py': BACKEND,
    NAME: name,
    'PKG-INFO': `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n`,
  };
}

function anchor({ filename, bytes }: IndexFile): string {
  return `<a href="/files/${filename}#sha256=${sha256(bytes)}">${filename}</a><br/>`;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
