import { describeLocal, readLocal, withoutEditable } from './local';

const base = { projectRoot: 'services/orders', workspaceRoot: '/ws' };
const read = (text: string) => readLocal(text, base, 'services/orders/requirements.txt');
const described = (text: string) => {
  const local = read(text);
  return local && describeLocal(local);
};

describe('readLocal', () => {
  it.each([
    ['-e ../../libs/common', './libs/common'],
    ['--editable=../../libs/common', './libs/common'],
    ['-e "../../libs/my lib"', './libs/my lib'],
    ['../../libs/common[b,a]', './libs/common[b,a]'],
    ['../../libs/common [b, a]', './libs/common[b,a]'],
    ['..\\..\\libs\\common', './libs/common'],
    ['./vendor/', './services/orders/vendor'],
    ['vendor/x-1.0.tar.gz', './services/orders/vendor/x-1.0.tar.gz'],
    ['x-1.0-py3-none-any.whl', './services/orders/x-1.0-py3-none-any.whl'],
    ['../../libs/common; python_version < "3.12"', './libs/common ; python_version < "3.12"'],
    [
      'common[a] @ file:///ws/libs/common ; os_name == "nt"',
      'common[a] @ ./libs/common ; os_name == "nt"',
    ],
    ['common@file://localhost/ws/libs/my%20lib', 'common @ ./libs/my lib'],
    ['file:../../libs/common', './libs/common'],
    ['file:../../libs/common#egg=common[a]', './libs/common[a]'],
    ['file:///ws/mono#subdirectory=libs/common', './mono/libs/common'],
    ['-e file:///ws/libs/common', './libs/common'],
    ['../../x-1.0-py3-none-any.whl --hash=sha256:ab', './x-1.0-py3-none-any.whl --hash=sha256:ab'],
  ])('%s', (text, expected) => expect(described(text)).toBe(expected));

  it.each(['six', 'six==1 --hash=sha256:aa', 'a @ https://h/a.whl', '-e git+https://h/a@v1'])(
    '%s is none',
    (text) => expect(read(text)).toBeUndefined(),
  );

  it.each(['-e ../../../lib', 'file:///elsewhere/lib', '/ws2/lib', 'a @ file:///wsx'])(
    '%s is outside of the workspace',
    (text) =>
      expect(() => read(text)).toThrow(
        expect.objectContaining({
          code: 'REQUIREMENTS_INVALID',
          message: expect.stringContaining('outside of the workspace') as string,
        }),
      ),
  );

  it('tells archives from directories by their names', () => {
    expect(read('./x-1.0.tar.bz2')?.isArchive).toBe(true);
    expect(read('./x.zip.d')?.isArchive).toBe(false);
  });
});

describe('withoutEditable', () => {
  it.each([
    ['-e git+https://h/a@v1#egg=a', 'git+https://h/a@v1#egg=a'],
    ['--editable git+ssh://git@h/a', 'git+ssh://git@h/a'],
    ['-elib', 'lib'],
    ['six', 'six'],
  ])('%s', (text, expected) => expect(withoutEditable(text)).toBe(expected));
});
