/**
 * What pip is given and asked for, in a container and on this machine alike: what a service requires, in two steps,
 * the settings that go with it, and how both are laid out in a directory.
 */

import { chmodSync, copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import type { BuildConstraints } from '../../packaging/inputs/build-constraints';
import { inWorkspace, type PathBase } from '../../packaging/requirements/parse';
import type { Architecture, Runtime } from '../../service/runtimes';
import type { LocalFile } from '../files/local-files';
import { writeRepository, type Commits, type RepositoryCopy } from '../git/repository-copy';
import { pipVariables, type PipConfiguration } from './configuration';
import type { PipSecrets } from './secrets';

/** Files and arguments, as every step has them. */
export interface PipInput {
  /** Requirement and constraint files by path relative to the workspace, without credentials. */
  files: ReadonlyMap<string, string>;
  requirements: readonly string[];
  constraints: readonly string[];
  pipArguments: readonly string[];
  /** Trees of libraries, archives, directories of `--find-links`: copied beside the requirement files. */
  localFiles: readonly LocalFile[];
  /** For libraries whose builds ask git. */
  git?: readonly RepositoryCopy[];
}

/** As the service's files say it. */
export interface RequiredInput extends PipInput {
  step: 'required';
  /** Where the paths of local requirements and of pip's arguments start. */
  base: PathBase;
  /** The requirements are complete: pip resolves nothing, and each line is checked by its hash. */
  isLocked: boolean;
  buildConstraints?: BuildConstraints;
}

/** The same with libraries built, and everything of the workspace named by its copy; made by `prepareInput`. */
export interface PlacedInput extends PipInput {
  step: 'placed';
}

/** The runtime that wheels are for. */
export interface Target {
  runtime: Runtime;
  architecture: Architecture;
}

/** What pip is told besides its input, the same in every step. */
export interface PipSettings {
  target: Target;
  configuration: PipConfiguration;
  /**
   * Variables that the files use, and a netrc. They reach pip by its environment alone.
   * @throws REQUIREMENTS_INVALID for a variable that is not set
   */
  secrets: () => PipSecrets;
  /** Called with every line that pip prints. */
  onLine: (line: string) => void;
}

/** pip in a container, or on this machine. */
export interface Pip {
  onHost: boolean;
  /** For messages: `in docker, image:1`. */
  where: string;
  /** As a wheel set and a build manifest have it. */
  resolvedBy: { image: string | null; engine: string };
  /** A directory of this machine as programs of that side see it. */
  rootOf: (directory: string) => string;
  /**
   * Lays out the input below `directory`, which is made, and runs each list of Python's arguments in turn.
   * @param unset settings of pip that do not count for these commands
   * @throws LambdaPythonError for the first that fails, and for what keeps them from running
   */
  run: (
    directory: string,
    input: PipInput,
    commands: readonly (readonly string[])[],
    unset?: readonly string[],
  ) => Promise<void>;
  /** Lets pip make what `LEFT` names, below `directory`; this machine's pip would install for its own system. */
  make: (what: Asked, directory: string, input: PlacedInput) => Promise<void>;
}

/** Wheels for all requirements, a tree that has them installed, or a report of what would be installed. */
export type Asked = 'wheels' | 'install' | 'report';

/** Below the directory of a resolution: what pip leaves there. */
export const LEFT = { wheels: 'wheels', install: 'tree', report: 'report.json' } as const;

/** 1980, the oldest time that a zip can hold: the same source, built at another time, is the same wheel. */
const SOURCE_DATE_EPOCH = '315532800';

/** Of every pip: it asks nothing, and prints nothing that is only for a terminal. */
export const PIP_ENVIRONMENT = {
  PIP_DISABLE_PIP_VERSION_CHECK: '1',
  PIP_NO_COLOR: '1',
  PIP_NO_INPUT: '1',
  PIP_PROGRESS_BAR: 'off',
  SOURCE_DATE_EPOCH,
  // Older pips read requirements by the locale, and what we write is UTF-8.
  PYTHONUTF8: '1',
};

/** pip's temporary directory, where downloads are until all have arrived. */
export const TEMPORARY = 'tmp';
export const INPUT = 'input';

/**
 * Copies the requirement files below `directory`, keeping their places relative to each other,
 * so that pip sees them and nothing else of the workspace.
 */
export function writeInput(
  directory: string,
  { files, localFiles, git = [] }: Pick<PipInput, 'files' | 'localFiles' | 'git'>,
  { constraints }: Pick<PipConfiguration, 'constraints'>,
  objectsAt: ObjectsAt = ({ objects }) => objects,
): void {
  mkdirSync(join(directory, INPUT), { recursive: true });
  for (const [path, text] of [...(constraints?.files ?? []), ...files]) {
    writeFileSync(placeIn(directory, path), text, { mode: 0o600 });
  }
  for (const { path, source, executable } of localFiles) {
    const file = placeIn(directory, path);
    copyFileSync(source, file);
    // Modes go into wheels: only the executable bit is the file's own.
    chmodSync(file, executable ? 0o755 : 0o644);
  }
  for (const [index, copy] of git.entries()) {
    const place = placeIn(directory, posix.join(copy.path, '.git'));
    writeRepository(place, copy, copy.commits ? objectsAt(copy.commits, index) : '');
  }
}

/** Where the git that pip starts sees the objects of a repository of this machine. */
export type ObjectsAt = (commits: Commits, index: number) => string;

/** Whatever a path was read from: nothing is ever written beside the input. */
function placeIn(directory: string, path: string): string {
  if (inWorkspace(path, { projectRoot: '.' }) === undefined) {
    throw new Error(`a file of pip's input has a place outside of it: ${path}`);
  }
  const file = join(directory, INPUT, path);
  mkdirSync(dirname(file), { recursive: true });
  return file;
}

/** pip's arguments that name the requirement files, as seen from `root`. */
export function fileArguments(
  root: string,
  input: Omit<PipInput, 'files' | 'localFiles'>,
): string[] {
  const at = (path: string) => posix.join(root, INPUT, path);
  return [
    ...input.requirements.flatMap((path) => ['--requirement', at(path)]),
    ...input.constraints.flatMap((path) => ['--constraint', at(path)]),
    ...input.pipArguments,
  ];
}

/** Of a file of the input; `join` would turn the slashes of a container's path round on Windows. */
export function inputUrl(root: string, path: string): string {
  return fileUrl(root, posix.join(INPUT, path));
}

export function fileUrl(root: string, path: string): string {
  const slashed = `${root.replaceAll('\\', '/')}/${path}`;
  const encoded = slashed
    .split('/')
    .map((part, index) => (index === 0 ? part : encodeURIComponent(part)))
    .join('/');
  return `file://${slashed.startsWith('/') ? '' : '/'}${encoded}`;
}

/** pip's settings as variables, of which some name files of the input that lies below `root`. */
export function settingsBelow(root: string, configuration: PipConfiguration) {
  return pipVariables(configuration, (place) => inputUrl(root, place));
}

/** Lets `pip install` report what it would install. */
export function reportArguments(root: string): string[] {
  return ['--dry-run', '--ignore-installed', `--report=${posix.join(root, LEFT.report)}`];
}

/** What `platform.machine()` returns on the architecture. */
export function machineNames(architecture: Architecture): string[] {
  return architecture === 'arm64' ? ['aarch64', 'arm64'] : ['x86_64'];
}

export function describeTarget({ runtime, architecture }: Target): string {
  return `${runtime.name} ${architecture}`;
}

export function withoutSettings(settings: PipSettings, names: readonly string[]): PipSettings {
  const { configuration } = settings;
  const deciding = Object.entries(configuration.deciding).filter(([name]) => !names.includes(name));
  return {
    ...settings,
    configuration: { ...configuration, deciding: Object.fromEntries(deciding) },
  };
}

/** Paths of the wheels that pip made below the directory of a resolution. */
export function wheelsIn(directory: string): string[] {
  const wheels = join(directory, LEFT.wheels);
  return readdirSync(wheels)
    .filter((name) => name.endsWith('.whl'))
    .sort()
    .map((name) => join(wheels, name));
}
