import { findRuntime } from '../service/runtimes';
import {
  findLock,
  isComplete,
  planLock,
  readLock,
  resolveLock,
  unpinned,
  withRequirements,
  type LineStore,
  type LocatedWheel,
  type LockSteps,
  type WheelNeeds,
} from './locked-wheels';
import type { KeyComponents } from './requirements-key';
import { runtimeEnvironment } from './requirements/requirement';
import type { ResolvedWheels, StoredWheel } from './wheel-set';
import { parseWheelFilename } from './wheel/names';
import type { RecordGap } from './wheel/record';

const runtime = findRuntime('python3.11');
if (!runtime) throw new Error('python3.11 is gone');
const target = { runtime, architecture: 'x86_64' } as const;

const digest = (letter: string) => letter.repeat(64);
const line = (requirement: string, ...letters: string[]) =>
  [requirement, ...letters.map((letter) => `--hash=sha256:${digest(letter)}`)].join(' ');

const components = (
  requirements: string[],
  changes: Partial<KeyComponents> = {},
): KeyComponents => ({
  meaning: { requirements, constraints: [], options: [] },
  runtime: runtime.name,
  architecture: 'x86_64',
  dependencies: 'wheels',
  place: 'container',
  imageDigest: 'sha256:one',
  pipArguments: [],
  pipEnvironment: {},
  ...changes,
});

class MemoryLines implements LineStore {
  readonly lines = new Map<string, LocatedWheel>();
  readonly needs = new Map<string, string[]>();

  constructor(readonly wheels: LocatedWheel[] = []) {}

  findWheels = (sha256: string) => this.wheels.filter((wheel) => wheel.sha256 === sha256);
  readLine = (key: string) => this.lines.get(key);
  writeLine = (key: string, wheel: LocatedWheel) => void this.lines.set(key, wheel);
  keepWheelNeeds = () => undefined;
  readWheelNeeds = ({ file }: LocatedWheel) => needsOf(file, this.needs.get(file));
}

const located = (file: string, letter: string): LocatedWheel => ({
  file,
  sha256: digest(letter),
  size: 1,
});

function needsOf(file: string, requires: string[] = []): WheelNeeds {
  const { distribution, version } = parseWheelFilename(file);
  if (distribution === 'damaged') throw new Error('it cannot be read');
  const gaps = distribution === 'gappy' ? { gaps: GAPS } : {};
  return { name: distribution, version, requires, requiresPython: undefined, ...gaps };
}

function planned(requirements: string[], store: LineStore, changes?: Partial<KeyComponents>) {
  const lock = findLock(components(requirements, changes), target);
  if (!lock) throw new Error('this is no lock');
  const { kept, missing } = planLock(lock, store);
  return {
    kept: kept.map(({ wheel }) => wheel.file),
    missing: missing.map(({ requirement }) => requirement.name),
  };
}

const SIX = 'six-1.0-py3-none-any.whl';
const GAPS: RecordGap[] = [{ rule: 'record-not-listed', files: 1, example: 'x' }];

