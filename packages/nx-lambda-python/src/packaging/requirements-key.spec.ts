import { requirementsKey, type KeyComponents } from './requirements-key';

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

const GOLDEN = '85318fff5b2c08c1bc7a27a9607eac0d137b83994b68b4c476521a91463acaa9';
