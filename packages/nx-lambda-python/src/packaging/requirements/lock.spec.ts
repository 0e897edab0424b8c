import { lockKind, onlyLock, readToolLock } from './lock';

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
    readToolLock('services/a/poetry.lock', { projectRoot: 'services/a' }, (path) =>
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
    expect(() => readToolLock('poetry.lock', { projectRoot: 'a' }, () => '')).toThrow(
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
