/** The workspace on disk: a file that has gone since it was listed, or cannot be read, counts as missing. */

import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import type {
  DirectoryEntry,
  OuterRules,
  WorkspaceFiles,
} from '../../packaging/inputs/workspace-files';
import { attempt } from '../process/attempt';
import { decodeFile } from '../../packaging/requirements/encoding';
import { parseToml, type TomlTable } from '../../packaging/requirements/toml';

/** Each text and directory is read once: services share locks, requirements and libraries. */
export function workspaceFiles(root: string): WorkspaceFiles {
  const read = once((path) => readText(join(root, path)));
  const documents = new Map<string, TomlTable>();
  let real: string | undefined;
  let rules: readonly OuterRules[] | undefined;
  return {
    root,
    read,
    exists: (path) => existsSync(join(root, path)),
    isDirectory: (path) =>
      statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory() ?? false,
    parse: (text, path) => {
      const document = documents.get(path) ?? parseToml(text, path);
      documents.set(path, document);
      return document;
    },
    list: once((path) => listDirectory(join(root, path))),
    resolve: (path) =>
      attempt(() => {
        real ??= realpathSync(root);
        const target = slashed(relative(real, realpathSync(join(root, path))));
        return target === '..' || target.startsWith('../') ? undefined : target || '.';
      }),
    outerRules: () => (rules ??= [...rulesAbove(root), ...globalRules()]),
  };
}

function once<T>(look: (path: string) => T): (path: string) => T {
  const results = new Map<string, T>();
  return (path) => {
    if (!results.has(path)) results.set(path, look(path));
    return results.get(path) as T;
  };
}

function slashed(path: string): string {
  return path.split(sep).join('/');
}

function readText(path: string): string | undefined {
  const bytes = attempt(() => readFileSync(path));
  return bytes && decodeFile(bytes, path);
}

function listDirectory(path: string): DirectoryEntry[] {
  const entries = attempt(() => readdirSync(path, { withFileTypes: true })) ?? [];
  return entries.flatMap((entry): DirectoryEntry[] => {
    const { name } = entry;
    if (entry.isSymbolicLink()) return [{ name, kind: 'link' }];
    if (entry.isDirectory()) return [{ name, kind: 'directory' }];
    return entry.isFile() ? [{ name, kind: 'file' }] : [];
  });
}

/** The rules of the directories above a workspace that is a folder of its repository. */
function rulesAbove(root: string): OuterRules[] {
  const rules: OuterRules[] = [];
  for (let directory = root; !existsSync(join(directory, '.git')); directory = dirname(directory)) {
    const above = dirname(directory);
    if (above === directory) break;
    const workspace = slashed(relative(above, root));
    for (const name of ['.nxignore', '.ignore', '.gitignore', '.git/info/exclude']) {
      const text = readText(join(above, name));
      if (text !== undefined) rules.push({ name: join(above, name), text, workspace });
    }
  }
  return rules;
}

/** git's rules for all repositories of a user, found as ripgrep's `ignore` finds them. */
function globalRules(): OuterRules[] {
  const configuration = process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config');
  const setting = [join(homedir(), '.gitconfig'), join(configuration, 'git', 'config')]
    .map((path) => /^\s*excludesfile\s*=\s*"?\s*(\S+?)\s*"?\s*$/im.exec(readText(path) ?? '')?.[1])
    .find((path) => path !== undefined);
  const path = setting?.replace(/^~(?=[/\\])/, homedir()) ?? join(configuration, 'git', 'ignore');
  const text = readText(path);
  return text === undefined ? [] : [{ name: `git's ${path}`, text, workspace: '' }];
}
