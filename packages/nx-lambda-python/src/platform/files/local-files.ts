/** Lists trees of the workspace, and reads what requirements name in it: libraries, archives, `--find-links`. */

import { existsSync, readdirSync, realpathSync, statSync, type Dirent } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { LambdaPythonError } from '../../errors';
import type { LocalParts } from '../../packaging/requirements/collect';
import {
  isLibraryFile,
  LIBRARY_RULES,
  treeDigest,
  type FileFacts,
} from '../../packaging/requirements/library';
import type { WalkRules } from '../../service/files';
import { attempt } from '../process/attempt';
import { hashFile } from './files';

export interface LocalFile {
  /** Relative to the workspace, with forward slashes. */
  path: string;
  executable: boolean;
  /** Where it is on this machine. */
  source: string;
  /** Hex. */
  sha256: string;
}

/** Files of each library, by its path relative to the workspace. */
export type LibraryTrees = ReadonlyMap<string, readonly FileFacts[]>;

/**
 * @param namedBy what names them, for the message
 * @returns `digests` of each library and archive by its path relative to the workspace, of links by `<path>/*`; the
 *   files of each library in `trees`
 * @throws REQUIREMENTS_MISSING for what does not exist
 * @throws ENTRY_INVALID for a symbolic link of a library that points to nothing or out of the workspace
 */
export function readLocalContent(
  workspaceRoot: string,
  { trees, archives, findLinks }: Pick<LocalParts, 'trees' | 'archives' | 'findLinks'>,
  namedBy: string,
): { files: LocalFile[]; digests: Record<string, string>; trees: LibraryTrees } {
  const missing = [...trees, ...archives].find((path) => !existsSync(join(workspaceRoot, path)));
  if (missing !== undefined) {
    throw new LambdaPythonError('REQUIREMENTS_MISSING', {
      message: `\`${missing}\`, which \`${namedBy}\` names, is not in the workspace`,
      hint: `restore it (\`git status\` lists what was deleted), or remove it from what \`${namedBy}\` is made from and write that file again`,
    });
  }
  const files = new Map<string, LocalFile>();
  const digests: Record<string, string> = {};
  const libraries = new Map<string, readonly FileFacts[]>();
  const add = (path: string, listed: readonly SourceFile[], name = path): FileFacts[] => {
    const facts = listed.map((file) => {
      const inRoot = posix.join(path, file.path);
      const source = join(workspaceRoot, inRoot);
      const sha256 = files.get(inRoot)?.sha256 ?? hashFile(source);
      files.set(inRoot, { path: inRoot, executable: file.executable, source, sha256 });
      return { ...file, sha256 };
    });
    digests[name] = treeDigest(facts);
    return facts;
  };
  for (const path of trees) {
    const listed = listFiles(join(workspaceRoot, path), workspaceRoot, LIBRARY_RULES);
    const own = listed.filter((file) => isLibraryFile(file.path));
    libraries.set(path, add(path, own));
  }
  for (const path of findLinks) {
    const place = join(workspaceRoot, path);
    // pip looks at the files of the directory itself, not below it.
    const names = statSync(place).isDirectory() ? linkedFiles(place) : [''];
    add(
      path,
      names.map((name) => ({ path: name, executable: false })),
      posix.join(path, '*'),
    );
  }
  for (const path of archives) add(path, [{ path: '', executable: false }]);
  return { files: [...files.values()], digests, trees: libraries };
}

function linkedFiles(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => statSync(join(directory, name), { throwIfNoEntry: false })?.isFile())
    .sort();
}

export interface SourceFile {
  /** Relative to the listed directory, with forward slashes. */
  path: string;
  executable: boolean;
}

/**
 * Every file below `root` in the directories that the rules enter, sorted by path in code units.
 *
 * A symbolic link stands for what it points to, if that is inside `boundary` (the workspace). One that leads outside
 * would make the package depend on the machine: it is refused if the rules select it, and is left out otherwise. What
 * another process removes during the walk, such as the unfinished output of another build below a service at the
 * workspace's root, is not listed.
 *
 * @throws ENTRY_INVALID
 */
export function listFiles(root: string, boundary: string, rules: WalkRules): SourceFile[] {
  return walkTree(root, boundary, rules).files;
}

/** The same, with the directories that were looked into; the root is the empty path. */
export function walkTree(
  root: string,
  boundary: string,
  rules: WalkRules,
): { files: SourceFile[]; directories: string[] } {
  const files: SourceFile[] = [];
  const directories: string[] = [];
  const allowed = realpathSync(boundary);
  const visit = (directory: string, ancestors: readonly string[]): void => {
    const entries = entriesOf(join(root, directory), directory === '');
    if (directory !== '' && rules.isEnvironment(entries.map(({ name }) => name))) return;
    directories.push(directory);
    for (const entry of entries) {
      const path = directory ? `${directory}/${entry.name}` : entry.name;
      const isLink = entry.isSymbolicLink();
      if (entry.isDirectory() && !rules.enters(path)) continue;
      const target = isLink ? resolveLink(root, path, allowed, rules) : join(root, path);
      if (target === undefined) continue;
      const stat = statSync(target, { throwIfNoEntry: false });
      if (stat?.isFile()) files.push({ path, executable: (stat.mode & 0o111) !== 0 });
      else if (!stat?.isDirectory()) continue;
      else if (!isLink) visit(path, ancestors);
      // A link to one of its own ancestors would never end.
      else if (rules.enters(path) && !ancestors.includes(target))
        visit(path, [...ancestors, target]);
    }
  };
  visit('', [realpathSync(root)]);
  files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return { files, directories };
}

function entriesOf(directory: string, isRequired: boolean): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (cause) {
    if (!isRequired && (cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw cause;
  }
}

/** Of paths without symbolic links. */
export function isInside(path: string, directory: string): boolean {
  const below = relative(directory, path);
  return below !== '..' && !below.startsWith(`..${sep}`);
}

/** Undefined for a link that cannot be followed and is not needed. */
function resolveLink(
  root: string,
  path: string,
  boundary: string,
  { selects }: WalkRules,
): string | undefined {
  const target = attempt(() => realpathSync(join(root, path)));
  if (target !== undefined && isInside(target, boundary)) return target;
  // Of what leads nowhere or outside, nothing says whether it should be a file or a directory.
  if (!selects(path) && !selects(`${path}/`)) return undefined;
  throw new LambdaPythonError(
    'ENTRY_INVALID',
    target === undefined
      ? {
          message: `the symbolic link \`${path}\` points to nothing`,
          hint: `delete it, or leave it out: exclude = ["${path}"]`,
        }
      : {
          message: `the symbolic link \`${path}\` points out of the workspace`,
          hint: `copy the file into the workspace, or leave the link out: exclude = ["${path}"]`,
        },
  );
}
