import { findRuntime } from '../../service/runtimes';
import type { Runtime } from '../../service/runtimes';
import { deflateRawSync } from 'node:zlib';
import { bufferSource } from '../zip/byte-source';
import { validateWheel } from './admit';
import type { WheelTarget } from './admit';
import { readWheel } from './read';
import { buildWheel, recordHash } from './wheel.fixtures';
import type { FixtureWheel } from './wheel.fixtures';

function runtime(name: string): Runtime {
  const found = findRuntime(name);
  if (!found) throw new Error(name);
  return found;
}

const TARGET: WheelTarget = { runtime: runtime('python3.11'), architecture: 'x86_64' };

function admit(wheel: FixtureWheel, target: Partial<WheelTarget> = {}) {
  const { source, filename } = buildWheel(wheel);
  return validateWheel(source, filename, { ...TARGET, ...target });
}

const files = { 'demo/__init__.py': 'x = 1\n', 'demo/a,"b".txt': 'odd name' };

describe('validateWheel', () => {
  it('gives the facts of a sound wheel', async () => {
    const { source, filename } = buildWheel({ name: 'De_mo', version: '1.0', files });
    expect(await validateWheel(source, filename, TARGET)).toEqual({
      name: 'De_mo',
      version: '1.0',
      wheel: 'De_mo-1.0-py3-none-any.whl',
      tags: ['py3-none-any'],
      unpackedSize: readWheel(source, filename).entries.reduce((sum, { size }) => sum + size, 0),
      warnings: [],
    });
  });

  const sound: Record<string, FixtureWheel> = {
    'directories, in the archive and in RECORD': {
      files: { 'demo/': {}, ...files },
      record: (record) => `demo/,,\n${record}`,
    },
    'sha512 in RECORD': {
      files,
      record: (record) => record.replace(recordHash('x = 1\n'), recordHash('x = 1\n', 'sha512')),
    },
    'padded hashes, CRLF, no sizes': {
      files,
      record: (record) => record.replace(/,\d+\n/g, '=,\r\n'),
    },
    'no row for RECORD itself': { files, record: (record) => record.replace(/.*RECORD,,\n/, '') },
    'signature files': { files: { 'demo-1.0.dist-info/RECORD.jws': '{}' } },
    'another spelling of name and version': {
      version: '1.0.0',
      distInfo: 'Demo-1.0.dist-info',
      metadata: 'Name: DEMO\nVersion: 1\n',
    },
    'a local version': { name: 'torch', version: '2.0+cu118', files },
  };
  it.each(Object.entries(sound))('accepts %s', async (_name, wheel) => {
    await expect(admit(wheel)).resolves.toBeDefined();
  });

  const broken: [reason: string, what: string, wheel: FixtureWheel][] = [
    ['filename-malformed', 'no tags', { tag: 'any' }],
    ['dist-info-missing', 'none', { distInfo: 'demo-1.0.egg-info' }],
    ['dist-info-duplicate', 'two', { files: { 'x-1.dist-info/METADATA': '' } }],
    ['dist-info-mismatch', 'other name', { distInfo: 'other-1.0.dist-info' }],
    ['dist-info-mismatch', 'other version', { distInfo: 'demo-1.1.dist-info' }],
    ['wheel-file-missing', 'no WHEEL', { wheelFile: null }],
    ['wheel-file-malformed', 'no version', { wheelFile: 'Generator: spec\n' }],
    ['wheel-version-unsupported', '2.0', { wheelFile: 'Wheel-Version: 2.0\n' }],
    ['metadata-missing', 'no METADATA', { metadata: null }],
    ['metadata-malformed', 'two names', { metadata: 'Name: demo\nName: evil\nVersion: 1.0\n' }],
    ['metadata-malformed', 'no headers', { metadata: 'hello world\n' }],
    ['metadata-mismatch', 'other version', { metadata: 'Name: demo\nVersion: 2.0\n' }],
    ['record-missing', 'no RECORD', { record: null }],
    ['record-malformed', 'two columns', { record: () => 'a,b\n' }],
    ['record-malformed', 'open quote', { record: (record) => `${record}"a,,\n` }],
    ['record-malformed', 'no hash', { record: () => 'a,nonsense,1\n' }],
    ['record-duplicate', 'a row twice', { record: (record) => record + record }],
    ['record-not-listed', 'a file', { record: (record) => record.replace(/^.*METADATA.*\n/, '') }],
    ['record-file-missing', 'a row', { record: (record) => `gone.py,,\n${record}` }],
    [
      'record-hash-missing',
      'a file',
      { files, record: (record) => record.replace(recordHash('x = 1\n'), '') },
    ],
    [
      'record-hash-weak',
      'md5',
      { files, record: (record) => record.replace(recordHash('x = 1\n'), recordHash('', 'md5')) },
    ],
    [
      'record-hash-mismatch',
      'other content',
      { files, record: (record) => record.replace(recordHash('x = 1\n'), recordHash('y')) },
    ],
    ['record-size-mismatch', 'size', { files, record: (record) => record.replace(',6\n', ',7\n') }],
    ['data-foreign', 'other', { files: { 'evil-1.0.data/purelib/a.py': '' } }],
    ['data-key-unknown', 'stdlib', { files: { 'demo-1.0.data/stdlib/a.py': '' } }],
    ['content-crc-mismatch', 'CRC', { files: { 'a.py': { content: 'x', crc: 1 } } }],
    [
      'content-size-mismatch',
      'bomb',
      { files: { 'a.py': { content: 'x', data: deflateRawSync(Buffer.alloc(1e7)), method: 8 } } },
    ],
    ['symlink', 'link', { files: { 'a.py': { content: '/etc/passwd', mode: 0o120777 } } }],
    ['name-parent', 'escape', { files: { '../a.py': 'x' } }],
  ];
  it.each(broken)('refuses %s: %s', async (reason, _what, wheel) => {
    const filename = buildWheel(wheel).filename;
    await expect(admit(wheel)).rejects.toMatchObject({
      reason,
      message: expect.stringContaining(`\`${filename}\``),
    });
  });

  it('says which wheel a damaged archive is', async () => {
    const { bytes, filename } = buildWheel({ files });
    const cut = bufferSource(bytes.subarray(0, -30));
    await expect(validateWheel(cut, filename, TARGET)).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      reason: 'end-missing',
      message: expect.stringContaining('`demo-1.0-py3-none-any.whl` is refused (end-missing)'),
    });
  });
});

