/** pip's configuration as pip reads it: files, then variables, then the constraints that they name. Text in, settings out. */

import { posix, win32 } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { collectRequirements } from '../requirements/collect';
import { inWorkspace, isUrl, withoutCredentials, type PathBase } from '../requirements/parse';
import { pipSetting, pipVariable } from './pip-settings';

type Environment = Readonly<Record<string, string | undefined>>;

/** Text of a file by its absolute path; undefined if it does not exist. */
type ReadConfigurationFile = (path: string) => string | undefined;

/** pip's commands whose sections count in addition to `[global]`, by the build's option `dependencies`. */
export const PIP_COMMANDS = { wheels: ['wheel', 'download'], install: ['install'] } as const;

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
  commands: readonly string[] = PIP_COMMANDS.wheels,
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

/** Deciding settings of any build that files have rather than variables, which Nx cannot see. */
export function decidingFromFiles(
  environment: Environment,
  files: readonly string[],
  read: ReadConfigurationFile,
): ConfiguredSetting[] {
  const settings = Object.values(PIP_COMMANDS)
    .flatMap((commands) => pipSettings(environment, files, read, commands))
    .filter(({ name, file }) => file !== null && pipSetting(name)?.class === 'deciding');
  return [...new Map(settings.map((one) => [`${one.name} ${one.file}`, one])).values()];
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
      // An empty value stands for the lines below it; one that stays empty is dropped.
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

const CONSTRAINT_SETTINGS = ['PIP_CONSTRAINT', 'PIP_BUILD_CONSTRAINT'] as const;

/** Where files from outside of the workspace are put beside its own, in the same places relative to each other. */
const OUTSIDE = '.nx-lambda-python/outside';

export interface ConfiguredConstraints {
  /** Every file with what it includes: its text by its place below pip's input. */
  files: ReadonlyMap<string, string>;
  /** What each variable names, in its order: places of `files`, and URLs, which pip reads itself. */
  named: Readonly<Record<string, readonly string[]>>;
  /** What each variable means, by the content of files rather than their names: for the requirements key. */
  meaning: Readonly<Record<string, string>>;
  /** Files of `files` that are in the workspace, relative to it; sorted. */
  inside: string[];
  /** The others, absolute, and URLs: Nx sees none of them. Sorted, without credentials. */
  outside: string[];
}

/** @param path relative to the workspace, or absolute outside of it */
type ReadConstraints = (path: string) => string | undefined;

/**
 * pip takes paths from where it is run, which for a build is the workspace.
 *
 * @param settings pip's, by the names of their variables
 * @param buildConstraints further ones, of the service: paths relative to the workspace, and URLs
 * @returns undefined if none of them names a file or URL of constraints
 * @throws REQUIREMENTS_MISSING, REQUIREMENTS_INVALID
 */
export function readConstraints(
  settings: Readonly<Record<string, string>>,
  base: Required<PathBase>,
  read: ReadConstraints,
  buildConstraints: readonly string[] = [],
): ConfiguredConstraints | undefined {
  const given = CONSTRAINT_SETTINGS.flatMap((variable) => {
    const configured = settings[variable]?.split(/\s+/).filter(Boolean) ?? [];
    const words = [...configured, ...(variable === 'PIP_BUILD_CONSTRAINT' ? buildConstraints : [])];
    return words.length > 0 ? [{ variable, words }] : [];
  });
  if (given.length === 0) return undefined;
  const files = new Map<string, string>();
  const isWindows = /^[a-z]:/i.test(base.workspaceRoot);
  const outsidePath = (place: string) => absoluteOf(place, isWindows);
  const readPlace = (place: string) => read(outsidePath(place) ?? place);
  const results = given.map(({ variable, words }) => {
    const named = words.map((word) => (isUrl(word) ? word : placeOf(word, base.workspaceRoot)));
    const places = named.filter((one) => !isUrl(one));
    for (const place of places) {
      if (readPlace(place) === undefined) throw missing(variable, outsidePath(place) ?? place);
    }
    const { projectRoot, workspaceRoot } = base;
    const request = { projectRoot, workspaceRoot, requirements: [], constraints: places };
    const collected = collectRequirements(request, readPlace);
    for (const [place, text] of collected.files) files.set(place, text);
    const { requirements, constraints, options } = collected.meaning;
    const lines = [...requirements, ...constraints, ...options, ...named.filter(isUrl)];
    return { variable, named, meaning: lines.map(withoutCredentials).join('\n') };
  });
  const urls = results.flatMap(({ named }) => named.filter(isUrl));
  const outside = [...files.keys()].flatMap((place) => outsidePath(place) ?? []);
  return {
    files,
    named: Object.fromEntries(results.map(({ variable, named }) => [variable, named])),
    meaning: Object.fromEntries(results.map(({ variable, meaning }) => [variable, meaning])),
    inside: [...files.keys()].filter((place) => outsidePath(place) === undefined).sort(),
    outside: [...outside, ...urls.map(withoutCredentials)].sort(),
  };
}

function placeOf(word: string, workspaceRoot: string): string {
  const path = word
    .replace(/^file:(\/\/(localhost)?(?=\/))?/i, '')
    .replace(/^\/(?=[a-z]:[\\/])/i, '');
  const inside = inWorkspace(path, { projectRoot: '.', workspaceRoot });
  if (inside !== undefined) return inside;
  const slashed = path.replaceAll('\\', '/');
  const isAbsolute = /^(\/|[a-z]:\/)/i.test(slashed);
  const absolute = isAbsolute
    ? posix.normalize(slashed)
    : posix.join(workspaceRoot.replaceAll('\\', '/'), slashed);
  return posix.join(OUTSIDE, absolute.replace(/^([a-z]):/i, '/$1'));
}

/** The absolute path of a file outside of the workspace. */
function absoluteOf(place: string, isWindows: boolean): string | undefined {
  if (!place.startsWith(`${OUTSIDE}/`)) return undefined;
  const path = place.slice(OUTSIDE.length);
  return isWindows ? path.replace(/^\/([a-z])(?=\/)/i, '$1:') : path;
}

function missing(variable: string, path: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_MISSING', {
    message: `pip's configuration sets ${variable} to \`${path}\`, which does not exist`,
    hint: `correct ${variable} (or that setting in pip.conf: \`pip config debug\` shows which file has it); a relative path starts at the workspace`,
  });
}
