/**
 * pip's configuration on this machine, as environment variables for a pip that reads no file of it.
 *
 * Files and variables are read here rather than mounted: it works with remote daemons, values reach pip through its
 * environment, never through an argument, and pip gets exactly what the requirements key has, in a container as here.
 */

import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { MachineInputs, Unseen } from '../../packaging/inputs/package-inputs';
import {
  asVariables,
  configurationFiles,
  decidingFromFiles,
  PIP_COMMANDS,
  pipSettings,
  readConstraints,
  type ConfiguredConstraints,
  type ConfiguredSetting,
} from '../../packaging/inputs/pip-configuration';
import {
  decidingVariables,
  pipSetting,
  pipVariable,
  type PipSettingClass,
} from '../../packaging/inputs/pip-settings';
import { attempt } from '../process/attempt';
import type { WorkspaceLooks } from '../../packaging/inputs/workspace-files';
import type { BuildConstraints } from '../../packaging/inputs/build-constraints';
import { decodeFile } from '../../packaging/requirements/encoding';
import { inWorkspace, isUrl } from '../../packaging/requirements/parse';

export interface PipConfiguration {
  /** Variables that choose wheels: with the constraints' meaning they are part of the requirements key. May hold credentials. */
  deciding: Record<string, string>;
  /** Variables that do not. May hold credentials. */
  connecting: Record<string, string>;
  /** Variables that mean something on this machine only. */
  host?: Record<string, string>;
  /** A file of trusted certificates, if one is configured. */
  certificates: string | undefined;
  /** Settings that pip would go by and does not get, in words. */
  unheeded?: string[];
  /** What PIP_CONSTRAINT and PIP_BUILD_CONSTRAINT name; see `withConstraints`. */
  constraints?: ConfiguredConstraints;
}

/**
 * @param files configuration files, of which the last one wins
 * @param commands of pip, whose sections count in addition to `[global]`
 */
export function readPipConfiguration(
  environment: NodeJS.ProcessEnv = process.env,
  files: readonly string[] = configurationFiles(
    environment,
    process.platform,
    homedir(),
    existsSync,
  ),
  commands: readonly string[] = PIP_COMMANDS.wheels,
  read: (path: string) => string | undefined = readText,
): PipConfiguration {
  const settings = pipSettings(environment, files, read, commands);
  const heeded = settings.flatMap(heededPart);
  const pick = (wanted: PipSettingClass) =>
    asVariables(heeded.filter(({ name }) => pipSetting(name)?.class === wanted));
  const { PIP_CERT: certificate, ...connecting } = pick('connecting');
  const certificates = [
    certificate?.replace(/^~(?=[/\\])/, homedir()),
    environment['REQUESTS_CA_BUNDLE'],
    environment['CURL_CA_BUNDLE'],
    environment['SSL_CERT_FILE'],
  ].find((path) => path && existsSync(path));
  return {
    deciding: pick('deciding'),
    connecting,
    host: pick('host'),
    certificates,
    unheeded: settings.flatMap((setting) => {
      const because = unheededBecause(setting);
      const where = setting.file === null ? '' : ` of \`${setting.file}\``;
      return because === undefined
        ? []
        : [`pip's setting ${pipVariable(setting.name)}${where} has no effect here: ${because}`];
    }),
  };
}

function heededPart(setting: ConfiguredSetting): ConfiguredSetting[] {
  if (unheededBecause(setting) === undefined) return [setting];
  const urls = setting.name === 'find-links' ? setting.value.split(/\s+/).filter(isUrl) : [];
  return urls.length > 0 ? [{ ...setting, value: urls.join(' ') }] : [];
}

function unheededBecause({ name, value }: ConfiguredSetting): string | undefined {
  const setting = pipSetting(name);
  if (setting?.class === 'unheeded') return setting.because;
  // A directory of this machine means nothing elsewhere; a URL does.
  return name === 'find-links' && !value.split(/\s+/).every(isUrl)
    ? 'it names a directory of this machine; move those files into the workspace and set "pipArgs": ["--find-links", "<directory>"], or name a URL'
    : undefined;
}

