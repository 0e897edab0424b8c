/** What git knows of the workspace: other commits of it, and whether the working copy is one. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LambdaPythonError } from '../../errors';
import type { ManifestSource } from '../../packaging/manifest';
import { ask, type ExecResult } from '../process/exec';
import { fixedCommit } from './fixed-commit';

/**
 * Writes the tree of a commit or tag of the workspace below `directory`.
 * @returns where the workspace is in it, and the commit's full SHA
 * @throws REF_INVALID for what names no commit, or not always the same
 */
export async function checkOut(
  workspaceRoot: string,
  ref: string,
  directory: string,
): Promise<{ root: string; commit: string }> {
  const commit = await fixedCommit(workspaceRoot, ref);
  const tree = join(directory, 'tree');
  mkdirSync(tree);
  // An index of its own: the user's is not touched, and nothing is left in the repository.
  const env = { GIT_INDEX_FILE: join(directory, 'index') };
  const git = async (...args: string[]) => {
    const result = await ask('git', args, { cwd: workspaceRoot, env });
    if (result.exitCode !== 0) throw checkoutFailed(ref, result);
    return result.stdout.trim();
  };
  await git('read-tree', commit);
  await git(`--work-tree=${tree}`, 'checkout-index', '--all', '--force', `--prefix=${tree}/`);
  // A workspace may be a folder of its repository.
  const below = await git('rev-parse', '--show-prefix');
  return { root: join(tree, below), commit };
}

/**
 * Dirty: tracked files differ from the commit, or files are there that it and .gitignore do not know.
 * @returns null where the workspace is in no repository, has no commit yet, or git is not there
 */
export async function readSourceState(workspaceRoot: string): Promise<ManifestSource | null> {
  const [head, status] = await Promise.all([
    ask('git', ['rev-parse', '--verify', 'HEAD'], { cwd: workspaceRoot }),
    ask('git', ['status', '--porcelain'], { cwd: workspaceRoot }),
  ]);
  if (head.exitCode !== 0) return null;
  return { commit: head.stdout.trim(), dirty: status.exitCode !== 0 || status.stdout !== '' };
}

function checkoutFailed(ref: string, { output }: ExecResult): LambdaPythonError {
  return new LambdaPythonError('REF_INVALID', {
    message: `git could not write the files of \`${ref}\`: ${output.trim().split('\n').at(-1) ?? ''}`,
    hint: 'read what git says; free some space if the disk is full',
  });
}
