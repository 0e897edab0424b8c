/**
 * The workspace on disk: a file that has gone since it was listed, or cannot be read, counts as missing.
 *
 * Every Nx command loads this, so it loads no parser.
 */

import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, posix, relative, sep } from 'node:path';
import type {
  DirectoryEntry,
  OuterRules,
  WorkspaceLooks,
} from '../../packaging/inputs/workspace-files';
import { attempt } from '../process/attempt';
import { once } from '../process/once';
import { decodeFile } from '../../packaging/requirements/encoding';

/**
 * Each text and directory is read once: services share locks, requirements and libraries. What is in a directory is
 * told from its listing, since most files that are looked for do not exist.
 */
export function workspaceLooks(root: string): WorkspaceLooks {
  const placeOf = (path: string) => (isAbsolute(path) ? path : join(root, path));
  const list = once((path) => listDirectory(placeOf(path)));
  const kindsIn = once((path) => new Map(list(path).map(({ name, kind }) => [name, kind])));
  const kindOf = once((path): Kind => {
    if (path === '.') return 'directory';
    if (isAbsolute(path) || path === '..' || path.startsWith('../')) return 'unknown';
    const above = kindOf(posix.dirname(path));
    if (above === 'directory')
      return kindsIn(posix.dirname(path)).get(posix.basename(path)) ?? 'none';
    return above === 'link' || above === 'unknown' ? 'unknown' : 'none';
  });
  const realRoot = once(() => realpathSync(root));
  const resolve = once((path): string | undefined => {
    const kind = kindOf(path);
    if (kind === 'none') return undefined;
    if (path !== '.' && (kind === 'file' || kind === 'directory')) {
      return posix.join(resolve(posix.dirname(path)) ?? '.', posix.basename(path));
    }
    return attempt(() => {
      const target = slashed(relative(realRoot(''), realpathSync(placeOf(path))));
      return target === '..' || target.startsWith('../') ? undefined : target || '.';
    });
  });
  let rules: readonly OuterRules[] | undefined;
  return {
    root,
    read: once((path) => {
      const kind = kindOf(inner(path));
      return kind === 'none' || kind === 'directory' ? undefined : readText(placeOf(path));
    }),
    exists: (path) => {
      const kind = kindOf(inner(path));
      return isOpen(kind) ? existsSync(placeOf(path)) : kind !== 'none';
    },
    isDirectory: (path) => {
      const kind = kindOf(inner(path));
      if (!isOpen(kind)) return kind === 'directory';
      return statSync(placeOf(path), { throwIfNoEntry: false })?.isDirectory() ?? false;
    },
    list,
    resolve: (path) => resolve(inner(path)),
    outerRules: () => (rules ??= [...rulesAbove(root), ...globalRules()]),
  };
}

/** As the directory of a path lists it; unknown for what is outside of the workspace, or behind a link. */
type Kind = DirectoryEntry['kind'] | 'none' | 'unknown';

/** Whether only the disk can tell. */
function isOpen(kind: Kind): boolean {
  return kind === 'link' || kind === 'unknown';
}

function inner(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

function slashed(path: string): string {
  return path.split(sep).join('/');
}

function readText(path: string): string | undefined {
  // Most files that are looked for do not exist, and an error costs ten times as much as the question.
  if (!existsSync(path)) return undefined;
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