/**
 * The configuration with the files that it names for constraints.
 *
 * @param sourceRoot where files of the workspace are read
 * @param protect takes credentials out of a file's text
 * @param own build constraints of the service
 * @throws REQUIREMENTS_MISSING, REQUIREMENTS_INVALID
 */
export function withConstraints(
  configuration: PipConfiguration,
  base: { workspaceRoot: string; sourceRoot: string; projectRoot: string },
  protect: (text: string, path: string) => string,
  own: Pick<BuildConstraints, 'named' | 'files'> = { named: [], files: new Map() },
): PipConfiguration {
  const read = (path: string): string | undefined => {
    const place = isAbsolute(path) ? path : join(base.sourceRoot, path);
    const bytes = attempt(() => readFileSync(place));
    return bytes && protect(decodeFile(bytes, path), path);
  };
  const constraints = readConstraints(
    configuration.deciding,
    base,
    (path) => own.files.get(path) ?? read(path),
    own.named,
  );
  return constraints ? { ...configuration, constraints } : configuration;
}

/** As the requirements key has it: constraints by what they say. */
export function pipEnvironment({
  deciding,
  constraints,
}: PipConfiguration): Record<string, string> {
  return { ...deciding, ...constraints?.meaning };
}

/** As pip gets it. @param urlOf a file of its input, for names with spaces */
export function pipVariables(
  { deciding, connecting, constraints }: PipConfiguration,
  urlOf: (place: string) => string,
): Record<string, string> {
  const named = Object.entries(constraints?.named ?? {}).map(([variable, words]) => [
    variable,
    words.map((word) => (isUrl(word) ? word : urlOf(word))).join(' '),
  ]);
  return { ...connecting, ...deciding, ...Object.fromEntries(named) };
}

/**
 * What of this machine decides wheels, for the inputs of Nx.
 * @param looks at files of the workspace, and at those with absolute paths
 */
export function machineInputs(
  looks: Pick<WorkspaceLooks, 'root' | 'read' | 'exists'>,
  environment: NodeJS.ProcessEnv = process.env,
): MachineInputs {
  const files = configurationFiles(environment, process.platform, homedir(), looks.exists);
  const base = { projectRoot: '.', workspaceRoot: looks.root };
  const read = (path: string) => attempt(() => looks.read(path));
  const deciding = decidingFromFiles(environment, files, read);
  const inside = files.flatMap((file) => inWorkspace(file, base) ?? []);
  const settings = deciding
    .filter(({ file }) => inWorkspace(file ?? '', base) === undefined)
    .map(({ name, file }) => ({
      what: `pip's \`${name}\` of \`${file}\``,
      why: 'the file is not in the workspace',
    }));
  // The same file may be named for wheels and for an installation.
  const named = Object.values(PIP_COMMANDS).map((commands) =>
    readNamed(looks, environment, files, commands),
  );
  const unseen = new Map(
    [...settings, ...named.flatMap((one) => one.settings)].map((one) => [one.what, one]),
  );
  return {
    variables: decidingVariables(),
    settings: [...unseen.values()],
    files: [...new Set([...inside, ...named.flatMap((one) => one.files)])],
  };
}

function readNamed(
  { root: workspaceRoot, read }: Pick<WorkspaceLooks, 'root' | 'read'>,
  environment: NodeJS.ProcessEnv,
  files: readonly string[],
  commands: readonly string[],
): { files: readonly string[]; settings: Unseen[] } {
  try {
    const readSetting = (path: string) => attempt(() => read(path));
    const { deciding } = readPipConfiguration(environment, files, commands, readSetting);
    const constraints = readConstraints(deciding, { workspaceRoot, projectRoot: '.' }, read);
    return {
      files: constraints?.inside ?? [],
      settings: (constraints?.outside ?? []).map((path) => ({
        what: `the constraints \`${path}\``,
        why: isAbsolute(path) ? 'the file is not in the workspace' : 'it is not a file',
      })),
    };
  } catch {
    // The build reports what is wrong, and Nx caches no failure.
    return { files: [], settings: [{ what: "pip's constraints", why: 'they cannot be read' }] };
  }
}

/** As for pip, a file that this user cannot read does not exist. */
function readText(path: string): string | undefined {
  return attempt(() => readFileSync(path, 'utf8'));
}
