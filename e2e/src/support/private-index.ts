/** A package index and a git server behind passwords, of wheels, a source distribution and a repository. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buildWheel } from '../../../packages/nx-lambda-python/src/packaging/wheel/wheel.fixtures';
import { buildArchive } from '../../../packages/nx-lambda-python/src/packaging/zip/archive.fixtures';

/** `user:password` of each part of the server, by its first path segment. */
export type Realms = Record<string, string>;

export interface PrivateIndex {
  port: number;
  /** Full commit of the repository at `/git/project.git`. */
  commit: string;
  /** Requests that were let in. */
  granted: string[];
  stop(): Promise<void>;
}

/** A backend in the project's own tree: nothing but `requires` is fetched to build it. */
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
            archive.writestr(path, text)
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

/** A bare repository with a project of that name; returns its full commit. */
export function makeRepository(directory: string, name: string): string {
  const work = `${directory}.work`;
  mkdirSync(work, { recursive: true });
  for (const [path, text] of Object.entries(projectFiles(name, []))) {
    writeFileSync(join(work, path), text);
  }
  const git = (...args: string[]) =>
    execFileSync(
      'git',
      ['-c', 'user.name=test', '-c', 'user.email=test@localhost', '-C', work, ...args],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    ).trim();
  git('init', '--quiet', '--initial-branch=main');
  git('add', '.');
  git('commit', '--quiet', '--message=one');
  git('clone', '--quiet', '--bare', '.', directory);
  // For servers that only hand out files.
  git('--git-dir', directory, 'update-server-info');
  const commit = git('rev-parse', 'HEAD');
  rmSync(work, { recursive: true });
  return commit;
}

/** Wheels by name; `fromsource` is a source distribution that `buildhelper` is needed for. */
const WHEELS = ['plain', 'extra', 'secure', 'buildhelper'].map((name) => ({
  name,
  ...buildWheel({ name, files: { [`${name}.py`]: `NAME = "${name}"\n` } }),
}));
const FILES: { name: string; filename: string; bytes: Buffer }[] = [
  ...WHEELS,
  {
    name: 'fromsource',
    filename: 'fromsource-1.0.zip',
    bytes: buildArchive(
      Object.entries(projectFiles('fromsource', ['buildhelper==1.0'])).map(([path, content]) => ({
        path: `fromsource-1.0/${path}`,
        content,
      })),
    ),
  },
];

/** @param onRequest called before each answer */
export async function startPrivateIndex(
  directory: string,
  realms: Realms,
  onRequest: () => void,
  tls?: { key: string; cert: string },
): Promise<PrivateIndex> {
  const commit = makeRepository(join(directory, 'project.git'), 'gitproject');
  const granted: string[] = [];
  const listener = ({ url = '', headers }: IncomingMessage, response: ServerResponse) => {
    onRequest();
    const [, realm = '', ...rest] = (url.split('?')[0] ?? '').split('/');
    const userInfo = realms[realm];
    const wanted = userInfo && `Basic ${Buffer.from(userInfo).toString('base64')}`;
    if (!wanted || headers.authorization !== wanted) {
      response.setHeader('www-authenticate', 'Basic realm="private"');
      response.writeHead(401).end();
      return;
    }
    granted.push(url);
    // A careful server says so, and pip's cache then keeps what it names.
    response.setHeader('vary', 'Accept, Authorization');
    response.setHeader('cache-control', 'max-age=600');
    if (realm === 'git' || rest[0] === 'git') {
      const path = realm === 'git' ? rest : rest.slice(1);
      answer(response, readOrNothing(join(directory, ...path)));
    } else {
      answer(response, indexFile(realm, rest));
    }
  };
  const server: Server = tls ? createHttpsServer(tls, listener) : createHttpServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    commit,
    granted,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** `files/<file name>`, or a distribution's page. */
function indexFile(realm: string, [name, filename]: string[]): Buffer | undefined {
  if (realm === 'extra' && name !== 'extra' && name !== 'files') return undefined;
  if (name === 'files') return FILES.find((file) => file.filename === filename)?.bytes;
  const links = FILES.filter((file) => file.name === name).map(
    ({ filename }) => `<a href="/${realm}/files/${filename}">${filename}</a>`,
  );
  return links.length > 0 ? Buffer.from(links.join('\n')) : undefined;
}

function readOrNothing(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

function answer(response: ServerResponse, body: Buffer | undefined): void {
  if (!body) {
    response.writeHead(404).end();
    return;
  }
  if (body.toString('latin1', 0, 2) !== 'PK') response.setHeader('content-type', 'text/html');
  response.end(body);
}
