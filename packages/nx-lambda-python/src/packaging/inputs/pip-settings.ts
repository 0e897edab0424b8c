/**
 * Every setting of pip, and what a build makes of it.
 *
 * pip takes each long option from its arguments, from `PIP_<NAME>` and from its configuration files. The names are
 * those that `pip wheel`, `pip download` and `pip install` have, from pip 20.3 to 26.3.
 * @see https://pip.pypa.io/en/stable/topics/configuration/
 */

import { LambdaPythonError } from '../../errors';

/**
 * - `deciding`: chooses wheels or how they are built, so pip gets it and the requirements key has it.
 * - `connecting`: only how an index is reached, so pip gets it, but no key has it.
 * - `host`: as `connecting`, but names a file or a program of this machine, which a container does not have.
 * - `unheeded`: would decide, but pip does not get it; the build warns of it.
 * - `indifferent`: changes no wheel, or the build itself sets it.
 */
export type PipSettingClass = 'deciding' | 'connecting' | 'host' | 'unheeded' | 'indifferent';

interface PipSetting {
  /** `no-binary` */
  name: string;
  /** Further names of the same option. */
  aliases: readonly string[];
  class: PipSettingClass;
  /** Why it is of that class; of an unheeded one, what to do instead. */
  because: string;
}

interface Group extends Pick<PipSetting, 'class' | 'because'> {
  /** `name` or `name=alias=alias`. */
  settings: readonly string[];
}

const GROUPS: readonly Group[] = [
  {
    class: 'deciding',
    because: 'it says which indexes and pages are searched',
    settings: ['index-url=pypi-url', 'extra-index-url', 'no-index', 'find-links'],
  },
  {
    class: 'deciding',
    because: 'it says which of the files found may be taken',
    settings: [
      ...['pre', 'all-releases', 'only-final', 'uploaded-prior-to', 'ignore-requires-python'],
      ...['no-binary', 'only-binary', 'prefer-binary', 'require-hashes', 'no-require-hashes'],
    ],
  },
  {
    class: 'deciding',
    because: 'it says which distributions and versions are taken',
    settings: ['constraint', 'no-deps=no-dependencies', 'only-deps=only-dependencies'],
  },
  {
    class: 'deciding',
    because: 'it says how wheels are built from source',
    settings: [
      ...['build-constraint', 'config-settings', 'no-build-isolation', 'use-pep517'],
      ...['no-use-pep517', 'global-option', 'build-option', 'install-option'],
    ],
  },
  {
    class: 'connecting',
    because: 'it says how an index is reached, not what it has',
    settings: [
      ...['proxy', 'no-proxy-env', 'trusted-host', 'timeout=default-timeout', 'retries'],
      'resume-retries',
    ],
  },
  {
    class: 'connecting',
    because: 'its file is mounted into the container',
    settings: ['cert'],
  },
  {
    class: 'host',
    because: 'it names a file or a program of this machine',
    settings: ['client-cert', 'keyring-provider'],
  },
  {
    class: 'unheeded',
    because: 'list what the service requires in its requirements files',
    settings: ['requirement', 'editable', 'group', 'requirements-from-script'],
  },
  {
    class: 'unheeded',
    because: 'set `runtime` and `architecture` in pyproject.toml instead',
    settings: ['platform', 'python-version', 'implementation', 'abi'],
  },
  {
    class: 'unheeded',
    because: 'the pip of the build image may not know it; if it does, set `pipArgs`',
    settings: ['use-feature', 'use-deprecated'],
  },
  {
    class: 'indifferent',
    because: 'the build says where pip reads and writes',
    settings: [
      ...['dest=destination-dir=destination-directory', 'wheel-dir', 'target', 'prefix', 'root'],
      ...['user', 'no-user', 'src=source=source-dir=source-directory', 'report', 'output'],
      ...['build-dir=build=build-directory'],
      ...['cache-dir', 'no-cache-dir', 'refresh-package', 'no-clean', 'exists-action', 'python'],
      ...['isolated', 'dry-run', 'no-input', 'log=log-file=local-log'],
    ],
  },
  {
    class: 'indifferent',
    because:
      'nothing is installed where the build runs pip, and bytecode is an option of the build',
    settings: [
      ...['upgrade', 'upgrade-strategy', 'force-reinstall', 'ignore-installed', 'compile'],
      ...['no-compile', 'break-system-packages', 'require-virtualenv=require-venv'],
      ...['root-user-action', 'no-warn-script-location', 'no-warn-conflicts'],
    ],
  },
  {
    class: 'indifferent',
    because: 'it only checks or prints: wheels are checked by the build',
    settings: [
      ...['no-verify', 'check-build-dependencies', 'debug', 'help', 'version', 'verbose', 'quiet'],
      ...['no-color', 'progress-bar', 'disable-pip-version-check', 'no-python-version-warning'],
    ],
  },
];

