import { errorWith } from '../../errors.fixtures';
import type { Selection } from './selection';
import { isPylock, readPylock } from './pylock';

const NOTHING = { extras: [], groups: [] };
const lines = (
  text: string,
  path = 'services/orders/pylock.toml',
  selection: Selection = NOTHING,
) =>
  readPylock(`lock-version = "1.0"\n${text}`, {
    path,
    projectRoot: 'services/orders',
    ...selection,
  });

describe('readPylock', () => {
  it('pins versions with markers and every hash that pip knows', () => {
    expect(
      lines(`[[packages]]
name = "six"
version = "1.17.0"
marker = "python_version >= '3.9'"
sdist = { url = "https://h/six.tar.gz", hashes = { sha256 = "aa", md5 = "x" } }
wheels = [{ url = "https://h/six.whl", upload-time = 2024-12-04T17:35:26Z, hashes = { sha512 = "bb" } }]
`),
    ).toEqual(["six==1.17.0 ; python_version >= '3.9' --hash=sha512:bb --hash=sha256:aa"]);
  });

  it('takes files and repositories where the lock has them', () => {
    expect(
      lines(`[[packages]]
name = "common"
directory = { path = "../../libs/my common", editable = true }
[[packages]]
name = "mono"
marker = "os_name == 'nt'"
directory = { path = "../../mono", subdirectory = "py" }
[[packages]]
name = "vendored"
version = "1.0"
wheels = [{ path = "vendor/v-1.0-py3-none-any.whl", hashes = { sha256 = "aa" } }]
[[packages]]
name = "archived"
archive = { url = "https://h/a.zip", subdirectory = "x", hashes = { sha256 = "bb" } }
[[packages]]
name = "cloned"
vcs = { type = "git", url = "https://h/c.git", commit-id = "abc", requested-revision = "main" }
[[packages]]
name = "orders"
directory = { path = "." }
`),
    ).toEqual([
      'common @ file:../../libs/my%20common',
      "mono @ file:../../mono/py ; os_name == 'nt'",
      'vendored @ file:vendor/v-1.0-py3-none-any.whl --hash=sha256:aa',
      'archived @ https://h/a.zip#subdirectory=x --hash=sha256:bb',
      'cloned @ git+https://h/c.git@abc',
    ]);
  });

  it('writes paths relative to the service, wherever the lock lies', () => {
    const text = '[[packages]]\nname = "common"\ndirectory = { path = "libs/common" }\n';
    expect(lines(text, 'pylock.toml')).toEqual(['common @ file:../../libs/common']);
  });

  it('selects the default groups and no extra', () => {
    const entry = (marker: string) =>
      `[[packages]]\nname = "a"\nversion = "1"\nmarker = "${marker}"\nwheels = [{ hashes = { sha256 = "a" } }]\n`;
    const [first, second] = lines(
      `default-groups = ["main"]\n${entry("'main' in dependency_groups and 'x' not in extras")}${entry("'dev' in dependency_groups or 'x' in extras")}`,
    );
    expect(first).toContain('; os_name == "posix" and os_name == "posix" --hash');
    expect(second).toContain('; os_name == "none" or os_name == "none" --hash');
  });

  it('selects more groups and extras by name, in any spelling', () => {
    const text = `extras = ["x"]
dependency-groups = ["dev_tools", "main"]
default-groups = ["main"]
[[packages]]
name = "a"
version = "1"
marker = "'x' in extras and 'dev_tools' in dependency_groups and 'main' in dependency_groups"
wheels = [{ hashes = { sha256 = "a" } }]
`;
    const [line] = lines(text, 'pylock.toml', { extras: ['X'], groups: ['dev-tools'] });
    expect(line).toContain('; os_name == "posix" and os_name == "posix" and os_name == "posix" -');
    expect(() => lines(text, 'pylock.toml', { extras: [], groups: ['dev-tool'] })).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        message:
          '`pylock.toml` has no dependency group `dev-tool`; did you mean `dev_tools`?; it has `dev_tools`, `main`',
      }),
    );
  });

  it.each([
    ['lock-version = "2.0"', '2.0'],
    ['', 'none'],
    ['lock-version = "1.0"\n[[packages]]\nversion = "1"', 'without a name'],
    ['lock-version = "1.0"\n[[packages]]\nname = "a"', 'no version for `a`'],
    ['lock-version = "1.0"\n[[packages]]\nname = "a"\nversion = "1"', 'no file for `a`'],
    [
      'lock-version = "1.0"\n[[packages]]\nname = "a"\nversion = "1"\nwheels = [{ hashes = { md5 = "x" } }]',
      'without a hash',
    ],
    ['lock-version = "1.0"\n[[packages]]\nname = "a"\nvcs = { type = "git" }', 'a repository for'],
    ['lock-version', 'not valid TOML'],
  ])('refuses %j', (text, words) => {
    expect(() => readPylock(text, { path: 'pylock.toml', projectRoot: '.', ...NOTHING })).toThrow(
      errorWith('REQUIREMENTS_INVALID', words),
    );
  });

  it('is known by its name', () => {
    expect(
      ['a/pylock.toml', 'pylock.prod.toml', 'pylock.a.b.toml', 'x.toml'].map(isPylock),
    ).toEqual([true, true, false, false]);
  });
});
