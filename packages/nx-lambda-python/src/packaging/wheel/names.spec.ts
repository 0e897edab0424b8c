import { normalizeName, versionKey } from './names';

it.each([
  ['Foo.Bar', 'foo-bar'],
  ['foo__bar-_.baz', 'foo-bar-baz'],
  ['ruamel.yaml', 'ruamel-yaml'],
])('normalizeName(%s) is %s', (name, expected) => {
  expect(normalizeName(name)).toBe(expected);
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
