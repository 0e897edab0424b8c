import { findRuntime, type Runtime } from '../../service/runtimes';
import { renderLock } from './lock-file';
import { lockOrigin, readOrigin, staleLocks, type LockInputs } from './lock-origin';

const PYPROJECT =
  '[project]\nname = "a"\ndependencies = ["six"]\n[project.optional-dependencies]\nfast = ["orjson>=3"]\n';
const LOCK = 'svc/requirements.txt';

type Files = Record<string, string>;

const target = { runtime: findRuntime('python3.13') as Runtime, architecture: 'arm64' as const };

function lockOf(files: Files, inputs: LockInputs, output = LOCK): string {
  const place = { projectRoot: 'svc', workspaceRoot: '/ws', target };
  const origin = lockOrigin(
    inputs,
    output,
    place,
    (path) => files[path],
    (path) => path in files,
  );
  const facts = { target: 'python3.13 arm64', command: 'nx lock svc', options: [], pins: [] };
  return renderLock({ ...facts, origin });
}

function warnings(files: Files, lock = LOCK): string[] {
  return staleLocks(
    [lock],
    { workspaceRoot: '/ws', target },
    (path) => files[path],
    (path) => path in files,
  );
}

const IN = { sources: ['requirements.in'], extras: [], groups: [] };
const DECLARED = { sources: ['pyproject.toml'], extras: [], groups: [] };

describe('a lock', () => {
  const written: Files = {
    'svc/requirements.in': 'six  # for old code\n-r base.in\n-c limits.txt\n',
    'svc/base.in': 'idna>=3\n',
    'svc/limits.txt': 'idna<4\n',
  };
  const files = { ...written, [LOCK]: lockOf(written, IN) };

  it('is current as long as its input means the same', () => {
    expect(warnings(files)).toEqual([]);
    const moved = {
      ...files,
      'svc/requirements.in': '# another comment\nidna>=3\n\n-c limits.txt\nsix\n',
    };
    expect(warnings(moved)).toEqual([]);
  });

  it.each([
    ['a requirement', 'svc/requirements.in', 'six\nattrs\n-r base.in\n-c limits.txt\n'],
    ['an included file', 'svc/base.in', 'idna>=3.1\n'],
    ['a constraint', 'svc/limits.txt', 'idna<5\n'],
    ['an option', 'svc/requirements.in', `${written['svc/requirements.in']}--pre\n`],
  ])('is old when %s is another', (_, path, text) => {
    expect(warnings({ ...files, [path]: text })).toEqual([
      '`svc/requirements.txt` is out of date: `svc/requirements.in` changed; the package has what the lock says until you run `nx lock svc`',
    ]);
  });

  it('is old when its input is gone, or cannot be locked', () => {
    const rest = Object.entries(files).filter(([path]) => path !== 'svc/requirements.in');
    expect(warnings(Object.fromEntries(rest))).toEqual([
      expect.stringContaining('`svc/requirements.in`, which it was made from, no longer exists'),
    ]);
    expect(warnings({ ...files, 'svc/requirements.in': '-r gone.in\n' })).toEqual([
      expect.stringMatching(/can no longer be locked \(.*gone\.in/),
    ]);
  });
});

describe('a lock of pyproject.toml', () => {
  const extras = { ...DECLARED, extras: ['fast'] };
  const written = { 'svc/pyproject.toml': PYPROJECT };
  const files: Files = { ...written, [LOCK]: lockOf(written, DECLARED) };

  it('is old when [project].dependencies are others, and by nothing else of the file', () => {
    const other = { ...files, 'svc/pyproject.toml': `${PYPROJECT}dev = ["ruff"]\n[tool.x]\n` };
    expect(warnings(other)).toEqual([]);
    const changed = { ...files, 'svc/pyproject.toml': PYPROJECT.replace('"six"', '"six", "idna"') };
    expect(warnings(changed)).toEqual([expect.stringContaining('until you run `nx lock svc`')]);
  });

  it('is written again by a command with the options that it was made with', () => {
    const output = 'svc/locks/fast.txt';
    const fast: Files = { ...written, [output]: lockOf(written, extras, output) };
    expect(warnings(fast, output)).toEqual([]);
    const changed = { ...fast, 'svc/pyproject.toml': PYPROJECT.replace('orjson>=3', 'orjson>=4') };
    expect(warnings(changed, output)).toEqual([
      expect.stringContaining('until you run `nx lock svc --extras=fast --output=locks/fast.txt`'),
    ]);
    // requirements.in would be the default then.
    expect(warnings({ ...changed, 'svc/requirements.in': '' }, output)).toEqual([
      expect.stringContaining('`nx lock svc --input=pyproject.toml --extras=fast'),
    ]);
  });
});

it('has no origin without a valid line: old headers, other tools, later formats, broken lines', () => {
  const lock = lockOf({ 'svc/requirements.in': 'six\n' }, IN);
  expect(readOrigin(lock)).toMatchObject({ root: '.', sources: ['requirements.in'] });
  for (const text of [
    lock.replace(/^# Input: .*\n/m, ''),
    lock.replace('"format":1', '"format":2'),
    lock.replace('"extras":[]', '"extras":[1]'),
    lock.replace('"format":1,', ''),
    lock.replace('{"format"', '{format'),
    lock.replace('# Locked by', '# Made by'),
    'six==1.17.0\n',
  ]) {
    expect(readOrigin(text)).toBeUndefined();
    expect(warnings({ [LOCK]: text })).toEqual([]);
  }
});
