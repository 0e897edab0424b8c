import {
  buildArguments,
  buildTargets,
  indexOptions,
  placeArguments,
  placeRequirements,
  type RequirementFiles,
} from './builds';

const PATH = 'services/orders/requirements.txt';
const urlOf = (path: string) => `file:///in/${path}`;
const exists = (path: string) => ['services/orders/vendor', 'wheels'].includes(path);

function given(text: string, more: Partial<RequirementFiles> = {}): RequirementFiles {
  const base = { projectRoot: 'services/orders', workspaceRoot: '/ws' };
  return { files: new Map([[PATH, text]]), base, isLocked: false, onHost: false, ...more };
}

function placed(text: string, more: Partial<RequirementFiles> = {}): string[] {
  const builtAs = (id: string) =>
    id.includes('ruled-out') ? null : { name: 'built', url: `file:///built/${id}` };
  const files = placeRequirements(
    given(text, more),
    { urlOf, builtAs, digestOf: () => 'd1' },
    exists,
  );
  return (files.get(PATH) ?? '').trimEnd().split('\n');
}

describe('buildTargets', () => {
  const ids = (text: string, more?: Partial<RequirementFiles>) =>
    buildTargets(given(text, more)).map(({ id }) => id);

  it('are directories and source archives, once each', () => {
    const text =
      '-e ../../libs/a\n../../libs/a[x]\n./vendor/b-1.0.tar.gz\n./vendor/c-1-py3-none-any.whl\nsix\ngit+https://h/x\n';
    expect(ids(text)).toEqual(['libs/a', 'services/orders/vendor/b-1.0.tar.gz']);
  });

  it('are repositories too where every other line is checked by its hash', () => {
    const text =
      'a @ git+https://h/a@abc ; os_name == "posix"\nb @ https://h/b.zip --hash=sha256:aa\n';
    expect(ids(text, { isLocked: true })).toEqual(['git+https://h/a@abc']);
    expect(ids(text, { isLocked: true, onHost: true })).toEqual([
      'git+https://h/a@abc',
      'https://h/b.zip',
    ]);
  });
});

describe('placeRequirements', () => {
  it('keeps the text of a file that names nothing of the workspace', () => {
    const text = '# why\nsix==1.17.0 \\\n    --hash=sha256:aa\n';
    const files = placeRequirements(
      given(text),
      { urlOf, builtAs: () => null, digestOf: () => undefined },
      exists,
    );
    expect(files.get(PATH)).toBe(text);
  });

  it('names wheels by their URL', () => {
    expect(
      placed(`-r other.txt
-e ../../libs/a[x] ; python_version > "3"
../../libs/ruled-out
./vendor/my_lib-1-py3-none-any.whl --hash=sha256:aa
-e git+https://h/x#egg=x
six==1 --hash=sha256:bb`),
    ).toEqual([
      '-r other.txt',
      'built[x] @ file:///built/libs/a ; python_version > "3"',
      'my-lib @ file:///in/services/orders/vendor/my_lib-1-py3-none-any.whl#sha256=d1 --hash=sha256:aa',
      'git+https://h/x#egg=x',
      'six==1 --hash=sha256:bb',
    ]);
  });

  it('places links beside the file or below the project', () => {
    expect(placed('--find-links vendor\n-f https://h/links\n--find-links=../../wheels')).toEqual([
      '--find-links file:///in/services/orders/vendor',
      '-f https://h/links',
      '--find-links file:///in/wheels',
    ]);
  });

  it('keeps the marker of a repository that was built', () => {
    expect(placed('a[x] @ git+https://h/a@c ; os_name == "posix"', { isLocked: true })).toEqual([
      'built[x] @ file:///built/git+https://h/a@c ; os_name == "posix"',
    ]);
  });
});

describe('arguments of pip', () => {
  it('have their links placed', () => {
    const base = given('').base;
    expect(
      placeArguments(['--pre', '-f', 'vendor', '--find-links=vendor'], base, urlOf, exists),
    ).toEqual([
      '--pre',
      '--find-links=file:///in/services/orders/vendor',
      '--find-links=file:///in/services/orders/vendor',
    ]);
  });

  it('are told to builds only as far as those understand them', () => {
    expect(
      buildArguments([
        '--require-hashes',
        '--pre',
        '--upgrade',
        '-i',
        'https://h',
        '--no-binary=:all:',
        '-f',
        'vendor',
      ]),
    ).toEqual(['--pre', '-i', 'https://h', '--no-binary=:all:', '-f', 'vendor']);
  });

  it('stand in files too', () => {
    const files = given(
      '--require-hashes\n--index-url https://h\n--find-links vendor\nsix\n-r x.txt',
    );
    expect(indexOptions(files, urlOf, exists)).toEqual([
      '--index-url https://h',
      '--find-links file:///in/services/orders/vendor',
    ]);
  });
});
