import { errorWith } from '../../errors.fixtures';
import { findRuntime } from '../../service/runtimes';
import { parseToml } from './toml';
import { hasMember } from '../../service/required-files';
import { readUvLock, type UvLockRequest } from './uv-lock';

const wheel = (name: string, version: string, more = '') => `[[package]]
name = "${name}"
version = "${version}"
source = { registry = "https://index.invalid/simple" }
${more}
sdist = { url = "https://h/${name}.tar.gz", hash = "sha256:z${version}" }
wheels = [{ url = "https://h/${name}.whl", hash = "sha256:${name}${version}" }]
`;
const service = (more: string) => `[[package]]
name = "orders"
version = "0"
source = { virtual = "services/orders" }
${more}
`;
const pin = (name: string, version: string) =>
  `${name}==${version} --hash=sha256:${name}${version} --hash=sha256:z${version}`;

function read(text: string, given: Partial<UvLockRequest> & { python?: string } = {}): string[] {
  const runtime = findRuntime(given.python ?? 'python3.11');
  if (!runtime) throw new Error('unknown runtime');
  return readUvLock(parseToml(`version = 1\n${text}`, 'uv.lock'), {
    path: 'uv.lock',
    projectRoot: 'services/orders',
    target: { runtime, architecture: 'x86_64' },
    extras: [],
    groups: [],
    ...given,
  });
}

