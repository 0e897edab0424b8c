/** What a resolution needs, on whichever side pip runs, and how it is laid out in a directory for it. */

import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { inWorkspace, type PathBase } from '../../packaging/requirements/parse';
import type { Architecture, Runtime } from '../../service/runtimes';
import type { LocalFile } from '../files/local-files';
import { pipVariables, type PipConfiguration } from './configuration';
import type { SshChoice } from './ssh';

export interface ResolveRequest {
  runtime: Runtime;
  architecture: Architecture;
  /** Requirement and constraint files by path relative to the workspace, without credentials. */
  files: ReadonlyMap<string, string>;
  requirements: readonly string[];
  constraints: readonly string[];
  pipArguments: readonly string[];
  configuration: PipConfiguration;
  /** Whether the agent of this machine is there for git in a container. */
  ssh: SshChoice;
  /**
   * Variables that `files` use, and a netrc. They reach pip by its environment alone.
   * @throws REQUIREMENTS_INVALID for a variable that is not set
   */
  secrets: () => PipSecrets;
  /** What `files` name of the workspace; without it they name nothing. */
  local?: LocalInput;
  /** Told every line that pip prints. */
  onLine: (line: string) => void;
}

export interface PipSecrets {
  variables: Record<string, string>;
  /** Text of a netrc with the hosts that are asked. */
  netrc: string | undefined;
}

export interface LocalInput {
  /** Where the paths of local requirements and of pip's arguments start. */
  base: PathBase;
  /** The first, where it is another place for lines that a lock's tool wrote. */
  exportedBase?: PathBase;
  /** Trees of libraries, archives, directories of `--find-links`: copied beside the requirement files. */
  files: readonly LocalFile[];
  /** The requirements are complete: pip resolves nothing, and each line is checked by its hash. */
  isLocked: boolean;
  /** A lock that only its own tool can turn into requirement lines. */
  lock?: LockExport;
}

export interface LockExport {
  tool: 'uv' | 'poetry';
  /** Of the lock, relative to the workspace. */
  path: string;
  /** The lock and the pyproject.toml files that its tool reads, by path relative to the workspace. */
  files: ReadonlyMap<string, string>;
}

/** 1980, the oldest time that a zip can hold: the same source, built at another time, is the same wheel. */
export const SOURCE_DATE_EPOCH = '315532800';

/** Below the directory of a resolution: what pip leaves there. */
export const WHEELS = 'wheels';
export const TREE = 'tree';
/** pip's temporary directory, where downloads lie until all are there. */
export const TEMPORARY = 'tmp';
export const INPUT = 'input';
const REPORT = 'report.json';

/**
 * Copies the requirement files below `directory`, keeping their places relative to each other,
 * so that pip sees them and nothing else of the workspace.
 */
export function writeInput(directory: string, request: ResolveRequest): void {
  mkdirSync(join(directory, INPUT), { recursive: true });
  const configured = request.configuration.constraints?.files ?? [];
  for (const [path, text] of [...configured, ...request.files]) {
    const file = placeIn(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode: 0o600 });
  }
  for (const { path, source, executable } of request.local?.files ?? []) {
    const file = placeIn(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    copyFileSync(source, file);
    // Modes go into wheels: only the executable bit is the file's own.
    chmodSync(file, executable ? 0o755 : 0o644);
  }
}

/** Whatever a path was read from: nothing is ever written beside the input. */
function placeIn(directory: string, path: string): string {
  if (inWorkspace(path, { projectRoot: '.' }) === undefined) {
    throw new Error(`a file of pip's input has a place outside of it: ${path}`);
  }
  return join(directory, INPUT, path);
}

/** pip's arguments that name the requirement files, as seen from `root`. */
export function fileArguments(root: string, request: ResolveRequest): string[] {
  const at = (path: string) => posix.join(root, INPUT, path);
  return [
    ...request.requirements.flatMap((path) => ['--requirement', at(path)]),
    ...request.constraints.flatMap((path) => ['--constraint', at(path)]),
    ...request.pipArguments,
  ];
}

/** On either side; `join` would turn the slashes of a container's path round on Windows. */
export function fileUrl(root: string, path: string): string {
  const slashed = `${root.replaceAll('\\', '/')}/${path}`;
  const encoded = slashed
    .split('/')
    .map((part, index) => (index === 0 ? part : encodeURIComponent(part)))
    .join('/');
  return `file://${slashed.startsWith('/') ? '' : '/'}${encoded}`;
}

/** pip's settings as variables, of which some name files of the input that lies below `root`. */
export function settingsBelow(root: string, { configuration }: ResolveRequest) {
  return pipVariables(configuration, (place) => fileUrl(root, posix.join(INPUT, place)));
}

export function wheelsIn(directory: string): string[] {
  return readdirSync(join(directory, WHEELS))
    .filter((name) => name.endsWith('.whl'))
    .sort()
    .map((name) => join(directory, WHEELS, name));
}

/** Lets `pip install` say what it would install. */
export function reportArguments(root: string): string[] {
  return ['--dry-run', '--ignore-installed', `--report=${posix.join(root, REPORT)}`];
}

export function readReport(directory: string): string {
  return readFileSync(join(directory, REPORT), 'utf8');
}

/** What `platform.machine()` says on the architecture. */
export function machineNames(architecture: Architecture): string[] {
  return architecture === 'arm64' ? ['aarch64', 'arm64'] : ['x86_64'];
}

export function describeTarget({ runtime, architecture }: ResolveRequest): string {
  return `${runtime.name} ${architecture}`;
}
