import { RUNTIMES } from '../../service/runtimes';
import { isPoetryHash } from './poetry-hash';
import { readPoetryLock, type PoetryLockRequest } from './poetry-lock';
import { poetryAllows } from './poetry-versions';
import { parseToml } from './toml';

// What Poetry itself makes of its locks is compared in e2e/src/poetry-lock.test.ts.
const FILES =
  'files = [{ file = "x.whl", hash = "sha256:aa" }, { file = "x.zip", hash = "md5:bb" }]';
const locked = (name: string, more: string, version = '1.0') =>
  `[[package]]\nname = "${name}"\nversion = "${version}"\noptional = false\npython-versions = "*"\n${more}\n`;
const metadata = (version: string, more = '') =>
  `[metadata]\nlock-version = "${version}"\n${more}\n`;

function lines(lock: string, project = '', request: Partial<PoetryLockRequest> = {}) {
  const runtime = RUNTIMES.find(({ name }) => name === 'python3.11');
  if (!runtime) throw new Error('no such runtime');
  return readPoetryLock(parseToml(lock, 'poetry.lock'), {
    ...{ path: 'services/orders/poetry.lock', projectRoot: 'services/orders' },
    ...{ extras: [], groups: [], target: { runtime, architecture: 'x86_64' } },
    project: parseToml(project, 'pyproject.toml'),
    ...request,
  });
}

const NEW = `${locked('a', `groups = ["main", "dev"]\n${FILES}`)}
${locked('b', `groups = ["dev"]\n${FILES}`)}
${locked('c', `groups = ["main", "lint"]\nmarkers = { main = "extra == \\"web\\"", lint = "python_full_version >= \\"3.11.4\\"" }\n${FILES}`)}
${locked('d', `groups = ["main"]\nmarkers = "sys_platform == \\"win32\\""\n${FILES}`)}
[extras]
web = ["c"]
${metadata('2.1')}`;

describe('poetry.lock', () => {
  it.each<[string[], string[], string[]]>([
    [[], [], ['a==1.0 --hash=sha256:aa']],
    [['Web'], [], ['a==1.0 --hash=sha256:aa', 'c==1.0 --hash=sha256:aa']],
    [
      [],
      ['lint'],
      ['a==1.0 --hash=sha256:aa', "c==1.0 ; python_full_version >= '3.11.4' --hash=sha256:aa"],
    ],
    [[], ['dev'], ['a==1.0 --hash=sha256:aa', 'b==1.0 --hash=sha256:aa']],
  ])('has what extras %j and groups %j need', (extras, groups, expected) => {
    expect(lines(NEW, '', { extras, groups })).toEqual(expected);
  });

  it('follows the dependencies where it has no groups, as those of Poetry before 2.0', () => {
    const lock = `${locked('a', `category = "main"\n[package.dependencies]\nb = { version = ">= 1, <2", optional = true, markers = "extra == 'x'" }\nc = { version = "*", markers = "python_version >= '3.12'" }\n[package.extras]\nx = ["b (>=1)"]`)}
${locked('b', '[package.dependencies]\na = "*"')}
${locked('b', '', '2.0')}
${locked('c', '')}
${locked('dev-tool', '')}
${metadata('1.1', '[metadata.files]\na = [{ file = "a.whl", hash = "sha256:aa" }]\nb = [{ file = "b.whl", hash = "sha256:bb" }]\ndev-tool = [{ file = "d.whl", hash = "sha256:dd" }]')}`;
    const project =
      '[tool.poetry.dependencies]\npython = "^3.11"\nA = { version = "^1.0", extras = ["x"] }\n[tool.poetry.dev-dependencies]\ndev_tool = "*"\n';
    const own = ['a==1.0 --hash=sha256:aa', 'b==1.0 --hash=sha256:bb'];
    expect(lines(lock, project)).toEqual(own);
    expect(lines(lock, project, { groups: ['dev'] })).toEqual([
      ...own,
      'dev-tool==1.0 --hash=sha256:dd',
    ]);
    expect(() => lines(lock, project.replace('^1.0', '^3.0'))).toThrow('no package for');
  });

  it('takes files, directories and repositories where the lock has them', () => {
    const source = (name: string, text: string, more = 'files = []') =>
      locked(name, `groups = ["main"]\n${more}\n[package.source]\n${text}`);
    const lock = [
      source('common', 'type = "directory"\nurl = "../../libs/my common"'),
      source(
        'vendored',
        'type = "file"\nurl = "v-1.0-py3-none-any.whl"',
        'files = [{ file = "v-1.0-py3-none-any.whl", hash = "sha256:aa" }]',
      ),
      source('archived', 'type = "url"\nurl = "https://h/a.zip"', FILES),
      source(
        'cloned',
        'type = "git"\nurl = "git@h:team/c.git"\nreference = "main"\nresolved_reference = "abc"\nsubdirectory = "py"',
      ),
      source('mirrored', 'type = "legacy"\nurl = "https://h/simple"\nreference = "h"', FILES),
      metadata('2.1'),
    ].join('\n');
    expect(lines(lock)).toEqual([
      'archived @ https://h/a.zip --hash=sha256:aa',
      'cloned @ git+ssh://git@h/team/c.git@abc#subdirectory=py',
      'common @ file:../../libs/my%20common',
      'mirrored==1.0 --hash=sha256:aa',
      'vendored @ file:v-1.0-py3-none-any.whl --hash=sha256:aa',
    ]);
  });

  it.each<[string, string, Partial<PoetryLockRequest>, string]>([
    [metadata('3.0'), '', {}, 'has `lock-version` `3.0`'],
    ['', '', {}, 'has `lock-version` `none`'],
    [
      metadata('2.1', 'content-hash = "aa"'),
      '',
      {},
      'is older than what its pyproject.toml requires',
    ],
    [locked('a', 'groups = ["main"]') + metadata('2.1'), '', {}, 'has no hash for `a`'],
    [metadata('2.1'), '', { path: 'poetry.lock' }, 'is the lock of another project'],
    [metadata('2.1'), '', { groups: ['dev'] }, 'has no dependency group `dev`'],
    [
      locked('a', `groups = ["main"]\nmarkers = "platform_release >= \\"6\\""\n${FILES}`) +
        metadata('2.1'),
      '',
      {},
      'which only the running system knows',
    ],
  ])('refuses %j', (lock, project, request, words) => {
    expect(() => lines(lock, project, request)).toThrow(words);
  });
});

