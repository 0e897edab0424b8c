/** What git says of libraries whose builds ask it: for the requirements key, and for pip, which sees copies of them. */

import { join, posix, relative, sep } from 'node:path';
import { digestOf } from '../../packaging/requirements/canonical-json';
import type { GitUse } from '../../packaging/requirements/library-git';
import { gitIn, type Git } from './ask-git';
import { readCommits, type RepositoryCopy } from './repository-copy';

export interface LibraryGit {
  /** By `<library>/.git`. */
  digests: Record<string, string>;
  copies: RepositoryCopy[];
}

interface AskingLibrary {
  /** Relative to the workspace. */
  path: string;
  use: GitUse;
  /** Its files, relative to it. */
  files: readonly string[];
}

/**
 * Nothing for a library in no repository, or without git: then its build finds none, as pip's would.
 * @param workspaceRoot absolute
 * @param ref the commit to build, if it is not the working copy
 */
export function readLibraryGit(
  workspaceRoot: string,
  libraries: readonly AskingLibrary[],
  ref: string | undefined,
): LibraryGit {
  const digests: Record<string, string> = {};
  const copies = new Map<string, RepositoryCopy>();
  for (const { path, use, files } of libraries) {
    if (!use.commits && !use.ignored) continue;
    const git = gitIn(ref === undefined ? join(workspaceRoot, path) : workspaceRoot);
    const top = git('rev-parse', '--show-toplevel')?.trim();
    if (top === undefined) continue;
    const ignored = use.ignored && ref === undefined ? ignoredOf(git, files) : [];
    const known = copies.get(top);
    const place = known?.path ?? placeOf(workspaceRoot, top);
    const own = posix.relative(place, path);
    const commits = use.commits
      ? (known?.commits ?? readCommits(gitIn(top), prefixOf(workspaceRoot, top), ref))
      : undefined;
    if (!commits && ignored.length === 0) continue;
    digests[posix.join(path, '.git')] = digestOf({
      ignored,
      ...(commits && { ...commits.facts, tracked: commits.trackedBelow(own) }),
    });
    copies.set(top, {
      path: place,
      ignored: [...(known?.ignored ?? []), ...ignored.map((file) => posix.join(own, file))],
      commits: commits ?? known?.commits,
    });
  }
  return { digests, copies: [...copies.values()] };
}

/** A workspace that is a folder of its repository is the whole work tree of the copy. */
function placeOf(workspaceRoot: string, top: string): string {
  const path = slashed(relative(workspaceRoot, top));
  return path === '' || path.startsWith('..') ? '.' : path;
}

/** Of the workspace in its repository, with a slash; empty for the repository itself, and for one below the workspace. */
function prefixOf(workspaceRoot: string, top: string): string {
  const path = slashed(relative(top, workspaceRoot));
  return path === '' || path.startsWith('..') ? '' : `${path}/`;
}

function slashed(path: string): string {
  return path.split(sep).join('/');
}

function ignoredOf(git: Git, files: readonly string[]): string[] {
  const question = ['--others', '--ignored', '--exclude-standard', '--directory', '-z'];
  const ignored = new Set(git('ls-files', ...question)?.split('\0'));
  return files.filter((file) => {
    const segments = file.split('/');
    return segments.some((_, at) => {
      const path = segments.slice(0, at + 1).join('/');
      return ignored.has(path) || ignored.has(`${path}/`);
    });
  });
}
