/** A real sshd on a free port of loopback, and real agents, for the time of a test. */

import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { until } from './until';

const SSHD = '/usr/sbin/sshd';
const isThere = existsSync(SSHD) && spawnSync('ssh-agent', ['-h']).error === undefined;

if (!isThere && process.env['REQUIRE_STAND_INS']) {
  throw new Error(`${SSHD} or ssh-agent is missing: run tools/engine/up.sh`);
}

/** `describe` where sshd is there, a visible skip elsewhere. */
export const describeWithSshd = isThere ? describe : describe.skip;

export interface SshKey {
  /** The private half; the public one lies beside it. */
  file: string;
  /** Each line of the private half. */
  privateLines: string[];
}

export function makeKey(directory: string, name: string, comment: string): SshKey {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file]);
  const lines = readFileSync(file, 'utf8').split('\n');
  // The first line says the same in every key.
  return { file, privateLines: lines.filter((line) => line.length > 60).slice(1) };
}

export interface SshServer {
  /** `user@127.0.0.1:port` */
  login: string;
  /** A line for known_hosts. */
  knownHost: string;
  stop(): void;
}

/** Lets `key` in, as the user who runs the tests. */
export async function startSshServer(directory: string, key: SshKey): Promise<SshServer> {
  const host = makeKey(directory, 'host', 'host');
  const port = await freePort();
  // sshd wants it where it changes users.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  const config = join(directory, 'sshd_config');
  writeFileSync(
    config,
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${host.file}`,
      `AuthorizedKeysFile ${key.file}.pub`,
      'PidFile none',
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      '',
    ].join('\n'),
  );
  const child = spawn(SSHD, ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  await until('sshd to listen', () => {
    if (child.exitCode !== null) throw new Error(`sshd ended: ${log}`);
    return log.includes('Server listening');
  });
  const [type, publicKey] = readFileSync(`${host.file}.pub`, 'utf8').split(' ');
  return {
    login: `${userInfo().username}@127.0.0.1:${port}`,
    knownHost: `[127.0.0.1]:${port} ${type} ${publicKey}\n`,
    stop: () => child.kill(),
  };
}

export interface SshAgent {
  socket: string;
  stop(): void;
}

/** @param owner whom the agent runs as and serves, if not the user who runs the tests */
export async function startSshAgent(
  directory: string,
  keys: readonly SshKey[],
  owner?: number,
): Promise<SshAgent> {
  mkdirSync(directory, { recursive: true });
  if (owner !== undefined) chownSync(directory, owner, owner);
  const socket = join(directory, 'agent.sock');
  const child: ChildProcess = spawn('ssh-agent', ['-D', '-a', socket], {
    stdio: 'ignore',
    ...(owner === undefined ? {} : { uid: owner, gid: owner }),
  });
  await until('the ssh agent', () => existsSync(socket));
  for (const { file } of keys) {
    execFileSync('ssh-add', ['-q', file], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
  }
  return { socket, stop: () => child.kill() };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
