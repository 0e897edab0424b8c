/** Who refused pip or git, and what could not be reached, by what they printed. */

import { LambdaPythonError } from '../../../errors';

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
export function accessFailure(text: string): LambdaPythonError | undefined {
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

const CONNECTION: readonly [pattern: RegExp, reason: string, hint: string][] = [
  [
    /CERTIFICATE_VERIFY_FAILED|SSLError|ssl certificate|SSL verification/i,
    'its certificate is not trusted',
    'name the certificate of its authority: PIP_CERT=<file>',
  ],
  [
    /ProxyError|connect to proxy/,
    'the proxy did not pass it on',
    'correct HTTPS_PROXY, or add the host to NO_PROXY',
  ],
  [
    /NameResolutionError|Name or service not known|name resolution|Failed to resolve|getaddrinfo|nodename nor servname/,
    'its host has no address',
    'correct the host, or connect to the network that knows it',
  ],
  [
    /Connection refused|actively refused/,
    'it refused the connection',
    'check that the server runs and the port is right',
  ],
  [
    /Timeout|timed out/i,
    'it did not answer in time',
    'check the network and the proxy (HTTPS_PROXY)',
  ],
  [
    /NewConnectionError|ConnectionError|Connection aborted|unreachable/,
    'the connection failed',
    'check the network and the proxy (HTTPS_PROXY)',
  ],
  [
    /not a trusted or secure host/,
    'pip ignores it since it is not https',
    'use https, or trust the host: PIP_TRUSTED_HOST=<host>',
  ],
];

/** Why a server was not reached; undefined if the text does not say that. */
export function unreachable(text: string): { reason: string; hint: string } | undefined {
  const found = CONNECTION.find(([pattern]) => pattern.test(text));
  return found && { reason: found[1], hint: found[2] };
}