describe('readUvLock', () => {
  it('gives each package that the service reaches, with every hash, and no other', () => {
    const lock = `${wheel('idna', '1')}${wheel('other', '1')}
${service('dependencies = [{ name = "requests", extra = ["socks"] }]')}
${wheel('pysocks', '1')}
${wheel('requests', '2', 'dependencies = [{ name = "idna" }, { name = "orders" }]')}
[package.optional-dependencies]
socks = [{ name = "pysocks" }]
unused = [{ name = "other" }]
`;
    expect(read(lock)).toEqual([pin('idna', '1'), pin('pysocks', '1'), pin('requests', '2')]);
  });

  it('takes files, repositories and URLs where the lock has them', () => {
    const one = (name: string, source: string, more = '') =>
      `[[package]]\nname = "${name}"\nversion = "1"\nsource = { ${source} }\n${more}\n`;
    const lock = [
      one('cloned', 'git = "https://h/c.git?subdirectory=py&rev=main#0a1b"'),
      one('common', 'editable = "libs/my common"', 'dependencies = [{ name = "nothing" }]'),
      one('linked', 'registry = "wheelhouse"', 'wheels = [{ path = "l.whl", hash = "sha256:l" }]'),
      one('nothing', 'virtual = "libs/nothing"', 'dependencies = [{ name = "linked" }]'),
      one('remote', 'url = "https://h/r.zip", subdirectory = "x"', 'sdist = { hash = "sha256:r" }'),
      one('vendored', 'path = "v/v-1-py3-none-any.whl"', 'wheels = [{ hash = "sha256:v" }]'),
      service(
        'dependencies = [{ name = "cloned" }, { name = "common" }, { name = "remote" }, { name = "vendored" }]',
      ),
    ].join('');
    expect(read(lock)).toEqual([
      '--find-links wheelhouse',
      'cloned @ git+https://h/c.git@0a1b#subdirectory=py',
      'common @ file:../../libs/my%20common',
      'linked==1 --hash=sha256:l',
      'remote @ https://h/r.zip#subdirectory=x --hash=sha256:r',
      'vendored @ file:../../v/v-1-py3-none-any.whl --hash=sha256:v',
    ]);
  });

  describe('of a lock with forks', () => {
    const lock = `${wheel('old', '1', 'resolution-markers = ["python_full_version < \'3.12\'"]')}
${wheel('old', '2', 'resolution-markers = ["python_full_version >= \'3.12\'"]')}
${service(`dependencies = [
  { name = "old", version = "1", source = { registry = "https://index.invalid/simple" }, marker = "python_full_version < '3.12'" },
  { name = "old", version = "2", source = { registry = "https://index.invalid/simple" }, marker = "python_full_version >= '3.12'" },
  { name = "patched", marker = "python_full_version >= '3.11.4' and python_full_version != '3.11.7'" },
  { name = "windows", marker = "sys_platform == 'win32' and platform_release >= '10'" },
]`)}
${wheel('patched', '1')}${wheel('windows', '1')}`;

    it.each([
      ['python3.11', 'old', '1'],
      ['python3.13', 'old', '2'],
    ])('takes the version for %s', (python, name, version) => {
      expect(read(lock, { python })[0]).toBe(pin(name, version));
    });

    it('leaves to pip what the patch version of Python decides, and nothing else', () => {
      const [hash = '', sdist = ''] = pin('patched', '1').split(' ').slice(1);
      expect(read(lock)).toEqual([
        pin('old', '1'),
        `patched==1 ; python_full_version >= '3.11.4' and python_full_version < '3.11.7' or python_full_version >= '3.11.8' ${hash} ${sdist}`,
      ]);
      expect(read(lock, { python: 'python3.13' })).toEqual([pin('old', '2'), pin('patched', '1')]);
    });

    it('knows that a release is later than its minor version alone', () => {
      const later = lock.replace(
        "python_full_version >= '3.11.4' and",
        "implementation_version > '3.11' and",
      );
      expect(read(later)[1]).toContain(
        "; python_full_version >= '3.11.1' and python_full_version < '3.11.7' or python_full_version >= '3.11.8' --",
      );
    });

    it('refuses a marker that only the running system can decide', () => {
      const asked = lock.replace("sys_platform == 'win32' and ", '');
      expect(() => read(asked)).toThrow('which only the running system knows');
    });
  });

  describe('with extras and groups', () => {
    const lock = `conflicts = [[{ package = "orders", extra = "cpu" }, { package = "orders", group = "gpu" }]]
${service(`dependencies = [{ name = "torch", version = "1", marker = "extra == 'extra-6-orders-cpu' or extra != 'group-6-orders-gpu'" }, { name = "torch", version = "2", marker = "extra == 'group-6-orders-gpu'" }]
[package.optional-dependencies]
cpu = [{ name = "fast" }]
[package.dev-dependencies]
gpu = [{ name = "cuda" }]
dev = [{ name = "linter" }]
[package.metadata]
provides-extras = ["cpu", "empty"]`)}
${['cuda', 'fast', 'linter'].map((name) => wheel(name, '1')).join('')}
${wheel('torch', '1')}${wheel('torch', '2')}`;

    it.each<[Partial<UvLockRequest>, string[]]>([
      [{}, [pin('torch', '1')]],
      [{ extras: ['CPU', 'empty'] }, [pin('fast', '1'), pin('torch', '1')]],
      [{ groups: ['gpu'] }, [pin('cuda', '1'), pin('torch', '2')]],
      [{ groups: ['dev'] }, [pin('linter', '1'), pin('torch', '1')]],
    ])('takes those of %j', (given, lines) => expect(read(lock, given)).toEqual(lines));

    it.each([
      [{ extras: ['cpo'] }, 'no extra `cpo`; did you mean `cpu`?; it has `cpu`, `empty`'],
      [{ groups: ['x'] }, 'no dependency group `x`; it has `dev`, `gpu`'],
    ])('refuses %j, which it does not have', (given, words) => {
      expect(() => read(lock, given)).toThrow(
        expect.objectContaining({
          code: 'OPTION_INVALID',
          message: `\`uv.lock\` has ${words}`,
        }),
      );
    });
  });

  it.each([
    [`${wheel('six', '1')}`, 'does not have the project `services/orders`'],
    [service('dependencies = [{ name = "gone" }]'), 'no package for the dependency `gone`'],
    [
      `${wheel('a', '1')}${wheel('a', '2')}${service('dependencies = [{ name = "a" }]')}`,
      'several packages for the dependency `a`',
    ],
    [
      `${service('dependencies = [{ name = "a" }]')}[[package]]\nname = "a"\nsource = { git = "https://h/x.git" }`,
      'cannot take from a repository',
    ],
  ])('refuses', (lock, words) => {
    expect(() => read(lock)).toThrow(errorWith('REQUIREMENTS_INVALID', words));
  });

  it('reads the format that it knows', () => {
    const request = {
      path: 'uv.lock',
      projectRoot: '.',
      extras: [],
      groups: [],
      target: { runtime: findRuntime('python3.11'), architecture: 'x86_64' } as never,
    };
    expect(() => readUvLock(parseToml('version = 2', 'uv.lock'), request)).toThrow(
      'has format `2`, expected `1`',
    );
  });
});

it.each([
  ['uv.lock', 'services/orders', true],
  ['services/orders/uv.lock', 'services/orders', false],
  ['uv.lock', 'services/other', false],
])('%s has %s as a member: %s', (path, root, expected) => {
  expect(hasMember(service(''), path, root)).toBe(expected);
});
