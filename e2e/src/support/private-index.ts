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
import { join } from 'node:path';
import { listen, type Loopback } from './loopback';
import { projectFiles, sourceFile, wheelFile } from './package-index';

/** `user:password` of each part of the server, by its first path segment. */
export type Realms = Record<string, string>;

export interface PrivateIndex extends Loopback {
  /** Full commit of the repository at `/git/project.git`. */
  commit: string;
  /** Requests that were let in. */
  granted: string[];
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
const FILES = [
  ...['plain', 'extra', 'secure', 'buildhelper'].map((name) =>
    wheelFile({ name, files: { [`${name}.py`]: `NAME = "${name}"\n` } }),
  ),
  sourceFile('fromsource', ['buildhelper==1.0']),
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
  return { ...(await listen(server)), commit, granted };
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
