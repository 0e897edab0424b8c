import { spawnSync } from 'node:child_process';
import { findRuntime, type Architecture, type Runtime } from '../../service/runtimes';
import {
  isCompatible,
  manylinuxModule,
  normalizeName,
  parseWheelFilename,
  pipPlatforms,
  supportedTags,
} from './names';

it.each([
  ['Foo.Bar', 'foo-bar'],
  ['foo__bar-_.baz', 'foo-bar-baz'],
  ['ruamel.yaml', 'ruamel-yaml'],
])('normalizeName(%s) is %s', (name, expected) => {
  expect(normalizeName(name)).toBe(expected);
});

function runtime(name: string): Runtime {
  const found = findRuntime(name);
  if (!found) throw new Error(name);
  return found;
}

function fits(tags: string, name: string, architecture: Architecture = 'x86_64'): boolean {
  const wheel = parseWheelFilename(`demo-1.0-${tags}.whl`);
  return isCompatible(wheel.tags, supportedTags(runtime(name), architecture));
}

describe('supportedTags', () => {
  it.each([
    ['py3-none-any', 'python3.11', true],
    ['py2.py3-none-any', 'python3.14', true],
    ['py2-none-any', 'python3.11', false],
    ['py311-none-any', 'python3.12', true],
    ['py313-none-any', 'python3.12', false],
    ['cp311-cp311-manylinux_2_26_x86_64', 'python3.11', true],
    ['cp311-cp311-manylinux_2_27_x86_64', 'python3.11', false],
    ['cp312-cp312-manylinux_2_34_x86_64', 'python3.12', true],
    ['cp312-cp312-manylinux_2_35_x86_64', 'python3.12', false],
    ['cp310-cp310-manylinux_2_17_x86_64', 'python3.11', false],
    ['cp37-abi3-manylinux2014_x86_64', 'python3.11', true],
    ['cp312-abi3-manylinux2014_x86_64', 'python3.11', false],
    ['cp311-cp311-manylinux1_x86_64', 'python3.11', true],
    ['cp314-cp314t-manylinux2014_x86_64', 'python3.14', false],
    ['cp311-cp311-musllinux_1_2_x86_64', 'python3.11', false],
    ['cp311-cp311-macosx_11_0_arm64', 'python3.11', false],
    ['cp311-cp311-manylinux2014_aarch64', 'python3.11', false],
    ['cp311-cp311-linux_x86_64', 'python3.11', false],
    ['pp311-pypy311_pp73-manylinux2014_x86_64', 'python3.11', false],
  ])('%s on %s: %s', (tags, name, expected) => {
    expect(fits(tags, name)).toBe(expected);
  });

  it('knows arm64 as aarch64, from manylinux2014 on', () => {
    expect(fits('cp312-cp312-manylinux_2_17_aarch64', 'python3.12', 'arm64')).toBe(true);
    expect(fits('cp312-cp312-manylinux_2_34_x86_64', 'python3.12', 'arm64')).toBe(false);
    expect(pipPlatforms(runtime('python3.11'), 'arm64').slice(-2)).toEqual([
      'manylinux_2_17_aarch64',
      'manylinux2014_aarch64',
    ]);
  });

  it('is ordered from the most specific to the least', () => {
    const tags = supportedTags(runtime('python3.11'), 'x86_64', { allowLocal: true });
    const picked = [
      'cp311-cp311-manylinux_2_26_x86_64',
      'cp311-cp311-manylinux_2_17_x86_64',
      'cp311-cp311-manylinux2014_x86_64',
      'cp311-cp311-manylinux1_x86_64',
      'cp311-cp311-linux_x86_64',
      'cp311-abi3-manylinux_2_26_x86_64',
      'cp311-none-linux_x86_64',
      'cp310-abi3-manylinux_2_26_x86_64',
      'cp32-abi3-linux_x86_64',
      'py311-none-manylinux_2_26_x86_64',
      'py3-none-linux_x86_64',
      'py30-none-linux_x86_64',
      'cp311-none-any',
      'py311-none-any',
      'py3-none-any',
      'py310-none-any',
    ];
    const positions = picked.map((tag) => tags.indexOf(tag));
    expect(positions).not.toContain(-1);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
    expect(new Set(tags).size).toBe(tags.length);
  });
});

describe('manylinuxModule', () => {
  it('is a Python module that answers as PEP 600 and its forerunners ask', () => {
    const text = manylinuxModule(runtime('python3.11'));
    expect(text).toContain('manylinux2014_compatible = True');
    const questions = `
print([manylinux_compatible(2, minor, "x86_64") for minor in (5, 17, 26, 27, 34)])
print(manylinux1_compatible, manylinux2010_compatible, manylinux2014_compatible)`;
    const { stdout, error } = spawnSync('python3', ['-c', text + questions], { encoding: 'utf8' });
    if (error) return;
    expect(stdout).toBe('[True, True, True, False, False]\nTrue True True\n');
  });
});

describe('parseWheelFilename', () => {
  it('reads name, version, build and tags', () => {
    expect(parseWheelFilename('foo_bar-1.0+cu1_2-1a-py2.py3-none-any.whl')).toEqual({
      filename: 'foo_bar-1.0+cu1_2-1a-py2.py3-none-any.whl',
      distribution: 'foo_bar',
      version: '1.0+cu1-2',
      build: '1a',
      tags: ['py2-none-any', 'py3-none-any'],
    });
  });

  it.each([
    'foo-1.0.tar.gz',
    'foo-1.0-py3-none.whl',
    'foo-1.0-b1-py3-none-any.whl',
    'foo-1.0-1-2-py3-none-any.whl',
    '../foo-1.0-py3-none-any.whl',
    'foo-1.0-py3-none-any.whl\0',
    '-1.0-py3-none-any.whl',
    'foo--py3-none-any.whl',
    'foo-1.0-py3..py2-none-any.whl',
  ])('refuses %j', (filename) => {
    expect(() => parseWheelFilename(filename)).toThrow(
      expect.objectContaining({ reason: 'filename-malformed' }),
    );
  });
});
