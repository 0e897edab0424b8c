/** Asks git about the workspace: its state, and its other commits. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LambdaPythonError } from '../../errors';
import type { ManifestSource } from '../../packaging/manifest';
import { ask, lastLine } from '../process/exec';

/**
 * Writes the tree of a commit or tag of the workspace below `directory`.
 * @returns where the workspace is in it, and the commit's full SHA
 * @throws REF_INVALID for a name that is not a commit's, or that moves
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
    if (result.exitCode === 0) return result.stdout.trim();
    throw new LambdaPythonError('REF_INVALID', {
      message: `git could not write the files of \`${ref}\`: ${lastLine(result.output)}`,
      hint: 'correct what git reports; if the disk is full, free some space',
    });
  };
  await git('read-tree', commit);
  await git(`--work-tree=${tree}`, 'checkout-index', '--all', '--force', `--prefix=${tree}/`);
  // A workspace may be a folder of its repository.
  const below = await git('rev-parse', '--show-prefix');
  return { root: join(tree, below), commit };
}

/**
 * Dirty: tracked files differ from the commit, or there are files that are neither tracked nor ignored.
 * @returns null if the workspace is not in a repository, has no commit yet, or git is not installed
 */
export async function readSourceState(workspaceRoot: string): Promise<ManifestSource | null> {
  const [head, status] = await Promise.all([
    ask('git', ['rev-parse', '--verify', 'HEAD'], { cwd: workspaceRoot }),
    ask('git', ['status', '--porcelain'], { cwd: workspaceRoot }),
  ]);
  if (head.exitCode !== 0) return null;
  return { commit: head.stdout.trim(), dirty: status.exitCode !== 0 || status.stdout !== '' };
}

/** Nx reads it on the command line as a number: its cache takes `1.10` and `1.1` for the same. */
const NUMBER = /^(0x[0-9a-f]+|\d+(\.\d*)?(e[-+]?\d+)?)$/i;

/**
 * The full SHA of the commit that `--ref` names: by its SHA, whole or abbreviated, or by a tag, each with `~1`, `^2`
 * and the like behind it. Nx's cache asks git nothing, so the name must stay with the commit: branches, HEAD,
 * FETCH_HEAD, `@{upstream}`, the reflog and `:/message` name another one after the next commit or fetch.
 * @throws REF_INVALID
 */
export async function fixedCommit(workspaceRoot: string, ref: string): Promise<string> {
  const git = (...args: string[]) => ask('git', args, { cwd: workspaceRoot });
  const resolve = async (expression: string, ...options: string[]) => {
    const answer = await git('rev-parse', '--verify', ...options, '--end-of-options', expression);
    if (answer.notFound) {
      throw new LambdaPythonError('REF_INVALID', {
        message: '`ref` needs git, which is not on PATH',
        hint: 'install git, or leave out `--ref`',
      });
    }
    const name = answer.exitCode === 0 ? answer.stdout.trim() : undefined;
    return { name, stderr: answer.stderr };
  };
  const exists = async (fullName: string) =>
    (await git('show-ref', '--verify', '--quiet', fullName)).exitCode === 0;

  // The text of `:/text` goes on to the end.
  const found = await resolve(ref.startsWith(':/') ? ref : `${ref}^{commit}`);
  const [, base = '', steps = ''] = /^(.*?)((?:[~^]\d*|\^\{(?:commit)?\})*)$/s.exec(ref) ?? [];
  const tag = `refs/tags/${base.replace(/^(refs\/)?tags\//, '')}`;
  if (await exists(tag)) {
    const { name: commit } = await resolve(`${tag}${steps}^{commit}`, '--quiet');
    const others = [`refs/heads/${base}`, `refs/remotes/${base}`];
    if (commit !== undefined && NUMBER.test(base)) throw tagLikeNumber(ref, base, steps);
    const isAlsoBranch = (await Promise.all(others.map(exists))).some(Boolean);
    if (commit !== undefined && isAlsoBranch) throw tagAndBranch(ref, base, `${tag}${steps}`);
    // git takes what is named HEAD or FETCH_HEAD before a tag of that name.
    if (commit !== undefined && found.name === commit) return commit;
  }
  if (found.name === undefined) throw noCommit(ref, found.stderr);
  // git takes a branch before an abbreviated SHA of the same letters.
  const object = /^[0-9a-f]{4,64}$/i.test(base) ? await resolve(base, '--quiet') : undefined;
  if (object?.name?.startsWith(base.toLowerCase())) return found.name;
  throw movingName(ref, found.name);
}

/** The whole SHA: Nx reads `12e4` on the command line as a number. */
function movingName(ref: string, commit: string): LambdaPythonError {
  return new LambdaPythonError('REF_INVALID', {
    message: `\`${ref}\` moves: it names ${commit.slice(0, 12)} today and another commit later; expected a commit's SHA or a tag`,
    hint: `name the commit: \`--ref=${commit}\``,
  });
}

function tagAndBranch(ref: string, base: string, tag: string): LambdaPythonError {
  return new LambdaPythonError('REF_INVALID', {
    message: `\`${ref}\` is ambiguous: there is a tag \`${base}\` and a branch \`${base}\`, which moves`,
    hint: `name the tag: \`--ref=${tag}\`; or the branch's commit, which \`git rev-parse refs/heads/${base}\` prints`,
  });
}

function tagLikeNumber(ref: string, tag: string, steps: string): LambdaPythonError {
  return new LambdaPythonError('REF_INVALID', {
    message: `the tag \`${ref}\` looks like a number, and Nx reads numbers that are written differently as the same`,
    hint: `type \`--ref=tags/${tag}${steps}\``,
  });
}

function noCommit(ref: string, stderr: string): LambdaPythonError {
  const [reason = ''] = stderr.trim().split('\n');
  return new LambdaPythonError('REF_INVALID', {
    message: `\`${ref}\` does not name a commit of this repository${reason === '' ? '' : `: git says "${reason}"`}`,
    hint: 'run `git fetch --tags`, or correct `--ref`; a shallow clone has few commits (`git fetch --unshallow`)',
  });
}
