import {
  keyChanges,
  keyContent,
  renderChanges,
  requirementsKey,
  type KeyComponents,
} from './requirements-key';

const components: KeyComponents = {
  meaning: { requirements: ['a==1', 'b==2'], constraints: [], options: [] },
  runtime: 'python3.13',
  architecture: 'x86_64',
  dependencies: 'wheels',
  place: 'container',
  imageDigest: 'sha256:aa',
  pipArguments: [],
  pipEnvironment: { PIP_INDEX_URL: 'https://host/simple' },
};

describe('requirementsKey', () => {
  it('is this one: another value for the same components needs a new format number', () => {
    expect(requirementsKey(components)).toBe(GOLDEN);
  });

  it('does not depend on credentials', () => {
    const pipEnvironment = { PIP_INDEX_URL: 'https://me:token@host/simple' };
    expect(requirementsKey({ ...components, pipEnvironment })).toBe(GOLDEN);
  });

  it('does not depend on the order of volumes, nor on credentials in variables', () => {
    const key = (volumes: string[], url: string) =>
      requirementsKey({ ...components, container: { volumes, environment: { INDEX: url } } });
    expect(key(['/a', '/b'], 'https://me:token@host')).toBe(key(['/b', '/a'], 'https://host'));
  });

  const changes: Partial<KeyComponents>[] = [
    { meaning: { ...components.meaning, requirements: ['a==1'] } },
    { meaning: { ...components.meaning, constraints: ['a==1'] } },
    { meaning: { ...components.meaning, options: ['--pre'] } },
    { meaning: { ...components.meaning, content: { 'libs/common': 'aa' } } },
    { runtime: 'python3.12' },
    { architecture: 'arm64' },
    { dependencies: 'install' },
    { place: 'host' },
    { imageDigest: 'sha256:bb' },
    { pipArguments: ['--pre'] },
    { pipEnvironment: {} },
    { container: { volumes: ['/oracle'], environment: {} } },
    { container: { volumes: [], environment: { CFLAGS: '-O2' } } },
  ];
  it.each(changes)('changes with %j', (change) => {
    expect(requirementsKey({ ...components, ...change })).not.toBe(GOLDEN);
  });
});

const GOLDEN = 'd34406e59aaa713ea243aaff22c43f27985e1a10fb82c9b492b7d36eda0713a0';

const before: KeyComponents = {
  meaning: {
    requirements: ['idna==3.7', `six==1.16.0 --hash=sha256:${'a'.repeat(64)}`, 'urllib3==2.0.0'],
    constraints: [],
    options: ['--index-url https://old/simple'],
  },
  runtime: 'python3.12',
  architecture: 'x86_64',
  dependencies: 'wheels',
  place: 'container',
  imageDigest: `sha256:${'1'.repeat(64)}`,
  pipArguments: ['--pre', '--no-cache-dir'],
  pipEnvironment: { PIP_PRE: '1', PIP_INDEX_URL: 'https://me:token@old/simple' },
};

const change = (changes: Partial<KeyComponents>) =>
  renderChanges(keyChanges(keyContent(before), keyContent({ ...before, ...changes })));
const requirements = (...lines: string[]) => ({
  meaning: { ...before.meaning, requirements: lines },
});

describe('keyChanges', () => {
  it.each([
    [{}, ''],
    [
      requirements('six==1.17.0', 'urllib3==2.0.0', 'zipp==3.0'),
      'requirements: - idna==3.7, six==1.16.0 → six==1.17.0, + zipp==3.0',
    ],
    [
      requirements('idna==3.7', `six==1.16.0 --hash=sha256:${'b'.repeat(64)}`, 'urllib3==2.0.0'),
      'requirements: six==1.16.0 (other hashes)',
    ],
    [
      { imageDigest: `sha256:${'2'.repeat(64)}` },
      'build image: sha256:111111111111 → sha256:222222222222',
    ],
    [
      { imageDigest: null, place: 'host' },
      'build image: sha256:111111111111 → none; place: container → host',
    ],
    [{ runtime: 'python3.13' }, 'runtime: python3.12 → python3.13'],
    [{ pipArguments: ['--pre'] }, 'pip arguments: - --no-cache-dir'],
    [
      { pipArguments: ['--no-cache-dir', '--pre'] },
      'pip arguments: --pre --no-cache-dir → --no-cache-dir --pre',
    ],
    [
      { pipEnvironment: { PIP_INDEX_URL: 'https://me:other@new/simple' } },
      'pip configuration: PIP_INDEX_URL=https://old/simple → PIP_INDEX_URL=https://new/simple, - PIP_PRE=1',
    ],
    [
      { pipEnvironment: { ...before.pipEnvironment, PIP_CONSTRAINT: 'idna<4\nsix<2' } },
      'pip configuration: + PIP_CONSTRAINT=idna<4, six<2',
    ],
  ] as [Partial<KeyComponents>, string][])('%j', (changes, expected) => {
    expect(change(changes)).toBe(expected);
  });

  it('knows components that only one of the two has', () => {
    const later = { ...keyContent(before), trees: { lib: 'x' } };
    expect(renderChanges(keyChanges(keyContent(before), later))).toBe('trees: + lib=x');
    expect(renderChanges(keyChanges(later, keyContent(before)))).toBe('trees: - lib=x');
  });
});

it('cuts a long list', () => {
  const after = keyContent({ ...before, ...requirements('a', 'b', 'c', 'd') });
  expect(renderChanges(keyChanges(keyContent(before), after), 2)).toBe(
    'requirements: + a, + b and 5 more',
  );
});
