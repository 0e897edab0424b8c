import { findRuntime, type Runtime } from '../../service/runtimes';
import { pipfileLines } from './pipfile';
import { parseToml } from './toml';

const target = { runtime: findRuntime('python3.12') as Runtime, architecture: 'x86_64' as const };

function lines(text: string, groups: string[] = [], path = 'services/a/Pipfile') {
  const request = { path, projectRoot: 'services/a', target, extras: [], groups };
  return pipfileLines(parseToml(text, path), request);
}

const PIPFILE = `[[source]]
name = "pypi"
url = "https://pypi.org/simple"
verify_ssl = true
[[source]]
name = "unused"
url = "https://h.invalid/simple"
[requires]
python_version = "3.12"
[scripts]
serve = "x"
[packages]
any = "*"
some = ">=1,<2"
bare = "1.2"
full = { version = "~=1.0", extras = ["a", "b"], markers = "os_name == 'posix'", sys_platform = "== 'linux'", index = "pypi" }
cloned = { git = "git+https://h.invalid/c.git", ref = "v1", subdirectory = "py", extras = ["x"], editable = true }
ssh = { git = "git@h.invalid:org/s.git" }
e1839a8 = { path = "../../libs/my common", extras = ["y"], editable = true, markers = "python_version > '3'" }
orders = { path = ".", editable = true }
wheel = { file = "vendor/w-1-py3-none-any.whl" }
archive = { file = "https://h.invalid/a.zip" }
[dev-packages]
pytest = "*"
[tracing]
any = "*"
otel = "==1"
`;
const DEFAULT = [
  'any',
  'some>=1,<2',
  'bare==1.2',
  "full[a,b]~=1.0 ; (os_name == 'posix') and (sys_platform == 'linux')",
  'cloned[x] @ git+https://h.invalid/c.git@v1#subdirectory=py',
  'ssh @ git+ssh://git@h.invalid/org/s.git',
  "file:../../libs/my%20common[y] ; python_version > '3'",
  'file:.',
  'file:vendor/w-1-py3-none-any.whl',
  'archive @ https://h.invalid/a.zip',
];
const OWN_INDEX = '[[source]]\nname = "own"\nurl = "https://${T}@h.invalid/simple"\n';

describe('Pipfile', () => {
  it.each<[string, string[], string[]]>([
    [PIPFILE, [], DEFAULT],
    [PIPFILE, ['Tracing', 'develop'], [...DEFAULT, 'otel==1', 'pytest']],
    ['', [], []],
    [
      `${OWN_INDEX}[pipenv]\nallow_prereleases = true\n[packages]\nsix = { version = "*", index = "own" }\n`,
      [],
      ['--index-url https://${T}@h.invalid/simple', '--pre', 'six'],
    ],
  ])('as requirement lines %#', (text, groups, expected) => {
    expect(lines(text, groups)).toEqual(expected);
  });

  it('takes paths from its own directory', () => {
    expect(lines('[packages]\na = { path = "libs/a" }\n', [], 'Pipfile')).toEqual([
      'file:../../libs/a',
    ]);
  });

  it.each<[string, string[], string]>([
    [
      PIPFILE.replace('index = "pypi"', 'index = "unused"'),
      [],
      'wants `full` from the index `unused` only',
    ],
    [`${OWN_INDEX}[packages]\nsix = { index = "pypi" }\n`, [], 'from the index `pypi` only'],
    ['[packages]\nsix = { index = "https://h.invalid/simple" }\n', [], 'and pip would look for it'],
    ['[packages]\nsix = { hg = "https://h.invalid/six" }\n', [], 'a `hg` repository'],
    ['[requires]\npython_version = "3.11"\n', [], 'is for Python 3.11'],
    [PIPFILE, ['dev'], 'has no dependency group `dev`; it has `develop`, `tracing`'],
  ])('refuses %#', (text, groups, words) => {
    expect(() => lines(text, groups)).toThrow(words);
  });
});