describe('a line with one hash', () => {
  const store = new MemoryLines([
    located(SIX, 'a'),
    located('idna-3.0-cp312-cp312-manylinux_2_17_x86_64.whl', 'b'),
    located('damaged-1.0-py3-none-any.whl', 'c'),
    located('local-1.0-cp311-cp311-linux_x86_64.whl', 'd'),
  ]);

  it('is the wheel of that content, for any image', () => {
    const changes = { imageDigest: 'sha256:two' };
    expect(planned([line('six==1.0', 'a')], store, changes).kept).toEqual([SIX]);
  });

  it('says of its wheel where RECORD is incomplete', () => {
    const lock = findLock(components([line('gappy==1.0', 'e')]), target);
    const gappy = new MemoryLines([located('gappy-1.0-py3-none-any.whl', 'e')]);
    expect(lock && planLock(lock, gappy).kept).toMatchObject([{ wheel: { gaps: GAPS } }]);
  });

  it.each([
    ['the store has no such content', line('six==1.0', 'e'), {}],
    ['it names another version', line('six==1.1', 'a'), {}],
    ['it names another distribution', line('seven==1.0', 'a'), {}],
    ['the runtime cannot load it', line('idna==3.0', 'b'), {}],
    ['it is damaged', line('damaged==1.0', 'c'), {}],
    ['it was built in a container, and there is none', line('local==1.0', 'd'), { place: 'host' }],
    ['pip shall build it', line('six==1.0', 'a'), { pipArguments: ['--no-binary=six'] }],
    ['pip shall build all', line('six==1.0', 'a'), { pipEnvironment: { PIP_NO_BINARY: ':all:' } }],
    ['pip has options for it', `${line('six==1.0', 'a')} --config-settings=a=b`, {}],
    ['only pip can judge its marker', `six==1.0 ; platform_release > "6" ${line('', 'a')}`, {}],
  ] as [string, string, Partial<KeyComponents>][])(
    'is left to pip where %s',
    (_, requirement, changes) => {
      expect(planned([requirement], store, changes).kept).toEqual([]);
    },
  );
});

const PINNED = { image: 'image@sha256:one', engine: 'docker' };

/** What pip would do; `calls` says what it was asked for. */
function pip(files: string[], store: MemoryLines) {
  const calls: string[] = [];
  const answer = (made: string[]): ResolvedWheels => ({ files: made, ...PINNED });
  const steps: LockSteps = {
    all: () => {
      calls.push('all');
      return Promise.resolve(answer(files));
    },
    some: (lines) => {
      const names = lines.map(({ requirement }) => requirement.name);
      calls.push(...names);
      return Promise.resolve(answer(files.filter((file) => names.includes(needsOf(file).name))));
    },
    readNeeds: (path) => needsOf(path, store.needs.get(path)),
  };
  return { calls, steps };
}

/** As the store would after pip: each file has the content of `letters`. */
async function resolve(
  requirements: string[],
  store: MemoryLines,
  contents: Record<string, string>,
  changes?: Partial<KeyComponents>,
) {
  const lock = findLock(components(requirements, changes), target);
  if (!lock) throw new Error('this is no lock');
  const { calls, steps } = pip(Object.keys(contents), store);
  const resolved = await resolveLock(lock, store, steps);
  const admitted = resolved.files.map((file): StoredWheel => {
    const wheel = { ...located(file, contents[file] ?? '0'), name: '', version: '' };
    const { name, version } = needsOf(file);
    store.wheels.push(wheel);
    return { ...wheel, name, version };
  });
  resolved.onAdmitted?.(admitted);
  const files = [...(resolved.kept ?? []), ...admitted].map(({ file }) => file).sort();
  return { calls, files };
}

const IDNA = 'idna-3.0-py3-none-any.whl';
const BUILT = 'docopt-0.6-py3-none-any.whl';
const CONTENTS = { [SIX]: 'a', [IDNA]: 'b', [BUILT]: 'f' };
/** idna has several files, docopt only a source distribution. */
const LOCK = [line('six==1.0', 'a'), line('idna==3.0', 'b', 'c'), line('docopt==0.6', 'e')];

