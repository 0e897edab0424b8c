import { errorWith } from '../../errors.fixtures';
import type { InstallEntry } from './layout';
import { mergeInstallations } from './merge';
import type { Collisions, Installable } from './merge';

function distribution(name: string, files: Record<string, string>, version = '1.0'): Installable {
  return { name, version, entries: Object.entries(files).map(([path, text]) => entry(path, text)) };
}

/** The text's code stands for its CRC-32. */
function entry(path: string, text: string): InstallEntry {
  const source = {
    path,
    method: 0 as const,
    crc32: text.charCodeAt(0),
    compressedSize: text.length,
    size: text.length,
    mode: 0,
    localOffset: 0,
    dataOffset: 0,
    isDirectory: false,
  };
  return { path, mode: 0o644, source };
}

function merge(distributions: Installable[], collisions?: Collisions): string[] {
  return mergeInstallations(distributions, collisions).map(
    (merged) => `${merged.distribution.name}:${merged.entry.path}`,
  );
}

describe('mergeInstallations', () => {
  it('orders by normalized distribution, then path, by code units, whatever the input order', () => {
    const zebra = distribution('zebra', { 'z/é.py': 'a', 'z/b.py': 'a', 'z/B.txt': 'a' });
    const under = distribution('Foo_Bar', { 'foo/a.py': 'a', 'foo/_b.py': 'b' });
    const expected = [
      'Foo_Bar:foo/_b.py',
      'Foo_Bar:foo/a.py',
      'zebra:z/B.txt',
      'zebra:z/b.py',
      'zebra:z/é.py',
    ];
    expect(merge([zebra, under])).toEqual(expected);
    expect(merge([under, zebra])).toEqual(expected);
  });

  it('takes equal files once, so that namespace packages merge', () => {
    const a = distribution('google-a', { 'google/__init__.py': 'x', 'google/a.py': 'a' });
    const b = distribution('google-b', { 'google/__init__.py': 'x', 'google/b.py': 'b' });
    expect(merge([b, a])).toEqual([
      'google-a:google/__init__.py',
      'google-a:google/a.py',
      'google-b:google/b.py',
    ]);
    // As with pip, which installs the first by name last, if neither requires the other.
    for (const mode of [0o644, 0o755] as const) {
      const first = { ...a, entries: a.entries.map((one) => ({ ...one, mode })) };
      expect(mergeInstallations([b, first])[0]?.entry.mode).toBe(mode);
    }
  });

  const jwt = distribution('jwt', { 'jwt/__init__.py': 'a' }, '1.4.0');
  const pyjwt = distribution('PyJWT', { 'jwt/__init__.py': 'b', 'jwt/api.py': 'c' }, '2.15.1');
  const third = distribution('third', { 'jwt/__init__.py': 'z' });

  it('refuses files that differ, names both distributions and the option', () => {
    expect(() => merge([pyjwt, jwt])).toThrow(
      expect.objectContaining({
        code: 'ENTRY_COLLISION',
        message: '`jwt/__init__.py` differs between `jwt 1.4.0` and `PyJWT 2.15.1`',
        hint: 'pick one: `"collisions": { "jwt/__init__.py": "jwt" }`',
      }),
    );
  });

  const files = (text: string, ...paths: string[]) =>
    Object.fromEntries(paths.map((path) => [path, text]));
  const differing = (names: string[], ...paths: string[]) =>
    names.map((name, n) => distribution(name, files('abc'[n] ?? '', ...paths)));

  it.each<[string, Installable[], string, string]>([
    [
      'variants of one another, once for all paths',
      differing(
        ['docker', 'docker-py'],
        ...['docker/__init__.py', 'docker/a.py', 'docker/b.py', 'docker/c.py'],
      ),
      '`docker 1.0` and `docker-py 1.0` differ in 4 files: `docker/__init__.py`, `docker/a.py`, `docker/b.py` and 1 more',
      'both provide `docker`: leave one of them out, `"excludeDistributions": ["docker"]` or `["docker-py"]`',
    ],
    [
      'three of which two pairs differ',
      differing(['one', 'two', 'three'], 'cv2/cv2.so'),
      '`cv2/cv2.so` differs between `one 1.0` and `three 1.0`',
      'both provide `cv2`: leave one of them out, `"excludeDistributions": ["one"]` or `["three"]`',
    ],
    [
      'parts of a namespace',
      differing(['azure-a', 'azure-b'], 'azure/__init__.py', 'azure/mgmt/__init__.py'),
      '`azure-a 1.0` and `azure-b 1.0` differ in 2 files: `azure/__init__.py`, `azure/mgmt/__init__.py`',
      'pick one: `"collisions": { "azure/__init__.py": "azure-a", "azure/mgmt/__init__.py": "azure-a" }`',
    ],
    [
      'tests that are packaged by mistake',
      differing(['a', 'b'], 'tests/__init__.py', 'tests/test_a.py', 'docs/conf.py'),
      '`a 1.0` and `b 1.0` differ in 3 files: `docs/conf.py`, `tests/__init__.py`, `tests/test_a.py`',
      'leave these files out: `"excludeFiles": ["/docs/","/tests/"]`',
    ],
    [
      'what differs in case only',
      [
        distribution('crypto', files('a', 'crypto/a.py', 'crypto/b.py')),
        distribution('pycrypto', files('b', 'Crypto/a.py', 'Crypto/b.py')),
      ],
      '`crypto 1.0` and `pycrypto 1.0` have 2 paths that differ only in case: `crypto/a.py`, `crypto/b.py`',
      'leave the wrong one out: `"excludeDistributions": ["crypto"]` or `["pycrypto"]`; or pick one: `"collisions": { "crypto/a.py": "crypto", "crypto/b.py": "crypto" }`, or keep both: `"*"`',
    ],
  ])('tells of %s', (_, distributions, message, hint) => {
    expect(() => merge(distributions)).toThrow(errorWith('ENTRY_COLLISION', message, hint));
  });

  it('takes the chosen one, also the last of three', () => {
    const choose = (name: string) => merge([pyjwt, jwt, third], { 'jwt/__init__.py': name });
    expect(choose('pyjwt')).toEqual(['PyJWT:jwt/__init__.py', 'PyJWT:jwt/api.py']);
    expect(choose('third')).toEqual(['PyJWT:jwt/api.py', 'third:jwt/__init__.py']);
  });

  it('refuses a choice that is none', () => {
    expect(() => merge([pyjwt, jwt], { 'jwt/__init__.py': 'requests' })).toThrow(
      errorWith('OPTION_INVALID'),
    );
  });

  it('refuses a path that is a file here and a directory there', () => {
    const file = distribution('a', { 'x/data': 'f' });
    const directory = distribution('b', { 'x/data/deep/one.txt': 'g' });
    expect(() => merge([file, directory])).toThrow(
      expect.objectContaining({
        code: 'ENTRY_COLLISION',
        message: '`x/data` is a file in `a 1.0` and a directory in `b 1.0`',
      }),
    );
  });

  it('refuses names that differ in case only, between distributions', () => {
    const lower = distribution('crypto', { 'crypto/__init__.py': 'a' });
    const upper = distribution('pycrypto', { 'Crypto/__init__.py': 'b', 'Crypto/aes.py': 'c' });
    const code = 'ENTRY_COLLISION';
    expect(() => merge([lower, upper])).toThrow(expect.objectContaining({ code }));
    expect(merge([lower, upper], { 'Crypto/__init__.py': 'pycrypto' })).toEqual([
      'pycrypto:Crypto/__init__.py',
      'pycrypto:Crypto/aes.py',
    ]);
    expect(merge([lower, upper], { 'crypto/__init__.py': '*' })).toHaveLength(3);
    expect(merge([distribution('terminfo', { 'E/eterm': 'a', 'e/eterm': 'b' })])).toHaveLength(2);
  });
});
