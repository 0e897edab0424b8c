import { errorWith } from '../../errors.fixtures';
import {
  describeLocal,
  isLocalPath,
  parseRequirements,
  readLocal,
  remoteArguments,
  rewriteRequirements,
  unpinnedRepositories,
  withoutCredentials,
  withoutEditable,
} from './parse';

describe('parseRequirements', () => {
  it('joins continued lines and drops comments and blank lines', () => {
    const text =
      '\uFEFF# pinned\r\nrequests==2.32.3 \\\r\n    --hash=sha256:aa\r\n\r\nsix # why\nurl @ https://x/y#egg=z\n';
    expect(parseRequirements(text)).toEqual([
      { kind: 'requirement', text: 'requests==2.32.3 --hash=sha256:aa' },
      { kind: 'requirement', text: 'six' },
      { kind: 'requirement', text: 'url @ https://x/y#egg=z' },
    ]);
  });

  it.each([
    ['-r base.txt', 'requirements', 'base.txt'],
    ['-rbase.txt', 'requirements', 'base.txt'],
    ['--requirement=base.txt', 'requirements', 'base.txt'],
    ['-c "my constraints.txt"', 'constraints', 'my constraints.txt'],
    ['--constraint ../c.txt', 'constraints', '../c.txt'],
  ])('reads `%s` as an include', (line, as, path) => {
    expect(parseRequirements(line)).toEqual([{ kind: 'include', as, path }]);
  });

  it('spells options one way', () => {
    expect(parseRequirements('--index-url=https://a/b\n--pre')).toEqual([
      { kind: 'option', text: '--index-url https://a/b' },
      { kind: 'option', text: '--pre' },
    ]);
  });
});

describe('rewriteRequirements', () => {
  const text = '# why\nsix==1 \\\n  --hash=sha256:aa\n-r "my file.txt"\n-e ../lib # here\n';

  it('keeps the text where nothing is replaced', () => {
    expect(rewriteRequirements(text, () => undefined)).toBe(text);
  });

  it('replaces and takes out logical lines, and keeps the others as written', () => {
    const replace = (line: { kind: string; text?: string }) =>
      line.text === '-e ../lib'
        ? 'lib @ file:///lib'
        : line.text?.startsWith('six')
          ? null
          : undefined;
    expect(rewriteRequirements(text, replace)).toBe('-r "my file.txt"\nlib @ file:///lib\n');
  });
});

describe('withoutCredentials', () => {
  it('takes user and password out of URLs and nothing else', () => {
    expect(withoutCredentials('--index-url https://bob:s3cret@host/simple a@b')).toBe(
      '--index-url https://host/simple a@b',
    );
    expect(withoutCredentials('git+ssh://git@host/repo.git@v1')).toBe('git+ssh://host/repo.git@v1');
  });
});

describe('isLocalPath', () => {
  it.each([
    './lib',
    '../lib',
    '/abs/lib',
    '-e ../lib',
    '-e .',
    'libs/common',
    'x-1.0-py3-none-any.whl',
    'a @ file:///x',
  ])('%s is one', (requirement) => expect(isLocalPath(requirement)).toBe(true));
  it.each([
    'six',
    'six==1.0',
    'requests[socks]>=2',
    'a @ https://x/a-1.0.zip',
    'git+https://x/y/z.git',
    'six; python_version < "3"',
  ])('%s is none', (requirement) => expect(isLocalPath(requirement)).toBe(false));
});

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
        errorWith('REQUIREMENTS_INVALID', 'outside of the workspace'),
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
