import { findRuntime } from '../../service/runtimes';
import type { Runtime } from '../../service/runtimes';
import { bufferSource } from '../zip/bytes';
import { validateWheel, type WheelTarget } from './admit';
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
  it('gives the identity of a sound wheel', async () => {
    const { source, filename } = buildWheel({ name: 'De_mo', version: '1.0', files });
    expect(await validateWheel(source, filename, TARGET)).toEqual({
      name: 'De_mo',
      version: '1.0',
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

  it('says which wheel a damaged archive is', async () => {
    const { bytes, filename } = buildWheel({ files });
    const cut = bufferSource(bytes.subarray(0, -30));
    await expect(validateWheel(cut, filename, TARGET)).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      reason: 'end-missing',
      message: expect.stringContaining('`demo-1.0-py3-none-any.whl` was refused (end-missing)'),
    });
  });
});

describe('validateWheel against the runtime', () => {
  const newer = { tag: 'cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64' };

  it('refuses a wheel for a newer glibc, and names wheel, tags and limit', async () => {
    await expect(admit(newer)).rejects.toMatchObject({
      code: 'WHEEL_INCOMPATIBLE',
      message: expect.stringMatching(
        /demo-1\.0-cp311.*python3\.11 x86_64.*cp311-cp311-manylinux_2_28_x86_64.*glibc 2\.26/,
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
