/** The commit that `--ref` names, where the name stays with it: Nx's cache asks git nothing. */

import { LambdaPythonError } from '../../errors';
import { ask } from '../process/exec';

/** On the command line Nx reads it as a number: its cache takes `1.10` and `1.1` for one. */
const NUMBER = /^(0x[0-9a-f]+|\d+(\.\d*)?(e[-+]?\d+)?)$/i;

/**
 * The full SHA of a commit that is named by its SHA, whole or abbreviated, or by a tag, each with `~1`, `^2` and
 * their like behind it. Nothing else stays: branches, HEAD, FETCH_HEAD, `@{upstream}`, the reflog and `:/message`
 * name another commit after the next commit or fetch.
 * @throws REF_INVALID
 */
export async function fixedCommit(workspaceRoot: string, ref: string): Promise<string> {
  const git = (...args: string[]) => ask('git', args, { cwd: workspaceRoot });
  const resolve = async (name: string, ...options: string[]) => {
    const found = await git('rev-parse', '--verify', ...options, '--end-of-options', name);
    if (found.notFound) throw gitMissing();
    return { name: found.exitCode === 0 ? found.stdout.trim() : undefined, stderr: found.stderr };
  };
  const isThere = async (fullName: string) =>
    (await git('show-ref', '--verify', '--quiet', fullName)).exitCode === 0;

  // The text of `:/text` goes on to the end.
  const found = await resolve(ref.startsWith(':/') ? ref : `${ref}^{commit}`);
  const [, base = '', steps = ''] = /^(.*?)((?:[~^]\d*|\^\{(?:commit)?\})*)$/s.exec(ref) ?? [];
  const tag = `refs/tags/${base.replace(/^(refs\/)?tags\//, '')}`;
  if (await isThere(tag)) {
    const { name: commit } = await resolve(`${tag}${steps}^{commit}`, '--quiet');
    const others = [`refs/heads/${base}`, `refs/remotes/${base}`];
    if (commit !== undefined && NUMBER.test(base)) throw tagLikeNumber(ref, base, steps);
    const isAlsoBranch = (await Promise.all(others.map(isThere))).some(Boolean);
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
    message: `\`${ref}\` may be meant of the tag \`${base}\` or of the branch \`${base}\`, which moves`,
    hint: `name the tag: \`--ref=${tag}\`; or the branch's commit, which \`git rev-parse refs/heads/${base}\` prints`,
  });
}

function tagLikeNumber(ref: string, tag: string, steps: string): LambdaPythonError {
  return new LambdaPythonError('REF_INVALID', {
    message: `\`${ref}\` names a tag that looks like a number, which Nx would take for another spelling of it`,
    hint: `type \`--ref=tags/${tag}${steps}\``,
  });
}

function noCommit(ref: string, stderr: string): LambdaPythonError {
  const [reason = ''] = stderr.trim().split('\n');
  return new LambdaPythonError('REF_INVALID', {
    message: `\`${ref}\` names no commit of this repository${reason === '' ? '' : `: git says "${reason}"`}`,
    hint: 'run `git fetch --tags`, or correct `--ref`; a shallow clone has few commits (`git fetch --unshallow`)',
  });
}

function gitMissing(): LambdaPythonError {
  return new LambdaPythonError('REF_INVALID', {
    message: '`ref` needs git, which is not on PATH',
    hint: 'install git, or leave out `--ref`',
  });
}
