/** What pip said when it failed, in our words. */

import { LambdaPythonError } from '../../errors';
import { withoutCredentials } from '../../packaging/requirements/parse';

export interface FailedPip {
  output: string;
  /** `python3.13 x86_64` */
  target: string;
  place: 'container' | 'host';
}

const NO_CANDIDATE = /No matching distribution found for (.+?)(?: \(from .*)?$/m;

export function pipFailure({ output, target, place }: FailedPip): LambdaPythonError {
  const text = withoutCredentials(output);
  if (NO_SPACE.test(text)) return diskFull(target, place);
  const refused = accessFailure(text);
  if (refused) return refused;
  const unmatched = NO_CANDIDATE.exec(text)?.[1];
  const unreachable = unmatched && unreachableNote(text);
  if (unreachable) {
    return new LambdaPythonError('PIP_FAILED', {
      message: `pip found no distribution \`${unmatched}\` for ${target} (the index could not be reached: ${unreachable})`,
      hint: 'check the network, the proxy (HTTPS_PROXY) and the certificates (PIP_CERT); a proxy or index on this machine needs "network": "host" on the build target',
    });
  }
  const missing = unmatched ?? (place === 'host' ? onlyCauseOfConflict(text) : undefined);
  if (missing && place === 'host') {
    return new LambdaPythonError('WHEEL_UNAVAILABLE', {
      message: `no published wheel of \`${missing}\`${requiredBy(text)} fits ${target}, and without a container nothing can be built from source`,
      hint: 'start docker or podman and build with "engine": "auto"; if the name or version is wrong, correct the requirements file',
    });
  }
  if (unmatched) {
    return new LambdaPythonError('PIP_FAILED', {
      message: `pip found no distribution \`${unmatched}\` for ${target}`,
      hint: 'correct its name or version in the requirements file, or name the index that has it: PIP_INDEX_URL or `--index-url`',
    });
  }
  return new LambdaPythonError('PIP_FAILED', {
    message: `pip could not resolve the requirements for ${target}:\n${lastWords(text)}`,
    hint: 'read pip\'s output above; if a build needs a system library, name an image that has it: "image": "<name>" on the build target',
  });
}

/** `, which num2words requires,`, unless the user's own files require it. */
function requiredBy(text: string): string {
  const parent = /satisfies the requirement .+? \(from ([\w.-]+)\)/.exec(text)?.[1];
  return parent ? `, which \`${parent}\` requires,` : '';
}

/**
 * pip tries each available version of a distribution, and in the end reports a conflict. If all of them require the
 * same, and nothing else requires anything, then that is what is not available.
 */
function onlyCauseOfConflict(text: string): string | undefined {
  const named = /have no matching distributions available for your environment:\s+(\S+)/.exec(text);
  if (named) return named[1];
  const causes = /The conflict is caused by:\s*\n((?: +\S.*\n)+)/.exec(text)?.[1] ?? '';
  const lines = causes.trim().split('\n');
  const required = new Set(lines.map((line) => / depends on (.+)$/.exec(line)?.[1]));
  return required.size === 1 ? [...required][0] : undefined;
}

const NO_SPACE = /No space left on device|Disk quota exceeded/;
function diskFull(target: string, place: FailedPip['place']): LambdaPythonError {
  const where =
    place === 'host'
      ? 'the wheel store, the temporary directory or the home directory'
      : 'the wheel store or, for what is compiled, of the engine';
  return new LambdaPythonError('DISK_FULL', {
    message: `pip ran out of disk space while resolving the requirements for ${target}; nothing in the wheel store was changed`,
    hint: `free some space on the disk of ${where} (\`nx prune <service>\` removes what builds no longer use), or set NX_LAMBDA_PYTHON_CACHE_DIRECTORY to a larger disk; then run the same command again`,
  });
}

/** pip reports an index that it could not reach as one that has nothing. */
function unreachableNote(text: string): string | undefined {
  return /NameResolutionError|SSLError|ProxyError|ConnectTimeoutError|NewConnectionError/.exec(
    text,
  )?.[0];
}

/** pip's errors if it marked any, else its last lines. */
function lastWords(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const errors = lines.filter((line) => /^\s*(ERROR|error):/.test(line));
  return (errors.length > 0 ? errors.slice(-5) : lines.slice(-5))
    .map((line) => `  ${line.trim()}`)
    .join('\n');
}

interface Refusal {
  pattern: RegExp;
  message: (found: string) => string;
  hint: (found: string) => string;
}

const GIT_REFUSALS: Refusal[] = [
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED[^]*?Host key for (\S+) has changed/,
    message: (host) => `the host key of ${host} is not the one in known_hosts`,
    hint: (host) =>
      `find out why before anything else; if the server was renewed, run \`ssh-keygen -R '${host}'\` and add its new key`,
  },
  {
    pattern: /No \S+ host key is known for (\S+) and you have requested strict checking/,
    message: (host) => `the host key of ${host} is not in known_hosts`,
    hint: (host) =>
      `run \`ssh-keyscan ${scanArguments(host)} >> ~/.ssh/known_hosts\` and compare the key with the one that the server's owner publishes`,
  },
  {
    pattern: /^\s*(\S+): Permission denied \([^)]*publickey[^)]*\)/m,
    message: (login) => `${login} does not accept any key of the ssh agent`,
    hint: (login) =>
      `\`ssh-add -l\` lists them, \`ssh-add <key>\` adds one; \`ssh -T ${login}\` tries it`,
  },
  {
    pattern: /(?:Authentication failed for|could not read (?:Username|Password) for) '([^']+)'/,
    message: (url) => `git has no valid credentials for ${url}`,
    hint: () =>
      'write them into the requirement as `git+https://${USER}:${TOKEN}@…` and export the variables, or put the host into ~/.netrc',
  },
];

/** The line of guarded_pip.py, and pip's. */
const REFUSED = /^\s*nx-lambda-python: (\S+) answered (401|403|407)/m;
const TUNNEL = /Tunnel connection failed: 407/;
const ASKED_INDEX = /No matching distribution found|HTTP error 40[13]|\b407\b/;

/** An index, a proxy or a git server that refuses. */
function accessFailure(text: string): LambdaPythonError | undefined {
  for (const { pattern, message, hint } of GIT_REFUSALS) {
    const found = pattern.exec(text)?.[1];
    if (!found) continue;
    const words = { message: message(found), hint: hint(found) };
    return new LambdaPythonError('GIT_ACCESS_DENIED', words);
  }
  const [, host = '', status] = REFUSED.exec(text) ?? [];
  if (status === '407' || TUNNEL.test(text)) {
    return new LambdaPythonError('INDEX_ACCESS_DENIED', {
      message: `the proxy${host ? ` ${host}` : ''} refuses these credentials (407)`,
      hint: 'correct user and password in HTTPS_PROXY, HTTP_PROXY or PIP_PROXY',
    });
  }
  if (!status || !ASKED_INDEX.test(text)) return undefined;
  return new LambdaPythonError('INDEX_ACCESS_DENIED', {
    message: `the index at ${host} ${status === '401' ? 'requires different credentials' : 'refuses these credentials'} (${status})`,
    hint: 'correct user and password in PIP_INDEX_URL, pip.conf, ~/.netrc or the variables that the requirements file uses',
  });
}

/** `[127.0.0.1]:2222` as ssh-keyscan wants it. */
function scanArguments(host: string): string {
  const [, name, port] = /^\[(.+)\]:(\d+)$/.exec(host) ?? [];
  return name && port ? `-p ${port} ${name}` : host;
}
