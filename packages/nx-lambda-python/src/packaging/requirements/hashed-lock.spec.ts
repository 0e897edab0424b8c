import { findRuntime } from '../../service/runtimes';
import { runtimeEnvironment } from './environment';
import { isComplete, readLock, unpinned, withRequirements, type WheelNeeds } from './hashed-lock';

const runtime = findRuntime('python3.11');
if (!runtime) throw new Error('python3.11 is gone');
const environment = runtimeEnvironment(runtime, 'x86_64');
const HASH = `--hash=sha256:${'a'.repeat(64)}`;

describe('readLock', () => {
  const names = (...lines: string[]) =>
    readLock(lines, environment)?.map(({ requirement, isCertain }) => [
      requirement.name,
      isCertain,
    ]);

  it('takes the lines that count for the runtime, and leaves what it cannot judge to pip', () => {
    expect(
      names(
        `six==1.0 ${HASH}`,
        `colorama==0.4 ; sys_platform == "win32" ${HASH}`,
        `tomli==2 ; python_full_version < "3.11.4" ${HASH}`,
        `numpy==1 ; python_version < "3.9" ${HASH}`,
        `numpy==2 ; python_version >= "3.9" ${HASH}`,
        `own @ https://h/own-1.0.zip ${HASH}`,
      ),
    ).toEqual([
      ['six', true],
      ['tomli', false],
      ['numpy', true],
      ['own', true],
    ]);
  });

  it.each([
    ['a line has no hash', ['six==1.0', `idna==3 ${HASH}`]],
    ['a hash has no pin', [`six>=1.0 ${HASH}`]],
    ['a line has no name', [`https://h/six-1.0.whl ${HASH}`]],
    ['a name has two lines', [`six==1.0 ${HASH}`, `Six==1.1 ${HASH}`]],
  ])('is none where %s', (_, lines) => expect(names(...lines)).toBeUndefined());
});

it('keeps includes and options of a file, and the requirements asked for', () => {
  const text = `-r "other file.txt"\n-c c.txt\n--extra-index-url=https://me:token@h/simple\nsix==1.0 \\\n  ${HASH}\nidna==3 ${HASH}\nx @ https://me:token@h/x.zip ${HASH}\n`;
  const kept = withRequirements(
    text,
    (line) => line === `idna==3 ${HASH}` || /^x @ https:\/\/h/.test(line),
  );
  expect(kept).toBe(
    `-r "other file.txt"\n-c "c.txt"\n--extra-index-url https://me:token@h/simple\nidna==3 ${HASH}\nx @ https://me:token@h/x.zip ${HASH}\n`,
  );
});

describe('isComplete', () => {
  const wheel = (name: string, version: string, requires: string[] = [], requiresPython?: string) =>
    [name, { name, version, requires, requiresPython }] as const;
  const check = (
    wheels: (readonly [string, WheelNeeds])[],
    { first = 'a==1', constraints = [] as string[] } = {},
  ) => {
    const lines = readLock([`${first} ${HASH}`], environment) ?? [];
    return isComplete(new Map(wheels), lines, constraints, environment);
  };

  it('follows what wheels require, with the extras asked for', () => {
    const a = wheel('a', '1', [
      'B_b[x] (>=1.0)',
      'win; sys_platform == "win32"',
      'no; extra == "z"',
    ]);
    const b = wheel('b-b', '1.5', ['c<2; extra == "x"'], '>=3.8');
    expect(check([a, b, wheel('c', '1.9')])).toBe(true);
    expect(check([a, b])).toBe(false);
    expect(check([a, b, wheel('c', '2.0')])).toBe(false);
    expect(check([a, b, wheel('c', '1.9')], { first: 'a[z]==1' })).toBe(false);
  });

  it('ends where wheels require each other', () => {
    expect(check([wheel('a', '1', ['b[x]']), wheel('b', '1', ['a[y]; extra == "x"'])])).toBe(true);
  });

  it.each([
    ['another Python', [wheel('a', '1', [], '>=3.12')]],
    ['perhaps another Python', [wheel('a', '1', [], '>=3.11.4')]],
    ['an unreadable requirement', [wheel('a', '1', ['b (what?)']), wheel('b', '1')]],
    ['a marker nobody can judge', [wheel('a', '1', ['b; platform_release > "6"'])]],
    ['a URL', [wheel('a', '1', ['b @ https://h/b.zip']), wheel('b', '1')]],
  ])('is not certain with %s', (_, wheels) => expect(check(wheels)).toBe(false));

  it('holds wheels to the constraints', () => {
    const wheels = [wheel('a', '1')];
    expect(check(wheels, { constraints: ['a<2', 'other==7', 'a==9; os_name == "nt"'] })).toBe(true);
    expect(check(wheels, { constraints: ['A<1'] })).toBe(false);
    expect(check(wheels, { constraints: [`a==1 ${HASH}`] })).toBe(false);
  });
});

describe('unpinned', () => {
  it('names lines without a version, and what only others require', () => {
    const lines = [
      'Flask>=2',
      'six==1.0',
      `idna==3 ${HASH}`,
      'x @ https://h/x.zip',
      'g @ git+https://h/g@main',
    ];
    expect(unpinned(lines)).toEqual(['flask', 'g']);
    expect(unpinned(lines, ['Flask', 'six', 'Jinja2'])).toEqual(['flask', 'g', 'jinja2']);
    const limits = ['Jinja2==3.1', 'Flask==3', 'g==1'];
    expect(unpinned(lines, ['Flask', 'six', 'Jinja2'], limits)).toEqual(['g']);
    expect(unpinned([`g @ git+https://h/g@${'a'.repeat(40)}`])).toEqual([]);
  });

  it('does not guess at what a line without a name required', () => {
    expect(unpinned(['./libs/common', 'six==1.0'], ['common', 'six'])).toEqual([]);
  });
});
