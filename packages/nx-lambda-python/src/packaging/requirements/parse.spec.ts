import { isLocalPath, parseRequirements, rewriteRequirements, withoutCredentials } from './parse';

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
