/** Lets git in the container use the ssh agent and the known hosts of this machine. Keys are never copied. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { LambdaPythonError } from '../../errors';
import type { ContainerEngine, Mount } from '../engines/container';
import type { Exec } from '../process/exec';

/** `auto`: if a requirement uses ssh. `agent`: always, for what a requirement may itself fetch by ssh. */
export type SshChoice = 'auto' | 'agent' | 'none';

export interface SshRequest {
  choice: SshChoice;
  /** Requirements files. */
  texts: Iterable<string>;
  engine: ContainerEngine;
  /** Of this machine, and what the container sees of it. */
  directory: string;
  root: string;
  environment: NodeJS.ProcessEnv;
}

const FOLDER = 'ssh';

/** @throws SSH_AGENT_MISSING */
export async function forwardSsh(request: SshRequest, exec: Exec) {
  const hosts = sshHosts(request.texts);
  if (request.choice === 'none' && hosts.length > 0) {
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `a requirement is fetched from ${hosts.join(' and ')} by ssh, but \`ssh\` is "none"`,
      hint: 'set "ssh": "auto" on the build target, or require it by `git+https://…`',
    });
  }
  if (request.choice === 'none' || (request.choice === 'auto' && hosts.length === 0)) {
    return undefined;
  }
  const socket = await findAgent(request.environment, exec);
  const home = request.environment['HOME'] ?? homedir();
  const folder = join(request.directory, FOLDER);
  mkdirSync(folder, { recursive: true });
  const inContainer = `${request.root}/${FOLDER}`;
  writeFileSync(join(folder, 'known_hosts'), knownHosts(home));
  const aliases = await Promise.all(
    hosts.map(async (host, n) => {
      const settings = await readAlias(host, home, exec);
      return renderAlias(host, settings, (publicKey) => {
        writeFileSync(join(folder, `${n}.pub`), publicKey);
        return `${inContainer}/${n}.pub`;
      });
    }),
  );
  writeFileSync(join(folder, 'config'), [...aliases, general(inContainer)].join('\n'));
  const agent = `${request.root}-ssh-agent`;
  return {
    mounts: [{ source: socket, target: agent, readOnly: false }, ...userMount(folder, request)],
    environment: {
      SSH_AUTH_SOCK: agent,
      GIT_SSH_COMMAND: `ssh -F ${inContainer}/config`,
    },
  };
}

/** The hosts of `git+ssh://` requirements, as they are written: an alias of ~/.ssh/config stays one. */
export function sshHosts(texts: Iterable<string>): string[] {
  const hosts = [...texts].flatMap((text) =>
    [...text.matchAll(/\bgit\+ssh:\/\/(?:[^/\s@]*@)?(\[[0-9a-f:]+\]|[\w.-]+)/gi)].map(
      ([, host = '']) => host.replace(/^\[|\]$/g, ''),
    ),
  );
  return [...new Set(hosts)].filter((host) => !host.startsWith('-')).sort();
}

async function findAgent(environment: NodeJS.ProcessEnv, exec: Exec): Promise<string> {
  const socket = environment['SSH_AUTH_SOCK'];
  if (!socket || !existsSync(socket)) {
    throw agentMissing(
      socket
        ? `SSH_AUTH_SOCK names \`${socket}\`, which does not exist`
        : 'no ssh agent is running: SSH_AUTH_SOCK is not set',
      'eval "$(ssh-agent)" && ssh-add',
    );
  }
  const { exitCode, notFound } = await exec('ssh-add', ['-l']);
  // 1 - it has no key. 2 - it does not answer.
  if (notFound || exitCode === 0) return socket;
  if (exitCode === 1) throw agentMissing('the ssh agent has no key', 'ssh-add');
  throw agentMissing(`no ssh agent answers at \`${socket}\``, 'eval "$(ssh-agent)" && ssh-add');
}

function knownHosts(home: string): string {
  return [join(home, '.ssh', 'known_hosts'), '/etc/ssh/ssh_known_hosts']
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, 'utf8').replace(/\n?$/, '\n'))
    .join('');
}

/** How this machine's ssh resolves a host's name. Empty if ssh is not installed. */
async function readAlias(host: string, home: string, exec: Exec): Promise<Map<string, string[]>> {
  const configuration = join(home, '.ssh', 'config');
  // ssh takes the home directory from the user database, and ignores HOME.
  const file =
    home === userInfo().homedir ? [] : ['-F', existsSync(configuration) ? configuration : 'none'];
  const { exitCode, stdout } = await exec('ssh', ['-G', ...file, '--', host]);
  const settings = new Map<string, string[]>();
  if (exitCode !== 0) return settings;
  for (const line of stdout.split('\n')) {
    const [, name = '', value = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
    if (name) settings.set(name, [...(settings.get(name) ?? []), value]);
  }
  return settings;
}

function renderAlias(
  host: string,
  settings: Map<string, string[]>,
  copyPublicKey: (text: string) => string,
): string {
  const lines = ['HostName', 'Port', 'User', 'HostKeyAlias'].flatMap((keyword) => {
    const value = settings.get(keyword.toLowerCase())?.[0];
    return value && value !== 'none' ? [`  ${keyword} ${value}`] : [];
  });
  // The public half is enough to choose one of the agent's keys.
  if (settings.get('identitiesonly')?.[0] === 'yes') {
    const files = (settings.get('identityfile') ?? []).map((path) =>
      path.replace(/^~(?=\/)/, homedir()),
    );
    const publicKey = files
      .map((path) => (path.endsWith('.pub') ? path : `${path}.pub`))
      .find((path) => existsSync(path));
    if (publicKey) {
      const copy = copyPublicKey(readFileSync(publicKey, 'utf8'));
      lines.push('  IdentitiesOnly yes', `  IdentityFile ${copy}`);
    }
  }
  return [`Host ${host}`, ...lines].join('\n');
}

function general(inContainer: string): string {
  return [
    'Host *',
    '  StrictHostKeyChecking yes',
    `  UserKnownHostsFile ${inContainer}/known_hosts`,
    '  GlobalKnownHostsFile /dev/null',
    '  UpdateHostKeys no',
    '  BatchMode yes',
    '  ForwardAgent no',
    '',
  ].join('\n');
}

/** ssh refuses a user without a name. Podman names the user itself. */
function userMount(folder: string, { engine, root }: SshRequest): Mount[] {
  const uid = process.getuid?.() ?? 0;
  if (uid === 0 || engine === 'podman') return [];
  const source = join(folder, 'passwd');
  const build = `build:x:${uid}:${process.getgid?.() ?? uid}::${root}/home:/bin/sh`;
  writeFileSync(source, `root:x:0:0:root:/root:/bin/sh\n${build}\n`);
  return [{ source, target: '/etc/passwd', readOnly: true }];
}

function agentMissing(message: string, command: string): LambdaPythonError {
  return new LambdaPythonError('SSH_AGENT_MISSING', {
    message: `a requirement uses ssh, but ${message}`,
    hint: `run \`${command}\` and build again; ssh keys are never copied into a container`,
  });
}
