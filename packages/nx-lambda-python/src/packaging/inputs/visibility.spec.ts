import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { WorkspaceContext } from 'nx/src/native';
import { workspaceFiles } from '../../platform/files/workspace-files';
import { hiddenFromNx } from './visibility';
import { temporaryDirectory } from '../../temporary.fixtures';

const RULES: Record<string, string> = {
  '.gitignore': 'a.txt\nbuilt/\n*.log\n!keep.log\n/top.txt\n',
  '.nxignore': 'only-nx.txt\n!back.log\n',
  '.ignore': 'dot-ignore.txt\n',
  '.git/info/exclude': 'excluded.txt\n',
  'sub/.gitignore': '!a.txt\nown.txt\n!built/\n',
  'sub/deep/.ignore': '*.md\n',
  'sub/built/.gitignore': '!x.txt\n',
};
const FILES = [
  ...['a.txt', 'top.txt', 'b.log', 'keep.log', 'back.log', 'only-nx.txt', 'dot-ignore.txt'],
  ...['excluded.txt', 'built/x.txt', 'other/built/x.txt', 'node_modules/x/y.txt'],
  ...['sub/a.txt', 'sub/own.txt', 'sub/top.txt', 'sub/built/x.txt', 'sub/deep/own.txt'],
  ...['sub/deep/x.md', 'sub/deep/a.txt', 'sub/deep/built/y.txt', 'sub/x.md', '.hidden/z.txt'],
  ...['outer.txt', 'sub/outer.txt', 'global.txt', 'Ä ö/(x).txt'],
];

let repository: string;
const before = process.env['XDG_CONFIG_HOME'];
afterEach(() => {
  if (before === undefined) delete process.env['XDG_CONFIG_HOME'];
  else process.env['XDG_CONFIG_HOME'] = before;
});

// A directory that a deeper file takes back; rules of the machine, which Nx's own process does not have here; below, rules of
// the directories above, which not every version of Nx leaves alone.
const ALWAYS = ['sub/deep/built/y.txt', 'global.txt'];

it.each([
  ['.', ALWAYS],
  ['workspace', ['excluded.txt', 'sub/deep/built/y.txt', 'outer.txt', 'global.txt']],
])('says of every file what Nx makes of it: %s', (below, tooMuch) => {
  repository = temporaryDirectory();
  process.env['XDG_CONFIG_HOME'] = join(repository, 'configuration');
  const root = join(repository, below);
  const write = (path: string, text: string) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  mkdirSync(root, { recursive: true });
  execFileSync('git', ['init', '--quiet'], { cwd: repository });
  write(join(repository, 'configuration/git/ignore'), 'global.txt\nconfiguration\n');
  if (below !== '.') write(join(repository, '.gitignore'), '/workspace/outer.txt\n');
  for (const [path, text] of Object.entries(RULES)) {
    if (!path.startsWith('.git/')) write(join(root, path), text);
    else write(join(repository, path), text);
  }
  for (const path of FILES) write(join(root, path), path);

  const cache = temporaryDirectory();
  const seen = new WorkspaceContext(root, cache).allFileData().map(({ file }) => file);
  const hiddenBy = hiddenFromNx(workspaceFiles(root));
  const hidden = FILES.filter((path) => hiddenBy(path) !== undefined);
  // Whatever Nx does not see has to be known; what is hidden too much only costs Nx's cache.
  expect(FILES.filter((path) => !seen.includes(path) && !hidden.includes(path))).toEqual([]);
  expect(hidden.filter((path) => seen.includes(path))).toEqual(tooMuch);
  expect(hidden.length).toBeLessThan(FILES.length - 5);
});