describe('validateWheel against the runtime', () => {
  const newer = { tag: 'cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64' };

  it('refuses a wheel for a newer glibc, and names wheel, tags and limit', async () => {
    await expect(admit(newer)).rejects.toMatchObject({
      code: 'WHEEL_INCOMPATIBLE',
      message: expect.stringMatching(
        /demo-1\.0-cp311.*python3\.11 on x86_64.*cp311-cp311-manylinux_2_28_x86_64.*glibc 2\.26/,
      ),
      hint: expect.stringContaining('`demo`'),
    });
    const fitting = { ...newer, tag: newer.tag.replaceAll('cp311', 'cp312') };
    await expect(admit(fitting, { runtime: runtime('python3.12') })).resolves.toBeDefined();
  });

  it('takes a locally built wheel only where that is said', async () => {
    const local = { tag: 'cp311-cp311-linux_x86_64' };
    await expect(admit(local)).rejects.toMatchObject({ code: 'WHEEL_INCOMPATIBLE' });
    await expect(admit(local, { allowLocal: true })).resolves.toBeDefined();
    const arm = { allowLocal: true, architecture: 'arm64' } as const;
    await expect(admit(local, arm)).rejects.toMatchObject({ code: 'WHEEL_INCOMPATIBLE' });
  });
});
