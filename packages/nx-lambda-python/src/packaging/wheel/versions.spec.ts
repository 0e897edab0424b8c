import { compareVersions, parseSpecifier, satisfies, versionKey } from './versions';

describe('compareVersions', () => {
  it('orders as PEP 440 does', () => {
    // prettier-ignore
    const ordered = [
      '1.dev0', '1.0.dev456', '1.0a1', '1.0a2.dev456', '1.0a12.dev456', '1.0a12', '1.0b1.dev456',
      '1.0b2', '1.0b2.post345.dev456', '1.0b2.post345', '1.0rc1.dev456', '1.0c1', '1.0', '1.0+abc.5',
      '1.0+abc.7', '1.0+5', '1.0.post456.dev34', '1.0-456', '1.0.15', '1.1.dev1', '1.10', '1!0.1',
    ];
    for (const [index, version] of ordered.entries()) {
      const next = ordered[index + 1];
      expect(compareVersions(version, version)).toBe(0);
      if (next)
        expect([version, next, Math.sign(compareVersions(version, next) ?? 0)]).toEqual([
          version,
          next,
          -1,
        ]);
    }
  });

  it('recognizes equal spellings, and text that is not a version', () => {
    expect(compareVersions('v1.0', '1.0.0')).toBe(0);
    expect(compareVersions('2004d', '1')).toBeUndefined();
  });
});

describe('satisfies', () => {
  it.each([
    ['1.4.2', '>=1.2, !=1.4.1, <2', true],
    ['2.0', '<2', false],
    ['2.0rc1', '<2', false],
    ['2.0rc1', '<2.0rc2', true],
    ['1.0.post1', '>1.0', false],
    ['1.0+local', '>1.0', false],
    ['1.0+local', '==1.0', true],
    ['1.0+local', '>=1.0', true],
    ['1.0', '==1.0+local', false],
    ['1.1.3', '==1.1.*', true],
    ['1.10', '==1.1.*', false],
    ['1.1rc1', '==1.1.*', true],
    ['1', '==1.0.*', true],
    ['1.1', '!=1.1.*', false],
    ['2.2.9', '~=2.2', true],
    ['3.0', '~=2.2', false],
    ['2.2.post3', '~=2.2.post2', true],
    ['1.4.5.0', '~=1.4.5', true],
    ['1.5', '~=1.4.5', false],
    ['1.0', '===1.0', true],
    ['1.0.0', '===1.0', false],
    ['1!1.0', '>1.0', true],
    ['0', '<1!0', true],
    ['1.0', '>1.0.dev1', true],
    ['1.0', '<1.0.post1', true],
    ['1.0a1', '<1.0rc1', true],
    ['1.0+1.2', '==1.0+1.02', true],
    // What pip answers depends on its version.
    ['1.0a1', '<1.0.post1', undefined],
    ['1.0+local', '>1.0a1', undefined],
    ['1.0b2.post3', '>1.0a1', undefined],
    // These are not specifiers, or have numbers that JavaScript would round.
    ['1.0a1', '==1.0a1.*', undefined],
    ['1.0', '>=1.0+local', undefined],
    ['1.99999999999999999999', '==1.99999999999999999998', undefined],
    ['1', '~=1', undefined],
    ['1', '>=nonsense', undefined],
    ['nonsense', '>=1', undefined],
    ['3', '', true],
  ])('%s, %s: %s', (version, specifier, expected) => {
    expect(satisfies(version, parseSpecifier(specifier) ?? [])).toBe(expected);
  });

  it('is false where any clause is', () => {
    expect(satisfies('1', parseSpecifier('>=nonsense,>2') ?? [])).toBe(false);
  });
});

describe('versionKey', () => {
  it.each([
    ['1.0', '1.0.0'],
    ['v1.0', '1'],
    ['1.0.RC.1', '1.0rc1'],
    ['1.0-preview', '1rc0'],
    ['1.0alpha2', '1.0a2'],
    ['1.0-1', '1.0.post1'],
    ['1.0.r3', '1.post3'],
    ['1.0.DEV', '1.0.dev0'],
    ['2.0+CU-118.01', '2.0+cu.118.1'],
    ['0!2024.01', '2024.1'],
    ['2004D', '2004d'],
  ])('%s equals %s', (a, b) => {
    expect(versionKey(a)).toBe(versionKey(b));
  });

  it.each([
    ['1.0', '1.0.1'],
    ['1.0', '1.0rc1'],
    ['1.0a1', '1.0b1'],
    ['1.0', '10'],
    ['1!1.0', '1.0'],
    ['1.0', '1.0+local'],
    ['1.0.post1', '1.0.dev1'],
  ])('%s differs from %s', (a, b) => {
    expect(versionKey(a)).not.toBe(versionKey(b));
  });
});

it.each(['1.0', '>=1 <2', '=>1'])('%s is not a specifier', (text) => {
  expect(parseSpecifier(text)).toBeUndefined();
});
