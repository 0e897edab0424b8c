/** What a service's requirements name of the workspace, for the graph: files only, and nothing thrown. */

import { posix } from 'node:path';
import { collectRequirements, type ReadFile } from '../packaging/requirements/collect';
import { defaultRequirements, onlyLock, readToolLock } from '../packaging/requirements/lock';
import { stringsOf, tableOf, type TomlTable } from '../packaging/requirements/toml';
import { decidingVariables } from '../packaging/requirements/secrets';
import { readPylock } from '../packaging/requirements/pylock';

export interface NamedFiles {
  /** Requirements, constraints and locks, with what they include; relative to the workspace. */
  files: string[];
  /** Libraries' directories, archives and directories of links. */
  local: string[];
  /** Of the environment, sorted. */
  variables: string[];
}

/** How the graph reads the workspace; a file that cannot be read is as good as none. */
export interface GraphFiles {
  /** Absolute path of the workspace. */
  root: string;
  read: ReadFile;
  exists: (path: string) => boolean;
  /** Each text once, as for `read`: the lock of a workspace may have megabytes and dozens of services. */
  parse: (text: string, path: string) => TomlTable;
}

const NOTHING: NamedFiles = { files: [], local: [], variables: [] };

/**
 * @param root of the project, relative to the workspace
 * @param option `requirements` of its build target, where that is known; relative to the project
 */
export function namedFiles(
  root: string,
  option: readonly string[] | undefined,
  workspace: GraphFiles,
): NamedFiles {
  try {
    const names = option ?? [
      defaultRequirements((name) => workspace.exists(posix.join(root, name))),
    ];
    return readNamed(
      root,
      names.map((name) => posix.join(root, name)),
      workspace,
    );
  } catch {
    // Whatever is wrong with them is the build's to report.
    return NOTHING;
  }
}

function readNamed(
  root: string,
  requirements: string[],
  { root: workspaceRoot, read, exists, parse }: GraphFiles,
): NamedFiles {
  const base = { projectRoot: root, workspaceRoot };
  const lock = onlyLock(requirements, []);
  if (lock?.kind === 'uv' || lock?.kind === 'poetry') {
    const { files, paths } = readToolLock(lock.path, lock.kind, base, read, parse);
    return { files: [...files.keys()], local: paths, variables: [] };
  }
  const listed = lock ? `${lock.path}.txt` : undefined;
  const { files, local } = collectRequirements(
    {
      requirements: listed ? [listed] : requirements,
      constraints: [],
      ...base,
    },
    (path) => (lock && path === listed ? pylockLines(lock.path, root, read) : read(path)),
    exists,
  );
  return {
    files: [...files.keys()].map((path) => (lock && path === listed ? lock.path : path)),
    local: [...local.trees, ...local.archives, ...local.findLinks],
    variables: [...new Set([...files.values()].flatMap(decidingVariables))].sort(),
  };
}

function pylockLines(path: string, root: string, read: ReadFile): string | undefined {
  const text = read(path);
  return text === undefined ? undefined : readPylock(text, path, root).join('\n');
}

/**
 * The option `requirements` of a build target, as far as it can be told before Nx has put targets together.
 *
 * @param places from the strongest to the weakest: project.json's text, or what has `targets` as it does
 * @returns undefined for the default
 */
export function requirementsOption(places: readonly unknown[]): string[] | undefined {
  for (const place of places) {
    const targets = tableOf(tableOf(typeof place === 'string' ? parsed(place) : place)['targets']);
    for (const target of Object.values(targets)) {
      const given = tableOf(tableOf(target)['options'])['requirements'];
      if (Array.isArray(given)) return stringsOf(given);
    }
  }
  return undefined;
}

/** Nx itself reports a project.json that is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