export const PIP_SETTINGS: readonly PipSetting[] = GROUPS.flatMap(({ settings, ...group }) =>
  settings.map((names) => {
    const [name = '', ...aliases] = names.split('=');
    return { name, aliases, ...group };
  }),
);

const BY_NAME = new Map(
  PIP_SETTINGS.flatMap((setting) =>
    [setting.name, ...setting.aliases].map((name) => [name, setting] as const),
  ),
);

/** Of an option's name however it is written: `no-binary`, `no_binary`, `NO_BINARY`. pip ignores names it does not know. */
export function pipSetting(name: string): PipSetting | undefined {
  return BY_NAME.get(name.toLowerCase().replaceAll('_', '-').replace(/^--/, ''));
}

/** `PIP_NO_BINARY` */
export function pipVariable(name: string): string {
  return `PIP_${name.toUpperCase().replaceAll('-', '_')}`;
}

/**
 * Variables of the environment that decide wheels, sorted: what Nx has to hash. PIP_CONFIG_FILE is one of them, as it
 * names a file of settings.
 */
export function decidingVariables(): string[] {
  const names = PIP_SETTINGS.filter((setting) => setting.class === 'deciding')
    .flatMap(({ name, aliases }) => [name, ...aliases])
    .map(pipVariable);
  return [...names, 'PIP_CONFIG_FILE'].sort();
}

/** Long and short names of arguments that are refused, and what to do instead. */
const REFUSED: readonly { names: readonly string[]; short?: string; instead: string }[] = [
  {
    names: ['requirement', 'requirements-from-script', 'group'],
    short: 'r',
    instead: 'list the file in "requirements" of the build target',
  },
  {
    names: ['constraint'],
    short: 'c',
    instead: 'list the file in "constraints" of the build target',
  },
  {
    names: ['editable'],
    short: 'e',
    instead: 'write it as a line of a requirements file: `-e ../../libs/common`',
  },
  ...[
    { names: ['dest', 'destination-dir', 'destination-directory'], short: 'd' },
    { names: ['wheel-dir'], short: 'w' },
    { names: ['target'], short: 't' },
    { names: ['prefix', 'root', 'report', 'python'] },
  ].map((one) => ({
    ...one,
    instead: 'remove it: the build itself decides where pip writes, and reads the result there',
  })),
];

/**
 * The option `pipArgs`: arguments that read or write what no key and no build knows of are refused.
 * @throws OPTION_INVALID
 */
export function checkPipArguments(pipArguments: readonly string[]): void {
  for (const argument of pipArguments) {
    const refused = REFUSED.find(({ names, short }) => isOneOf(argument, names, short));
    if (!refused) continue;
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `\`pipArgs\` has \`${argument}\`, which reads or writes files that the build does not know of`,
      hint: refused.instead,
    });
  }
}

/** pip takes `-rFILE` and, of long options, any unambiguous beginning. */
function isOneOf(argument: string, names: readonly string[], short: string | undefined): boolean {
  if (short !== undefined && argument.startsWith(`-${short}`)) return true;
  const given = /^--([a-z][a-z-]*)(=|$)/.exec(argument)?.[1];
  if (given === undefined) return false;
  return pipSetting(given) ? names.includes(given) : names.some((name) => name.startsWith(given));
}
