/**
 * A repository for pip's copies of libraries: the same commit, tags and index as the workspace's. Objects stay where
 * they are and are only named, so that it takes a few small files whatever the size of the history.
 *
 * What is not dirty here is marked `skip-worktree`: the copy has neither the other files of the workspace nor its
 * symbolic links, and git is not to miss them. What is dirty is dirty there, too.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../packaging/requirements/canonical-json';
import { gitIn, type Git } from './ask-git';

/** A repository for copies of the workspace's files. */
export interface RepositoryCopy {
  /** Of its work tree, relative to the workspace. */
  path: string;
  /** Files that git ignores, relative to the work tree. */
  ignored: readonly string[];
  /** Undefined where no library asks for them. */
  commits: Commits | undefined;
}

export interface Commits {
  /** What decides versions. */
  facts: { [name: string]: Json };
  /** The directory of its objects on this machine. */
  objects: string;
  /** Paths of the library relative to the work tree of the copy. */
  trackedBelow: (library: string) => string[];
  /** Completes the `.git` directory. @param objectsAt where `objects` is for the git that reads it */
  write: (directory: string, objectsAt: string) => void;
}

/**
 * @param git in the repository's work tree
 * @param prefix of the copy's work tree in it
 * @param ref the commit, if it is not the working copy
 * @returns undefined if there is no commit yet
 */
export function readCommits(
  git: Git,
  prefix: string,
  ref: string | undefined,
): Commits | undefined {
  const head = git('rev-parse', '--verify', `${ref ?? 'HEAD'}^{commit}`)?.trim();
  const common = git('rev-parse', '--path-format=absolute', '--git-common-dir')?.trim();
  if (head === undefined || common === undefined) return undefined;
  const format = '--format=%(objectname) %(refname) %(*objectname)';
  const tags = git('for-each-ref', `--merged=${head}`, format, 'refs/tags') ?? '';
  const isDirty = ref === undefined && git('status', '--porcelain', '--untracked-files=no') !== '';
  const shallow = join(common, 'shallow');
  let known: IndexEntry[] | undefined;
  const entries = () => (known ??= readIndex(git, ref && head, prefix));
  return {
    facts: { head, tags, isDirty, isShallow: existsSync(shallow) },
    objects: join(common, 'objects'),
    trackedBelow: (library) =>
      entries()
        .map(({ path }) => path)
        .filter((path) => library === '' || path.startsWith(`${library}/`)),
    write: (directory, objectsAt) => {
      const isSha256 = head.length === 64;
      if (isSha256) writeFileSync(join(directory, 'config'), configuration(isSha256));
      writeFileSync(join(directory, 'HEAD'), `${head}\n`);
      const changed = ref === undefined ? git('diff', '--name-only', '-z', '--no-ext-diff') : '';
      writeIndex(directory, entries(), new Set(changed?.split('\0')), prefix);
      writeFileSync(
        join(directory, 'packed-refs'),
        packedRefs(tags, replacedTree(git, head, prefix)),
      );
      writeFileSync(join(directory, 'objects', 'info', 'alternates'), `${objectsAt}\n`);
      if (existsSync(shallow)) writeFileSync(join(directory, 'shallow'), readFileSync(shallow));
    },
  };
}

/** Fills the `.git` directory of a copy. @param objectsAt see `Commits.write` */
export function writeRepository(
  directory: string,
  { ignored, commits }: RepositoryCopy,
  objectsAt: string,
): void {
  for (const name of ['objects/info', 'refs/heads', 'info']) {
    mkdirSync(join(directory, name), { recursive: true });
  }
  writeFileSync(join(directory, 'HEAD'), 'ref: refs/heads/main\n');
  writeFileSync(join(directory, 'config'), configuration(false));
  const patterns = ignored.map((path) => `/${path.replace(/[\\*?[\]!# ]/g, '\\$&')}\n`);
  writeFileSync(join(directory, 'info', 'exclude'), patterns.join(''));
  commits?.write(directory, objectsAt);
}

function configuration(isSha256: boolean): string {
  const core = `[core]\n\trepositoryformatversion = ${isSha256 ? 1 : 0}\n\tbare = false\n`;
  return isSha256 ? `${core}[extensions]\n\tobjectformat = sha256\n` : core;
}

/** `100644 <object> <stage>`, and its path relative to the work tree of the copy. */
interface IndexEntry {
  facts: string;
  path: string;
}

function readIndex(git: Git, commit: string | undefined, prefix: string): IndexEntry[] {
  const listed =
    commit === undefined
      ? git('ls-files', '--stage', '-z')
      : git('ls-tree', '-r', '-z', '--full-tree', commit);
  return (listed ?? '').split('\0').flatMap((line) => {
    const tab = line.indexOf('\t');
    const path = line.slice(tab + 1);
    if (tab < 0 || !path.startsWith(prefix)) return [];
    return [{ facts: line.slice(0, tab), path: path.slice(prefix.length) }];
  });
}

function writeIndex(
  directory: string,
  entries: readonly IndexEntry[],
  changed: ReadonlySet<string>,
  prefix: string,
): void {
  const env = { GIT_DIR: directory, GIT_WORK_TREE: directory, GIT_INDEX_FILE: undefined };
  const feed = (input: string, ...args: string[]) =>
    gitIn(directory, env, input)('update-index', '-z', ...args);
  feed(entries.map(({ facts, path }) => `${facts}\t${path}\0`).join(''), '--index-info');
  const clean = entries.filter(({ path }) => !changed.has(prefix + path));
  feed(clean.map(({ path }) => `${path}\0`).join(''), '--skip-worktree', '--stdin');
}

/** The tree of the commit, as git is to see it: that of the workspace's folder. */
function replacedTree(git: Git, head: string, prefix: string): string {
  if (prefix === '') return '';
  const [tree, own] =
    git('rev-parse', `${head}^{tree}`, `${head}:${prefix.slice(0, -1)}`)?.split('\n') ?? [];
  return tree && own ? `${own} refs/replace/${tree}\n` : '';
}

/** > # pack-refs with: peeled fully-peeled sorted. An annotated tag is followed by the commit that it names. */
function packedRefs(tags: string, replaced: string): string {
  const lines = tags.split('\n').flatMap((line) => {
    const [object, name, peeled] = line.split(' ');
    return object && name ? [`${object} ${name}\n${peeled ? `^${peeled}\n` : ''}`] : [];
  });
  return `# pack-refs with: peeled fully-peeled \n${replaced}${lines.join('')}`;
}
