import { remoteArguments, unpinnedRepositories } from './branches';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';

describe('unpinnedRepositories', () => {
  it.each([
    [`a @ git+https://host/a.git@${COMMIT}`],
    [`git+ssh://git@host/a.git@${COMMIT}#egg=a&subdirectory=x`],
    [`-e git+https://host/a.git@${COMMIT} ; python_version > "3"`],
    ['a @ https://host/a-1.0.zip'],
    ['a==1.0'],
  ])('`%s` names a commit, or no repository', (requirement) => {
    expect(unpinnedRepositories([requirement])).toEqual([]);
  });

  it.each([
    ['a @ git+https://host/a.git@main', 'git+https://host/a.git@main', 'https://host/a.git main'],
    ['git+ssh://git@host/a.git#egg=a', 'git+ssh://git@host/a.git', 'ssh://git@host/a.git HEAD'],
    ['a @ git+https://host/a@0123456', 'git+https://host/a@0123456', 'https://host/a 0123456'],
  ])('`%s` does not', (requirement, url, command) => {
    expect(unpinnedRepositories([requirement])).toEqual([url]);
    expect(remoteArguments(url)).toBe(command);
  });
});