describe('the hash of pyproject.toml', () => {
  const isHash = (hash: string, text: string) => isPoetryHash(hash, parseToml(text, 'x'));

  const DEPENDENCIES = '[tool.poetry.dependencies]\npython = "^3.11"\n';
  const STANDARD = '[project]\ndependencies = ["six"]\n';
  const GROUPS = `${STANDARD}[dependency-groups]\ndev = ["b", { include-group = "c" }]\n`;

  // Of Poetry 2.5, and the last one of Poetry 2.2.
  it.each([
    [
      '1b762626410e55c45723fba90400e238319b0b1d1b528e6b290787fb83315758',
      `${DEPENDENCIES}six = "*"\n`,
    ],
    [
      '981ded1a3b9f40bf2f332ccbd83981a4f64cd169f65d3e326ff223f6b3857713',
      `${DEPENDENCIES}six = { version = "1.17", optional = true, source = "größe\\u007F" }
[tool.poetry.extras]
x = ["six"]
[tool.poetry.group.dev.dependencies]
b = ">1"
[[tool.poetry.source]]
name = "h"
url = "https://h/simple"
`,
    ],
    [
      '6413cd2fa5880dd43e0940caf04aaae3dc4e613492c87bca64edde6364e3790b',
      `${STANDARD}requires-python = ">=3.11"\n[tool.poetry]\npackage-mode = false\n`,
    ],
    ['51d0be9faa96083083bc18b9031c9ffc44d3eed8052d4f55e4033f1ce1bd04c8', GROUPS],
    ['76324c4c066347416183eeb87c880f0428988dd083916dbb2e6288c7c93c200b', GROUPS],
  ])('is that of Poetry: %s', (hash, text) => {
    expect(isHash(hash, `${text}[tool.black]\nline-length = 100\n`)).toBe(true);
    expect(isHash(hash, text.replace('six', 'seven'))).toBe(false);
  });
});

it.each<[string, string, boolean]>([
  ['^1.2.3', '1.9', true],
  ['^1.2.3', '2.0', false],
  ['^0.2.3', '0.3.0', false],
  ['^0.0.3', '0.0.4', false],
  ['^0', '0.9', true],
  ['~1.2.3', '1.3', false],
  ['~1', '1.9', true],
  ['~=1.2', '1.9', true],
  ['1.2.*', '1.2.7', true],
  ['1.2', '1.2.0', true],
  ['>= 3.10', '3.9', false],
  ['>=3.9 <4.0', '4.0', false],
  ['>=1,<2 || >2', '2', false],
  ['>=1,<2 || >2', '2.1', true],
  ['*', '0.1', true],
])("Poetry's %s and %s: %s", (text, version, expected) => {
  expect(poetryAllows(text, version)).toBe(expected);
});
