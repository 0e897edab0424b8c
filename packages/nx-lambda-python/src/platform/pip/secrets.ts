/** The credentials of one build: where they come from, which of them pip gets, and how output is redacted. */

import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { RequirementSecrets } from '../../packaging/requirements/secrets';
import { redactor, userInfosIn } from '../process/redact';
import type { PipConfiguration } from './configuration';

export interface PipSecrets {
  variables: Record<string, string>;
  /** Text of a netrc with the hosts that are asked. */
  netrc: string | undefined;
}

/** A proxy may want a password, and programs repeat its URL when they fail. */
const PROXIES = /^(https?|all|ftp)_proxy$/i;

/**
 * @param inFiles those of the requirements files
 * @param texts protected requirements files, for their hosts
 */
export function buildSecrets(
  inFiles: RequirementSecrets,
  texts: Iterable<string>,
  { deciding, connecting, constraints }: PipConfiguration,
  environment: NodeJS.ProcessEnv = process.env,
) {
  const settings = [...Object.values(deciding), ...Object.values(connecting)];
  const proxies = Object.entries(environment).flatMap(([name, value]) =>
    PROXIES.test(name) && value ? [value] : [],
  );
  const configured = constraints?.files.values() ?? [];
  const netrc = readNetrc(hostsIn([...texts, ...configured, ...settings]), environment);
  return {
    /** For pip; see `PipSettings.secrets`. */
    forPip: (): PipSecrets => ({ variables: inFiles.variables(), netrc: netrc.text }),
    redact: redactor({
      userInfos: [
        ...[...settings, ...proxies].flatMap(userInfosIn),
        ...inFiles.userInfos(),
        ...netrc.userInfos,
      ],
      values: inFiles.values(),
    }),
  };
}

/** Hosts of all URLs, without ports, as a netrc lists them. */
function hostsIn(texts: readonly string[]): string[] {
  return texts.flatMap((text) =>
    [...text.matchAll(/https?:\/\/(?:[^/\s]*@)?(\[[^\]\s]+\]|[^/\s:?#'"]+)/gi)].map(
      ([, host = '']) => host.replace(/^\[|\]$/g, '').toLowerCase(),
    ),
  );
}

export interface Netrc {
  /** Text of a netrc with only the wanted hosts; undefined if it lists none of them. */
  text: string | undefined;
  /** `user:password` of those. */
  userInfos: string[];
}

interface Entry {
  /** Undefined for `default`. */
  host: string | undefined;
  /** As written, quotes and all: it is read again by the same rules. */
  fields: Map<string, string>;
}

/** The first file that Python's requests finds: $NETRC, or the home directory's. */
export function readNetrc(
  hosts: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
  home: string = homedir(),
): Netrc {
  const named = environment['NETRC'];
  const files = named ? [named] : [join(home, '.netrc'), join(home, '_netrc')];
  const file = files.find((path) => existsSync(path));
  return file ? selectHosts(readFileSync(file, 'utf8'), hosts) : { text: undefined, userInfos: [] };
}

export function selectHosts(text: string, hosts: readonly string[]): Netrc {
  const entries = parse(text);
  const lines: string[] = [];
  const userInfos: string[] = [];
  for (const host of [...new Set(hosts)].sort()) {
    const entry =
      entries.find((one) => one.host === host) ?? entries.find((one) => one.host === undefined);
    if (!entry) continue;
    const fields = [...entry.fields].map(([name, value]) => `${name} ${value}`);
    lines.push(['machine', host, ...fields].join(' '));
    const user = entry.fields.get('login') ?? '';
    const password = entry.fields.get('password') ?? '';
    userInfos.push(`${user}:${password}`, `${unquote(user)}:${unquote(password)}`);
  }
  return { text: lines.length > 0 ? `${lines.join('\n')}\n` : undefined, userInfos };
}

/** @see https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html */
function parse(text: string): Entry[] {
  const withoutMacros = text
    // A macro ends with an empty line.
    .replace(/^[ \t]*macdef[^]*?(?:\n[ \t]*\r?\n|$(?![^]))/gm, '\n')
    .replace(/^[ \t]*#.*$/gm, '');
  const tokens = withoutMacros.match(/"(?:\\.|[^"\\])*"|\S+/g) ?? [];
  const entries: Entry[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === 'machine') {
      at += 1;
      entries.push({ host: unquote(tokens[at] ?? ''), fields: new Map() });
    } else if (token === 'default') {
      entries.push({ host: undefined, fields: new Map() });
    } else if (token === 'login' || token === 'user' || token === 'password') {
      at += 1;
      entries.at(-1)?.fields.set(token === 'user' ? 'login' : token, tokens[at] ?? '');
    } else if (token === 'account') {
      at += 1;
    }
  }
  return entries;
}

function unquote(token: string): string {
  return token.replace(/^"(.*)"$/s, '$1').replace(/\\(.)/gs, '$1');
}
