import { findRuntime } from '../../service/runtimes';
import { evaluateMarker, parseRequirement, pinnedVersion, runtimeEnvironment } from './requirement';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

describe('parseRequirement', () => {
  it('reads a line of a lock', () => {
    const line = `Foo_Bar[B,a]==1.2.0 ; python_version >= "3.8" and os_name == "posix" --hash=sha256:${B} --hash sha256:${A.toUpperCase()} --config-settings=x=y`;
    expect(parseRequirement(line)).toEqual({
      name: 'foo-bar',
      extras: ['a', 'b'],
      clauses: [{ operator: '==', version: '1.2.0' }],
      url: undefined,
      marker: 'python_version >= "3.8" and os_name == "posix"',
      hashes: [`sha256:${A}`, `sha256:${B}`],
      options: ['--config-settings=x=y'],
    });
  });

  it.each([
    ['six', { clauses: [] }],
    ['six (>=1.9,<2)', { clauses: [{ operator: '>=', version: '1.9' }, expect.anything()] }],
    ['six>=1.9;extra=="x"', { marker: 'extra=="x"' }],
    [`six @ https://h/six.whl#sha256=${A}`, { url: 'https://h/six.whl', hashes: [`sha256:${A}`] }],
    [
      'six @ https://h/a;b.whl ; os_name == "nt"',
      { url: 'https://h/a;b.whl', marker: 'os_name == "nt"' },
    ],
    ['six@git+https://h/six@v1#subdirectory=x', { url: 'git+https://h/six@v1#subdirectory=x' }],
  ])('reads %s', (line, expected) => {
    expect(parseRequirement(line)).toMatchObject({ name: 'six', ...expected });
  });

  it.each(['https://h/six.whl', './six', '-e six', 'git+https://h/six', 'six 1.0'])(
    'does not know %s',
    (line) => expect(parseRequirement(line)).toBeUndefined(),
  );
});

it.each([
  ['six==1.0', '1.0'],
  ['six===1.0', '1.0'],
  ['six==1.*', undefined],
  ['six==1.0,!=1.1', undefined],
  ['six>=1.0', undefined],
  ['six', undefined],
])('%s pins %s', (line, expected) => {
  const requirement = parseRequirement(line);
  expect(requirement && pinnedVersion(requirement)).toBe(expected);
});

const runtime = findRuntime('python3.11');
if (!runtime) throw new Error('python3.11 is gone');
const environment = runtimeEnvironment(runtime, 'arm64');

describe('evaluateMarker', () => {
  it.each([
    ['python_version >= "3.8"', true],
    ["python_version<'3.9'", false],
    // As text `3.11` would come before `3.9`.
    ['python_version > "3.9"', true],
    ['"3.9" < python_version', true],
    ['python_version == "3.11.*"', true],
    ['python_version in "3.10 3.11"', true],
    ['python_version not in "3.10 3.11"', false],
    ['sys_platform == "win32"', false],
    ['sys.platform != "win32"', true],
    ['platform_machine == "aarch64"', true],
    ['platform_machine == "x86_64"', false],
    ['platform_python_implementation == "PyPy"', false],
    ['python_implementation == "CPython"', true],
    ['platform_system == "Linux" and os_name == "posix"', true],
    ['(os_name == "nt" or sys_platform == "linux") and python_version >= "3"', true],
    ['os_name == "nt" or sys_platform == "linux" and python_version < "3"', false],
    ['extra == "socks"', false],
    ['extra == ""', true],
  ])('%s is %s', (marker, expected) => expect(evaluateMarker(marker, environment)).toBe(expected));

  it('takes the extra at hand, in whatever spelling', () => {
    const marker = 'python_version >= "3.8" and extra == "Foo_Bar"';
    expect(evaluateMarker(marker, environment, 'foo-bar')).toBe(true);
    expect(evaluateMarker(marker, environment, 'foo')).toBe(false);
  });

  it.each([
    ['python_full_version >= "3.8"', true],
    ['python_full_version < "3.11"', false],
    ['python_full_version < "3.12.1"', true],
    ['python_full_version == "3.11.*"', true],
    ['python_full_version == "3.10.4"', false],
    ['python_full_version != "3.10.4"', true],
    ['python_full_version ~= "3.8"', true],
    // These depend on the patch version, of which nobody but the runtime knows.
    ['python_full_version == "3.11.4"', undefined],
    ['python_full_version != "3.11.4"', undefined],
    ['python_full_version == "3.11.4.*"', undefined],
    ['python_full_version < "3.11.4"', undefined],
    ['implementation_version >= "3.11.4"', undefined],
    ['platform_release >= "6"', undefined],
    // Settled by the other side.
    ['platform_release >= "6" and os_name == "nt"', false],
    ['python_full_version < "3.11.4" or sys_platform == "linux"', true],
    ['platform_release >= "6" or os_name == "nt"', undefined],
  ])('%s is %s', (marker, expected) => expect(evaluateMarker(marker, environment)).toBe(expected));

  it.each([
    '',
    'python_version',
    'python_version >=',
    'python_version >= 3',
    '(os_name == "posix"',
    'os_name == "posix")',
    'os_name == "posix" os_name == "posix"',
    'os_name = "posix"',
    'os_name < "posix"',
    'unknown == "posix"',
  ])('leaves `%s` to pip', (marker) => {
    expect(evaluateMarker(marker, environment)).toBeUndefined();
  });
});
