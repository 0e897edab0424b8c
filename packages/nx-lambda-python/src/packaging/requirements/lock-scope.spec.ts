import { errorWith } from '../../errors.fixtures';
import { findRuntime, type Runtime } from '../../service/runtimes';
import type { LockKind } from './lock';
import { checkLockScope, skippedAll } from './lock-scope';

const PACKAGES = '\n[[packages]]\nname = "six"\nrequires-python = ">=3.14"\n';

function target(name: string) {
  return { runtime: findRuntime(name) as Runtime, architecture: 'x86_64' as const };
}

function check(kind: Exclude<LockKind, 'pipenv'>, text: string, runtime = 'python3.11') {
  const path = { uv: 'uv.lock', poetry: 'svc/poetry.lock', pylock: 'svc/pylock.toml' }[kind];
  checkLockScope({ path, kind }, text, target(runtime));
}

const poetry = (python: string) =>
  `[[package]]\nname = "six"\npython-versions = "*"\n\n[metadata]\nlock-version = "2.1"\npython-versions = "${python}"\ncontent-hash = "x"\n`;
const uv = (python: string) => `version = 1\nrequires-python = "${python}"\n${PACKAGES}`;

describe('a lock for another Python', () => {
  it.each<[Exclude<LockKind, 'pipenv'>, string]>([
    ['poetry', poetry('^3.13')],
    ['poetry', poetry('>=3.12,<4.0')],
    ['poetry', poetry('>=3.8 <3.11')],
    ['poetry', poetry('~3.10 || ^3.12')],
    ['poetry', poetry('3.12.*')],
    ['poetry', poetry('~2')],
    ['poetry', poetry('3.10')],
    ['poetry', poetry('^3.13').replaceAll('\n', '\r\n')],
    ['poetry', `${poetry('^3.13')}\n[metadata.files]\nsix = []\n`],
    ['uv', uv('>=3.13')],
    ['uv', uv('==3.12.*')],
    ['uv', uv('>=3.9, <3.11')],
    ['pylock', `lock-version = "1.0"\nrequires-python = ">=3.12"\n${PACKAGES}`],
  ])('is refused: %s %j', (kind, text) => {
    expect(() => check(kind, text)).toThrow(
      errorWith(
        'REQUIREMENTS_INVALID',
        /^`[\w/.]+` is locked for Python `.+`, but the service's runtime is python3\.11/,
      ),
    );
  });

  it.each<[Exclude<LockKind, 'pipenv'>, string]>([
    ['poetry', poetry('^3.9')],
    ['poetry', poetry('^3.11.4')],
    ['poetry', poetry('~3')],
    ['poetry', poetry('3.11')],
    ['poetry', poetry('~3.9 || ^3.11')],
    ['poetry', poetry('>=3.8.1,!=3.10.1')],
    ['poetry', poetry('*')],
    ['poetry', poetry('who knows')],
    ['poetry', ''],
    ['uv', uv('>=3.11.4')],
    ['uv', uv('>=3.9')],
    ['uv', 'version = 1\n'],
    ['uv', 'not = TOML = at all'],
    ['pylock', `lock-version = "1.0"\n${PACKAGES}`],
  ])('is taken where it may fit: %s %j', (kind, text) => {
    expect(() => check(kind, text)).not.toThrow();
  });

  it.each<[Exclude<LockKind, 'pipenv'>, string, string]>([
    [
      'uv',
      uv('>=3.13'),
      'set `requires-python = ">=3.11"` in its pyproject.toml and run `uv lock`, or set `runtime = "python3.13"` under [tool.nx-lambda-python]',
    ],
    ['poetry', poetry('~2.7'), 'set `python = "^3.11"` in pyproject.toml and run `poetry lock`'],
  ])('comes with what to type: %s %j', (kind, text, hint) => {
    expect(() => check(kind, text)).toThrow(expect.objectContaining({ hint }));
  });
});

describe('a lock for other systems', () => {
  const darwin = `"sys_platform == 'darwin'",\n    "sys_platform == 'win32'",\n`;

  it('is refused', () => {
    for (const [kind, key] of [
      ['uv', 'supported-markers'],
      ['pylock', 'environments'],
    ] as const) {
      const lock = (markers: string) => `${key} = [\n    ${markers}]\n${PACKAGES}`;
      expect(() => check(kind, lock(darwin))).toThrow(
        /is locked only for `sys_platform == 'darwin'`, .*, but the service runs on python3\.11 x86_64/,
      );
      const linux = `${darwin}    "sys_platform == 'linux'",\n`;
      expect(() => check(kind, lock(linux))).not.toThrow();
      expect(() => check(kind, lock(''))).not.toThrow();
    }
  });
});

describe('requirements of which none is for the runtime', () => {
  it('name the one that would take them', () => {
    const lines = ['six==1 ; python_version >= "3.13"', 'idna ; python_version >= "3.14"'];
    expect(skippedAll(lines, 'svc/requirements.txt', target('python3.11'))).toBe(
      'the package has no distributions: no requirement of `svc/requirements.txt` is for python3.11 x86_64; 2 of 2 are for python3.14: change them for python3.11, or set runtime = "python3.14" under [tool.nx-lambda-python]',
    );
    expect(skippedAll([], 'svc/uv.lock', target('python3.11'))).toBe(
      'the package has no distributions: no requirement of `svc/uv.lock` is for python3.11 x86_64',
    );
  });
});
