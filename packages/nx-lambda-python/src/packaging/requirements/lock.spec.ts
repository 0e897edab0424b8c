import { errorWith } from '../../errors.fixtures';
import { lockKind, onlyLock } from './lock';

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
    expect(() => onlyLock(requirements, constraints)).toThrow(errorWith('OPTION_INVALID'));
  });
});