describe('resolveLock', () => {
  it('lets pip judge a lock of which nothing is known, and remembers each line', async () => {
    const store = new MemoryLines();
    const first = await resolve(LOCK, store, CONTENTS);
    expect(first).toEqual({ calls: ['all'], files: Object.keys(CONTENTS).sort() });
    expect(await resolve(LOCK, store, {})).toEqual({ calls: [], files: first.files });
  });

  it('asks for the one line that is new', async () => {
    const store = new MemoryLines();
    await resolve(LOCK, store, CONTENTS);
    const more = 'attrs-1.0-py3-none-any.whl';
    const { calls, files } = await resolve([...LOCK, line('attrs==1.0', '1', '2')], store, {
      [more]: '1',
    });
    expect(calls).toEqual(['attrs']);
    expect(files).toEqual([more, ...Object.keys(CONTENTS)].sort());
  });

  it('builds again for another image, and fetches nothing published again', async () => {
    const store = new MemoryLines();
    await resolve(LOCK, store, CONTENTS);
    const changes = { imageDigest: 'sha256:two' };
    const again = await resolve(LOCK, store, { [BUILT]: '9' }, changes);
    expect(again.calls).toEqual(['docopt']);
    expect((await resolve(LOCK, store, {}, changes)).calls).toEqual([]);
  });

  it('builds a library again when its content changes, and fetches no locked line again', async () => {
    const library = 'common-1.0-py3-none-any.whl';
    const requirements = [...LOCK, 'common @ ./libs/common'];
    const at = (common: string, links = '1'): Partial<KeyComponents> => ({
      meaning: {
        requirements,
        constraints: [],
        options: [],
        content: { 'libs/common': common, 'wheels/*': links },
      },
    });
    const store = new MemoryLines();
    const first = await resolve(requirements, store, { ...CONTENTS, [library]: '2' }, at('one'));
    expect(first.calls).toEqual(['all']);
    const edited = await resolve(requirements, store, { [library]: '3' }, at('two'));
    expect(edited).toEqual({ calls: ['common'], files: first.files });
    expect((await resolve(requirements, store, {}, at('one'))).calls).toEqual([]);
    // Files of --find-links may be taken for any line that has several hashes.
    const linked = await resolve(requirements, store, { [IDNA]: 'b' }, at('one', '2'));
    expect(linked.calls).toEqual(expect.arrayContaining(['idna']));
  });

  it.each([
    ['other hashes', [line('idna==3.0', 'b', 'd')], {}],
    ['another index', [line('idna==3.0', 'b', 'c')], { pipEnvironment: { PIP_INDEX_URL: 'x' } }],
    ['other arguments', [line('idna==3.0', 'b', 'c')], { pipArguments: ['--pre'] }],
  ] as [string, string[], Partial<KeyComponents>][])(
    'takes no remembered wheel with %s',
    async (_, requirements, changes) => {
      const store = new MemoryLines();
      await resolve(LOCK, store, CONTENTS);
      expect(planned(requirements, store, changes)).toEqual({ kept: [], missing: ['idna'] });
    },
  );

  it('lets pip judge a lock in which something is missing or does not fit', async () => {
    const store = new MemoryLines([located(SIX, 'a')]);
    store.needs.set(SIX, ['idna>=4']);
    expect((await resolve([LOCK[0] ?? ''], store, CONTENTS)).calls).toEqual(['all']);
    const both = await resolve(LOCK.slice(0, 2), new MemoryLines(store.wheels), CONTENTS);
    expect(both.calls).toEqual(['idna']);
    const conflict = new MemoryLines([located(SIX, 'a')]);
    conflict.needs.set(SIX, ['idna>=4']);
    expect((await resolve(LOCK.slice(0, 2), conflict, CONTENTS)).calls).toEqual(['idna', 'all']);
  });
});

it("lets pip judge a lock that the constraints of pip's configuration do not allow", async () => {
  const calls = async (limits: string) => {
    const store = new MemoryLines([located(SIX, 'a')]);
    const changes = { pipEnvironment: { PIP_CONSTRAINT: limits } };
    return (await resolve([LOCK[0] ?? ''], store, CONTENTS, changes)).calls;
  };
  expect(await calls('idna<3\nsix<2')).toEqual([]);
  expect(await calls('idna<3\nsix<1')).toEqual(['all']);
  expect(await calls('https://host/limits.txt')).toEqual(['all']);
});

it('is no lock when pip installs, or when a line has no hash', () => {
  expect(findLock(components(LOCK, { dependencies: 'install' }), target)).toBeUndefined();
  expect(findLock(components([...LOCK, 'attrs==1.0']), target)).toBeUndefined();
  expect(findLock(components(['common @ ./libs/common']), target)).toBeUndefined();
});

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
