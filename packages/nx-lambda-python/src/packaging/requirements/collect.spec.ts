import { errorWith } from '../../errors.fixtures';
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
    [{ 'a.txt': '-e ../lib' }, 'REQUIREMENTS_INVALID', 'outside of the workspace'],
    [{ 'a.txt': '-e libs/x' }, 'REQUIREMENTS_MISSING', 'the directory `libs/x` does not exist'],
    [{ 'a.txt': './x.whl' }, 'REQUIREMENTS_MISSING', 'the file `x.whl` does not exist'],
    [{ 'a.txt': '-e .', 'pyproject.toml': '' }, 'REQUIREMENTS_INVALID', 'the service itself'],
    [{ 'a.txt': '-f vendor' }, 'REQUIREMENTS_MISSING', '`vendor` does not exist'],
    [{ 'a.txt': '-f ../vendor' }, 'REQUIREMENTS_INVALID', 'outside of the workspace'],
  ])('%j is %s', (files, code, words) => {
    const collect = () =>
      collectRequirements({ requirements: ['a.txt'], constraints: [] }, workspace(files));
    expect(collect).toThrow(errorWith(code, words));
  });

  const files = {
    'services/a/requirements.txt':
      '-r ../../base.txt\n-e ../../libs/common[x]\n--find-links=links\n',
    'base.txt': './../../libs/common[x]\n./vendor/v-1-py3-none-any.whl\n-e git+https://h/r\n',
    'services/a/vendor/v-1-py3-none-any.whl': '',
    'services/a/links': '',
    'libs/common/pyproject.toml':
      '[project]\ndependencies = ["other", "third @ {root:uri}/../third"]\n[tool.uv.sources]\nother = { path = "../other" }',
    'libs/other/setup.py': '',
    'libs/third/pyproject.toml': '[tool.poetry.dependencies]\ncommon = { path = "../common" }',
  };

  it('follows libraries of the workspace, from the project root wherever the line stands', () => {
    const { meaning, local } = collectRequirements(
      { requirements: ['services/a/requirements.txt'], constraints: [] },
      workspace(files),
    );
    expect(meaning).toEqual({
      requirements: [
        './libs/common[x]',
        './services/a/vendor/v-1-py3-none-any.whl',
        'git+https://h/r',
        'other @ ./libs/other',
      ],
      constraints: [],
      options: ['--find-links ./services/a/links'],
    });
    expect(local).toEqual({
      trees: ['libs/common', 'libs/other', 'libs/third'],
      archives: ['services/a/vendor/v-1-py3-none-any.whl'],
      findLinks: ['services/a/links'],
      implied: [expect.objectContaining({ name: 'other', path: 'libs/other' })],
    });
  });
});
