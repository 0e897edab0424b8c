import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryDirectory } from '../../temporary.fixtures';
import { readLibraryGit } from './library-git';
import { writeRepository } from './repository-copy';

const LIBRARY = 'libs/a';
const FILES = ['.gitattributes', 'a.py', 'data.json', 'secret.env'];
const USE = { commits: true, ignored: true, rules: [] };

let root: string;
let first: string;

function git(cwd: string, ...args: string[]): string {
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@b.c'];
  return execFileSync('git', [...who, ...args], { cwd, encoding: 'utf8' }).trim();
}

function write(path: string, text = path): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

beforeEach(() => {
  root = temporaryDirectory();
  git(root, 'init', '--quiet', '--initial-branch=main');
  for (const path of ['.gitignore', `${LIBRARY}/a.py`, 'services/b.py']) write(path);
  write('.gitignore', '*.env\n');
  write(`${LIBRARY}/data.json`, '{}');
  write(`${LIBRARY}/.gitattributes`, 'a.py export-ignore\n');
  write(`${LIBRARY}/secret.env`);
  symlinkSync('services', join(root, 'linked'));
  git(root, 'add', '.');
  git(root, 'commit', '--quiet', '-m', 'one');
  first = git(root, 'rev-parse', 'HEAD');
  git(root, 'tag', '-a', 'v1.0', '-m', 'one');
  git(root, 'commit', '--quiet', '--allow-empty', '-m', 'two');
  git(root, 'tag', 'elsewhere', git(root, 'commit-tree', 'HEAD^{tree}', '-m', 'x'));
});

const read = (use = USE, ref?: string) =>
  readLibraryGit(root, [{ path: LIBRARY, use, files: FILES }], ref);

/** The library alone, with the copy of the repository. */
function copied(ref?: string, workspace = root): string {
  const directory = temporaryDirectory();
  const { copies } = readLibraryGit(workspace, [{ path: LIBRARY, use: USE, files: FILES }], ref);
  for (const copy of copies) {
    writeRepository(join(directory, copy.path, '.git'), copy, copy.commits?.objects ?? '');
  }
  mkdirSync(join(directory, LIBRARY), { recursive: true });
  for (const file of FILES) {
    copyFileSync(join(workspace, LIBRARY, file), join(directory, LIBRARY, file));
  }
  return directory;
}

/** What setuptools-scm, hatch-vcs, pdm-backend, Poetry, versioneer and dunamai ask. */
function answers(directory: string): string[] {
  const library = join(directory, LIBRARY);
  const clean = git(directory, 'status', '--porcelain', '--untracked-files=no') === '';
  return [
    git(library, 'describe', '--tags', '--long', '--dirty', '--match=*[0-9]*'),
    git(library, 'rev-parse', 'HEAD'),
    git(library, 'rev-parse', '--show-prefix'),
    git(library, 'rev-list', 'HEAD'),
    git(library, 'log', '-n1', '--format=%cI'),
    git(library, 'tag', '--merged', 'HEAD'),
    git(library, 'ls-files'),
    git(library, 'ls-files', '--others', '--ignored', '--exclude-standard'),
    execFileSync('sh', ['-c', 'git archive HEAD | tar -t'], { cwd: library, encoding: 'utf8' }),
    String(clean),
  ];
}

describe('the repository of copied libraries', () => {
  it.each<[string, () => void]>([
    ['clean', () => undefined],
    ['touched', () => write('services/b.py')],
    ['dirty in the library', () => write(`${LIBRARY}/a.py`, 'edited')],
    ['dirty elsewhere', () => write('services/b.py', 'edited')],
    ['without a file', () => rmSync(join(root, 'services/b.py'))],
    [
      'with a file that is staged',
      () => {
        write('services/new.py');
        git(root, 'add', 'services/new.py');
      },
    ],
    ['with a file that is not tracked', () => write('services/new.py')],
    ['at a tag', () => git(root, 'checkout', '--quiet', 'v1.0')],
    ['whose ignored file is tracked', () => git(root, 'add', '-f', `${LIBRARY}/secret.env`)],
  ])('answers as the one that is %s', (_, change) => {
    change();
    expect(answers(copied())).toEqual(answers(root));
  });

  it('of another commit is clean and has no ignored files', () => {
    write('services/b.py', 'edited');
    const [version, head, ...rest] = answers(copied(first));
    expect([version, head, rest.at(-1)]).toEqual([`v1.0-0-g${first.slice(0, 7)}`, first, 'true']);
  });

  it('is that of the workspace where the workspace is a folder of it', () => {
    const outer = root;
    root = join(outer, 'folder');
    for (const file of FILES) write(`${LIBRARY}/${file}`);
    git(outer, 'add', '.');
    git(outer, 'commit', '--quiet', '-m', 'three');
    const copy = copied();
    expect(answers(copy)[0]).toMatch(/^v1\.0-2-g[0-9a-f]+$/);
    expect(answers(copy).at(-1)).toBe('true');
    expect(git(copy, 'ls-files').split('\n')).toEqual([
      ...['.gitattributes', 'a.py', 'data.json'].map((file) => `${LIBRARY}/${file}`),
    ]);
  });

  it('is that of the library where it is a repository of its own', () => {
    git(join(root, LIBRARY), 'init', '--quiet', '--initial-branch=main');
    git(join(root, LIBRARY), 'add', '.');
    git(join(root, LIBRARY), 'commit', '--quiet', '-m', 'own');
    git(join(root, LIBRARY), 'tag', '-a', 'v9.0', '-m', 'nine');
    expect(read().copies.map(({ path }) => path)).toEqual([LIBRARY]);
    expect(git(join(copied(), LIBRARY), 'describe', '--long', '--dirty')).toMatch(/^v9\.0-0-g\w+$/);
  });
});

describe('what git decides of a library', () => {
  const digest = (use?: typeof USE) => read(use).digests[`${LIBRARY}/.git`];
  const ignoring = { ...USE, commits: false };

  it.each<[string, () => void]>([
    ['a commit', () => git(root, 'commit', '--quiet', '--allow-empty', '-m', 'three')],
    ['a tag', () => git(root, 'tag', 'v2.0')],
    ['an edit of another file', () => write('services/b.py', 'edited')],
    ['a file that is tracked now', () => git(root, 'add', '-f', `${LIBRARY}/secret.env`)],
  ])('differs after %s', (_, change) => {
    const before = digest();
    change();
    expect(digest()).not.toBe(before);
  });

  it('is the ignored files alone where its build asks for no more', () => {
    const before = digest(ignoring);
    git(root, 'commit', '--quiet', '--allow-empty', '-m', 'three');
    expect(digest(ignoring)).toBe(before);
    write('.gitignore', '');
    expect(read(ignoring)).toEqual({ digests: {}, copies: [] });
  });

  it.each<[string, typeof USE, () => void]>([
    ['its build asks nothing', { ...USE, commits: false, ignored: false }, () => undefined],
    ['there is no repository', USE, () => rmSync(join(root, '.git'), { recursive: true })],
  ])('is nothing where %s', (_, use, change) => {
    change();
    expect(read(use)).toEqual({ digests: {}, copies: [] });
  });
});
