import { collectRequirements } from './collect';

const workspace = (files: Record<string, string>) => (path: string) => files[path];

describe('collectRequirements', () => {
  it('follows includes relative to the file they stand in', () => {
    const read = workspace({
      'services/a/requirements.txt': '-r ../../requirements/base.txt\nb==1\n',
      'requirements/base.txt': 'a==1\n-c constraints.txt\n--index-url https://u:p@host/simple\n',
      'requirements/constraints.txt': 'c<2\n',
    });
    const { files, meaning } = collectRequirements(
      { requirements: ['services/a/requirements.txt'], constraints: [] },
      read,
    );
    expect([...files.keys()]).toEqual([
      'services/a/requirements.txt',
      'requirements/base.txt',
      'requirements/constraints.txt',
    ]);
    expect(meaning).toEqual({
      requirements: ['a==1', 'b==1'],
      constraints: ['c<2'],
      options: ['--index-url https://host/simple'],
    });
  });

  it('ends on files that include each other', () => {
    const read = workspace({ 'a.txt': '-r b.txt\na', 'b.txt': '-r a.txt\nb' });
    const { meaning } = collectRequirements({ requirements: ['a.txt'], constraints: [] }, read);
    expect(meaning.requirements).toEqual(['a', 'b']);
  });

  it.each([
    [{}, 'REQUIREMENTS_MISSING', 'a.txt'],
    [{ 'a.txt': '-r nowhere.txt' }, 'REQUIREMENTS_MISSING', 'included by `a.txt`'],
    [{ 'a.txt': '-r ../../etc/x.txt' }, 'REQUIREMENTS_INVALID', 'not a file of this workspace'],
    [{ 'a.txt': '-e ../lib' }, 'REQUIREMENTS_INVALID', '-e ../lib'],
  ])('%j is %s', (files, code, words) => {
    const collect = () =>
      collectRequirements({ requirements: ['a.txt'], constraints: [] }, workspace(files));
    expect(collect).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(words) }),
    );
  });
});
