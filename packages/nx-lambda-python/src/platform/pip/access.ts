/** An index, a proxy or a git server that refuses, told from pip's words. */

import { LambdaPythonError, type ErrorCode } from '../../errors';

interface Refusal {
  code: ErrorCode;
  pattern: RegExp;
  message: (found: string) => string;
  hint: (found: string) => string;
}

const GIT_REFUSALS: Refusal[] = [
  {
    code: 'GIT_ACCESS_DENIED',
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED[^]*?Host key for (\S+) has changed/,
    message: (host) => `the host key of ${host} is not the one in known_hosts`,
    hint: (host) =>
      `find out why before anything else; if the server was renewed, run \`ssh-keygen -R '${host}'\` and add its new key`,
  },
  {
    code: 'GIT_ACCESS_DENIED',
    pattern: /No \S+ host key is known for (\S+) and you have requested strict checking/,
    message: (host) => `the host key of ${host} is not in known_hosts`,
    hint: (host) =>
      `run \`ssh-keyscan ${scanArguments(host)} >> ~/.ssh/known_hosts\` and compare the key with the one that the server's owner publishes`,
  },
  {
    code: 'GIT_ACCESS_DENIED',
    pattern: /^\s*(\S+): Permission denied \([^)]*publickey[^)]*\)/m,
    message: (login) => `${login} accepts none of the keys in the ssh agent`,
    hint: (login) =>
      `\`ssh-add -l\` lists them, \`ssh-add <key>\` adds one; \`ssh -T ${login}\` tries it`,
  },
  {
    code: 'GIT_ACCESS_DENIED',
    pattern: /(?:Authentication failed for|could not read (?:Username|Password) for) '([^']+)'/,
    message: (url) => `git has no valid credentials for ${url}`,
    hint: () =>
      'write them into the requirement as `git+https://${USER}:${TOKEN}@…` and export the variables, or put the host into ~/.netrc',
  },
];

/** Our own line, see guarded_pip.py, and pip's. */
const REFUSED = /^\s*nx-lambda-python: (\S+) answered (401|403|407)/m;
const TUNNEL = /Tunnel connection failed: 407/;
const ASKED_INDEX = /No matching distribution found|HTTP error 40[13]|\b407\b/;

export function accessFailure(text: string): LambdaPythonError | undefined {
  for (const { code, pattern, message, hint } of GIT_REFUSALS) {
    const found = pattern.exec(text)?.[1];
    if (found) return new LambdaPythonError(code, { message: message(found), hint: hint(found) });
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
    message: `the index at ${host} ${status === '401' ? 'wants other credentials' : 'refuses these credentials'} (${status})`,
    hint: 'correct user and password in PIP_INDEX_URL, pip.conf, ~/.netrc or the variables that the requirements file uses',
  });
}

/** `[127.0.0.1]:2222` as ssh-keyscan wants it. */
function scanArguments(host: string): string {
  const [, name, port] = /^\[(.+)\]:(\d+)$/.exec(host) ?? [];
  return name && port ? `-p ${port} ${name}` : host;
}
