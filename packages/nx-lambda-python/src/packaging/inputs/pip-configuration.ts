/** pip's configuration as pip reads it: files, then variables. Text in, settings out. */

import { posix, win32 } from 'node:path';
import { pipSetting, pipVariable } from './pip-settings';

type Environment = Readonly<Record<string, string | undefined>>;

/** Text of a file by its absolute path; undefined where there is none. */
export type ReadConfigurationFile = (path: string) => string | undefined;

/** pip's commands whose sections count besides `[global]`, where a build resolves wheels. */
export const RESOLVING_COMMANDS = ['wheel', 'download'] as const;

/** One setting with its value. */
export interface ConfiguredSetting {
  /** As in the table of pip's settings: `no-binary`. */
  name: string;
  value: string;
  /** The configuration file that has it; null for a variable. */
  file: string | null;
}

/**
 * Where configuration files may lie, in pip's order, of which the last one wins: global, user, virtual environment,
 * and the one that PIP_CONFIG_FILE names, which takes the place of the user's.
 * @see https://pip.pypa.io/en/stable/topics/configuration/#location
 * @param exists of a file, asked only for the one that PIP_CONFIG_FILE names
 */
export function configurationFiles(
  environment: Environment,
  platform: NodeJS.Platform,
  home: string,
  exists: (path: string) => boolean,
): string[] {
  const explicit = environment['PIP_CONFIG_FILE'] || undefined;
  if (explicit === nullDevice(platform)) return [];
  const { join } = platform === 'win32' ? win32 : posix;
  const name = platform === 'win32' ? 'pip.ini' : 'pip.conf';
  const virtual = environment['VIRTUAL_ENV'];
  const { global, user } = directories(environment, platform, home);
  const isNamed = explicit !== undefined && exists(explicit);
  return [
    ...global.map((directory) => join(directory, name)),
    ...(isNamed ? [] : user.map((directory) => join(directory, name))),
    ...(virtual ? [join(virtual, name)] : []),
    ...(isNamed ? [explicit] : []),
  ];
}

/** What PIP_CONFIG_FILE has to be for pip to read no configuration file at all. */
export function nullDevice(platform: NodeJS.Platform): string {
  return platform === 'win32' ? 'nul' : '/dev/null';
}

function directories(
  environment: Environment,
  platform: NodeJS.Platform,
  home: string,
): { global: string[]; user: string[] } {
  if (platform === 'win32') {
    const { join } = win32;
    return {
      global: [join(environment['ProgramData'] ?? 'C:\\ProgramData', 'pip')],
      user: [
        join(home, 'pip'),
        join(environment['APPDATA'] ?? join(home, 'AppData', 'Roaming'), 'pip'),
      ],
    };
  }
  const { join } = posix;
  if (platform === 'darwin') {
    return {
      global: ['/Library/Application Support/pip'],
      user: [
        join(home, '.pip'),
        join(home, '.config', 'pip'),
        join(home, 'Library', 'Application Support', 'pip'),
      ],
    };
  }
  const shared = (environment['XDG_CONFIG_DIRS'] || '/etc/xdg').split(':').filter(Boolean);
  return {
    global: [...shared.map((directory) => join(directory, 'pip')), '/etc'],
    user: [
      join(home, '.pip'),
      join(environment['XDG_CONFIG_HOME'] || join(home, '.config'), 'pip'),
    ],
  };
}

/** The settings that count, each once: a command's section wins over `[global]` of any file, and a variable over both. */
export function pipSettings(
  environment: Environment,
  files: readonly string[],
  read: ReadConfigurationFile,
  commands: readonly string[] = RESOLVING_COMMANDS,
): ConfiguredSetting[] {
  const sections = new Map(
    ['global', ...commands].map((name) => [name, new Map<string, ConfiguredSetting>()]),
  );
  for (const file of files) readFile(read(file) ?? '', file, sections);
  const settings = new Map([...sections.values()].flatMap((section) => [...section]));
  for (const [variable, value] of Object.entries(environment)) {
    const name = variable.startsWith('PIP_') && pipSetting(variable.slice('PIP_'.length))?.name;
    if (name && value) settings.set(name, { name, value, file: null });
  }
  return [...settings.values()];
}

/** Deciding settings that files have rather than variables, which Nx cannot see. */
export function decidingFromFiles(
  environment: Environment,
  files: readonly string[],
  read: ReadConfigurationFile,
  commands: readonly string[] = [...RESOLVING_COMMANDS, 'install'],
): ConfiguredSetting[] {
  return pipSettings(environment, files, read, commands).filter(
    ({ name, file }) => file !== null && pipSetting(name)?.class === 'deciding',
  );
}

/** Fills the sections that are asked for; continued lines join by a space. */
function readFile(
  text: string,
  file: string,
  sections: ReadonlyMap<string, Map<string, ConfiguredSetting>>,
): void {
  let settings: Map<string, ConfiguredSetting> | undefined;
  let name: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const heading = /^\[(.+)\]\s*$/.exec(line);
    const pair = /^([^\s=:][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (heading) {
      [settings, name] = [sections.get(heading[1] ?? ''), undefined];
    } else if (settings && name && /^\s/.test(line)) {
      const value = `${settings.get(name)?.value ?? ''} ${line.trim()}`.trim();
      settings.set(name, { name, value, file });
    } else if (settings && pair) {
      name = pipSetting(pair[1] ?? '')?.name;
      // An empty value stands for the lines below it; one that stays empty is none.
      if (name) settings.set(name, { name, value: pair[2] ?? '', file });
    }
  }
  for (const section of sections.values()) {
    for (const [key, { value }] of section) if (!value) section.delete(key);
  }
}

/** A setting by the name of its variable, which stands for it in the requirements key. */
export function asVariables(settings: readonly ConfiguredSetting[]): Record<string, string> {
  return Object.fromEntries(settings.map(({ name, value }) => [pipVariable(name), value]));
}
