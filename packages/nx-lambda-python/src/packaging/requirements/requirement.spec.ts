import { parseRequirement, pinnedVersion } from './requirement';

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
