import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { errorWith } from '../../errors.fixtures';
import type { LambdaPythonError } from '../../errors';
import { fixedCommit } from './git';
import { temporaryDirectory } from '../../temporary.fixtures';

let root: string;
let first: string;
let second: string;

function git(...args: string[]): string {
  return gitReading('', ...args);
}

function gitReading(input: string, ...args: string[]): string {
  const env = {
    PATH: process.env['PATH'],
    HOME: root,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'a',
    GIT_AUTHOR_EMAIL: 'a@b.c',
    GIT_COMMITTER_NAME: 'a',
    GIT_COMMITTER_EMAIL: 'a@b.c',
  };
  return execFileSync('git', args, { cwd: root, env, input, encoding: 'utf8' }).trim();
}

function commit(message: string): string {
  git('commit', '--quiet', '--allow-empty', '-m', message);
  return git('rev-parse', 'HEAD');
}

/** Writes two commits whose SHAs begin alike. */
function prefixOfTwoCommits(length: number): string {
  const tree = git('rev-parse', 'HEAD^{tree}');
  const seen = new Map<string, string>();
  for (let index = 0; ; index += 1) {
    const text = `tree ${tree}\nauthor a <a@b.c> 0 +0000\ncommitter a <a@b.c> 0 +0000\n\n${index}\n`;
    const sha = createHash('sha1').update(`commit ${text.length}\0${text}`).digest('hex');
    const prefix = sha.slice(0, length);
    const other = seen.get(prefix);
    seen.set(prefix, text);
    if (other === undefined) continue;
    for (const input of [other, text])
      gitReading(input, 'hash-object', '-t', 'commit', '-w', '--stdin');
    return prefix;
  }
}

beforeAll(() => {
  root = temporaryDirectory();
  git('init', '--quiet', '--initial-branch=main');
  first = commit('first');
  git('tag', 'light');
  git('tag', '-a', 'annotated', '-m', 'one');
  git('tag', '1.10');
  git('tag', '20260101');
  second = commit('second');
  git('tag', 'v2');
  git('tag', 'both');
  git('branch', 'both', first);
  git('branch', 'topic/a');
  git('branch', first.slice(0, 8), second);
  git('tag', 'origin/released');
  git('update-ref', 'refs/remotes/origin/released', first);
  git('update-ref', 'refs/remotes/origin/main', second);
  git('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main');
  git('config', 'remote.origin.url', '.');
  git('config', 'remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*');
  git('config', 'branch.main.remote', 'origin');
  git('config', 'branch.main.merge', 'refs/heads/main');
  git('fetch', '--quiet', '.', 'main');
  git('update-ref', '--create-reflog', 'refs/stash', second);
  git('update-ref', 'refs/tags/HEAD', first);
});

describe('a ref that stays', () => {
  it.each([
    ['a full SHA', () => first, () => first],
    ['an abbreviated SHA', () => second.slice(0, 7), () => second],
    ['in capitals', () => second.slice(0, 12).toUpperCase(), () => second],
    ['a full SHA whose beginning is a branch', () => first, () => first],
    ['a tag', () => 'light', () => first],
    ['an annotated tag', () => 'annotated', () => first],
    ['the SHA of a tag object', () => git('rev-parse', 'annotated'), () => first],
    ['a tag by its full name', () => 'refs/tags/both', () => second],
    ['a tag by its folder', () => 'tags/1.10', () => first],
    ['what lies before a tag', () => 'v2~1', () => first],
    ['what lies before a commit', () => `${second}^`, () => first],
    ['a peeled tag', () => 'annotated^{}', () => first],
  ])('is %s', async (_, ref, expected) => {
    expect(await fixedCommit(root, ref())).toBe(expected());
  });
});

describe('a ref that moves', () => {
  it.each([
    ['main'],
    ['topic/a'],
    ['heads/main'],
    ['refs/heads/main'],
    ['HEAD'],
    ['@'],
    ['HEAD~1'],
    ['main~1'],
    ['main^{commit}'],
    ['@{u}'],
    ['@{upstream}'],
    ['main@{u}'],
    ['HEAD@{0}'],
    ['main@{0}'],
    ['@{-1}'],
    ['stash'],
    ['stash@{0}'],
    ['FETCH_HEAD'],
    ['origin'],
    ['origin/main'],
    ['remotes/origin/main'],
    ['origin/HEAD'],
    [':/first'],
    ['HEAD^{/first}'],
  ])('`%s` is refused with the commit to type, which is built', async (ref) => {
    if (ref === '@{-1}') {
      git('checkout', '--quiet', 'topic/a');
      git('checkout', '--quiet', 'main');
    }
    const error = await fixedCommit(root, ref).catch((one: LambdaPythonError) => one);
    expect(error).toMatchObject({ code: 'REF_INVALID' });
    const [, typed = ''] = /--ref=([^`]+)/.exec((error as LambdaPythonError).hint) ?? [];
    expect(await fixedCommit(root, typed)).toBe(git('rev-parse', '--verify', ref));
  });

  it('is a branch that looks like an abbreviated SHA', async () => {
    await expect(fixedCommit(root, first.slice(0, 8))).rejects.toMatchObject({
      hint: `name the commit: \`--ref=${second}\``,
    });
  });

  it.each(['1.10', '1.10~0', '20260101'])(
    '`%s`, a tag like a number, is refused with what to type',
    async (ref) => {
      await expect(fixedCommit(root, ref)).rejects.toMatchObject({
        hint: `type \`--ref=tags/${ref}\``,
      });
      expect(await fixedCommit(root, `tags/${ref}`)).toBe(first);
    },
  );

  it.each([
    ['both', 'refs/tags/both', () => second],
    ['both~1', 'refs/tags/both~1', () => first],
    ['origin/released', 'refs/tags/origin/released', () => second],
  ])('`%s`, a tag and a branch, is refused with the tag to type', async (ref, typed, expected) => {
    await expect(fixedCommit(root, ref)).rejects.toThrow(
      errorWith('REF_INVALID', '', `\`--ref=${typed}\``),
    );
    expect(await fixedCommit(root, typed)).toBe(expected());
  });
});

it('is refused where it abbreviates two commits', async () => {
  const prefix = prefixOfTwoCommits(4);
  await expect(fixedCommit(root, prefix)).rejects.toMatchObject({
    code: 'REF_INVALID',
    message: `\`${prefix}\` does not name a commit of this repository: git says "error: short object ID ${prefix} is ambiguous"`,
  });
});

it.each([['nothing'], ['0000000'], ['v2:README.md'], ['light..v2'], ['-h'], [''], ['v2^{tree}']])(
  '`%s` does not name a commit',
  async (ref) => {
    await expect(fixedCommit(root, ref)).rejects.toThrow(
      errorWith('REF_INVALID', 'does not name a commit'),
    );
  },
);
