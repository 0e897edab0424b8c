import { defaultRequirements, lockKind, onlyLock, readToolLock } from './lock';

const UV = `version = 1
requires-python = ">=3.11"
[manifest]
members = ["common", "orders"]
[[package]]
name = "common"
version = "1.0"
source = { editable = "libs/common" }
dependencies = [{ name = "six" }]
[[package]]
name = "dev-tool"
version = "1.0"
source = { registry = "https://index.invalid/simple" }
[[package]]
name = "orders"
version = "0"
source = { virtual = "services/orders" }
dependencies = [{ name = "common" }, { name = "vendored" }]
[package.dev-dependencies]
dev = [{ name = "dev-tool" }]
[[package]]
name = "six"
version = "1.17.0"
source = { registry = "https://index.invalid/simple" }
wheels = [{ url = "https://h/six.whl", hash = "sha256:aa" }]
[[package]]
name = "vendored"
version = "1"
source = { path = "vendor/v-1-py3-none-any.whl" }
`;
const FILES = { 'pyproject.toml': '', 'services/orders/pyproject.toml': '[project]' };

function uv(lock = UV, files: Record<string, string> = FILES) {
  const all: Record<string, string> = { ...files, 'uv.lock': lock };
  return readToolLock('uv.lock', 'uv', { projectRoot: 'services/orders' }, (path) => all[path]);
}

describe('uv.lock', () => {
  it('gives what the service can need of the workspace, and the files that uv reads', () => {
    const { paths, files, isEmpty } = uv();
    expect(paths).toEqual(['libs/common', 'vendor/v-1-py3-none-any.whl']);
    expect([...files.keys()]).toEqual([
      'uv.lock',
      'services/orders/pyproject.toml',
      'pyproject.toml',
    ]);
    expect(isEmpty).toBe(false);
  });

  it('has one digest whatever its formatting and what others of the workspace need', () => {
    const { digest } = uv();
    expect(uv(`# made by uv\n${UV.replaceAll(' = ', '=')}`).digest).toBe(digest);
    expect(uv(UV.replace('"common", "orders"', '"common", "orders", "x"')).digest).toBe(digest);
    expect(
      uv(UV.replace('name = "dev-tool"\nversion = "1.0"', 'name = "dev-tool"\nversion = "2"'))
        .digest,
    ).toBe(digest);
    expect(uv(UV.replace('1.17.0', '1.16.0')).digest).not.toBe(digest);
    expect(uv(UV.replace('sha256:aa', 'sha256:bb')).digest).not.toBe(digest);
  });

  it.each([
    [UV.replace('services/orders', 'services/other'), 'does not have the project'],
    [UV.replace('libs/common', '../common'), 'outside of the workspace'],
  ])('refuses', (lock, words) => {
    expect(() => uv(lock)).toThrow(
      expect.objectContaining({
        code: 'REQUIREMENTS_INVALID',
        message: expect.stringContaining(words) as string,
      }),
    );
  });

  it('needs the pyproject.toml beside it', () => {
    expect(() => uv(UV, {})).toThrow(expect.objectContaining({ code: 'REQUIREMENTS_MISSING' }));
  });
});

describe('poetry.lock', () => {
  const LOCK = `[[package]]
name = "common"
groups = ["main"]
[package.source]
type = "directory"
url = "../../libs/common"
[[package]]
name = "dev-lib"
groups = ["dev"]
[package.source]
type = "directory"
url = "../../libs/dev"
[metadata]
content-hash = "aa"
`;
  const poetry = (lock: string, project = '') =>
    readToolLock('services/a/poetry.lock', 'poetry', { projectRoot: 'services/a' }, (path) =>
      path.endsWith('.lock') ? lock : project,
    );

  it('gives the libraries of the main group', () => {
    expect(poetry(LOCK).paths).toEqual(['libs/common']);
    expect(poetry('').isEmpty).toBe(true);
  });

  it('has a digest of its packages and of what pyproject.toml requires', () => {
    const { digest } = poetry(LOCK);
    expect(poetry(`# x\n${LOCK}`, '[tool.black]\nx = 1').digest).toBe(digest);
    expect(poetry(LOCK, '[tool.poetry.dependencies]\nsix = "*"').digest).not.toBe(digest);
    expect(poetry(LOCK.replace('dev-lib', 'dev-lib2')).digest).toBe(digest);
  });

  it('belongs to its own project only', () => {
    expect(() => readToolLock('poetry.lock', 'poetry', { projectRoot: 'a' }, () => '')).toThrow(
      expect.objectContaining({ message: expect.stringContaining('another project') as string }),
    );
  });
});

describe('which file is a lock', () => {
  it('by its name', () => {
    expect(
      ['a/uv.lock', 'poetry.lock', 'pylock.x.toml', 'a.lock', 'requirements.txt'].map(lockKind),
    ).toEqual(['uv', 'poetry', 'pylock', undefined, undefined]);
  });

  it('is looked for only where there is no requirements.txt', () => {
    const first = (...names: string[]) => defaultRequirements((name) => names.includes(name));
    expect(first('uv.lock', 'requirements.txt')).toBe('requirements.txt');
    expect(first('poetry.lock', 'uv.lock')).toBe('uv.lock');
    expect(first()).toBe('requirements.txt');
  });

  it.each([
    [['uv.lock', 'more.txt'], []],
    [['uv.lock'], ['constraints.txt']],
    [['uv.lock', 'pylock.toml'], []],
  ])('stands alone: %j and %j', (requirements, constraints) => {
    expect(() => onlyLock(requirements, constraints)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    );
  });
});
