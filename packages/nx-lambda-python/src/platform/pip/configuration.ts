/**
 * pip's configuration on this machine, as environment variables for a pip that runs elsewhere.
 *
 * Files and variables are read here rather than mounted: it works with remote daemons, and values
 * reach the container through the engine's own environment, never through an argument.
 */

import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** They choose wheels, so they are part of the requirements key (without credentials). */
const DECIDING = [
  'INDEX_URL',
  'EXTRA_INDEX_URL',
  'NO_INDEX',
  'FIND_LINKS',
  'PRE',
  'NO_BINARY',
  'ONLY_BINARY',
  'PREFER_BINARY',
] as const;

/** They only say how an index is reached. */
const CONNECTING = ['TRUSTED_HOST', 'DEFAULT_TIMEOUT', 'TIMEOUT', 'RETRIES', 'PROXY'] as const;

export interface PipConfiguration {
  /** Variables that choose wheels. May hold credentials. */
  deciding: Record<string, string>;
  /** Variables that do not. May hold credentials. */
  connecting: Record<string, string>;
  /** A file of trusted certificates, if one is configured. */
  certificates: string | undefined;
}

/**
 * @param files configuration files, of which the last one wins
 * @param commands of pip, whose sections count besides `[global]`
 */
export function readPipConfiguration(
  environment: NodeJS.ProcessEnv = process.env,
  files: readonly string[] = configurationFiles(environment),
  commands: readonly string[] = ['wheel', 'download'],
): PipConfiguration {
  // A command's own section wins over `[global]`, even that of a file that is read later.
  const sections = new Map(
    ['global', ...commands].map((name) => [name, new Map<string, string>()]),
  );
  for (const file of files) {
    if (existsSync(file)) readSettings(readFileSync(file, 'utf8'), sections);
  }
  const settings = new Map([...sections.values()].flatMap((section) => [...section]));
  // As in pip, the environment wins over files.
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith('PIP_') && value) settings.set(name.slice('PIP_'.length), value);
  }
  const pick = (names: readonly string[]) =>
    Object.fromEntries(
      names.flatMap((name) => {
        const value = settings.get(name);
        return value && isPortable(name, value) ? [[`PIP_${name}`, value]] : [];
      }),
    );
  const certificates = [
    settings.get('CERT')?.replace(/^~(?=[/\\])/, homedir()),
    environment['REQUESTS_CA_BUNDLE'],
    environment['CURL_CA_BUNDLE'],
    environment['SSL_CERT_FILE'],
  ].find((path) => path && existsSync(path));
  return { deciding: pick(DECIDING), connecting: pick(CONNECTING), certificates };
}

/** In pip's order: global, user, virtual environment, or the file that the environment names for user's. */
function configurationFiles(environment: NodeJS.ProcessEnv): string[] {
  const explicit = environment['PIP_CONFIG_FILE'];
  if (explicit === '/dev/null') return [];
  const home = homedir();
  const user =
    process.platform === 'win32'
      ? [join(environment['APPDATA'] ?? home, 'pip', 'pip.ini')]
      : [
          join(home, '.pip', 'pip.conf'),
          ...(process.platform === 'darwin'
            ? [join(home, 'Library', 'Application Support', 'pip', 'pip.conf')]
            : []),
          join(environment['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'pip', 'pip.conf'),
        ];
  const virtual = environment['VIRTUAL_ENV'];
  const site = virtual
    ? [join(virtual, process.platform === 'win32' ? 'pip.ini' : 'pip.conf')]
    : [];
  const global =
    process.platform === 'win32'
      ? [join(environment['ProgramData'] ?? 'C:\\ProgramData', 'pip', 'pip.ini')]
      : ['/etc/xdg/pip/pip.conf', '/etc/pip.conf'];
  if (explicit && existsSync(explicit)) return [...global, ...site, explicit];
  return [...global, ...user, ...site];
}

/** Fills the sections that are asked for; continued lines join by a space. */
function readSettings(text: string, sections: ReadonlyMap<string, Map<string, string>>): void {
  let settings: Map<string, string> | undefined;
  let name: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const heading = /^\[(.+)\]\s*$/.exec(line);
    const pair = /^([^\s=:][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (heading) {
      [settings, name] = [sections.get(heading[1] ?? ''), undefined];
    } else if (!settings) {
      continue;
    } else if (name && /^\s/.test(line)) {
      settings.set(name, `${settings.get(name) ?? ''} ${line.trim()}`.trim());
    } else if (pair) {
      name = (pair[1] ?? '').toUpperCase().replaceAll('-', '_');
      settings.set(name, pair[2] ?? '');
    }
  }
}

/** A directory of this machine means nothing elsewhere; a URL does. */
function isPortable(name: string, value: string): boolean {
  return name !== 'FIND_LINKS' || value.split(/\s+/).every((link) => /^https?:\/\//.test(link));
}
