import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DamagedFileError, writePackage, type ServiceFile } from './package';
import { collect, contentsOf, openWheel, partOf, serviceFile } from './packaging.fixtures';
import { bufferSource } from './zip/byte-source';
import { readEntries } from './zip/read';

const WHEELS = [
  openWheel({ name: 'zeta', files: { 'zeta/__init__.py': 'z = 1\n' } }),
  openWheel({ name: 'alpha', files: { 'alpha/native.so': { content: 'ELF', mode: 0o100700 } } }),
];
const FILES = [
  serviceFile(
    'orders/handlers/create.py',
    'def handler(event, context):\n    return 1\n'.repeat(20),
  ),
  serviceFile('orders/__init__.py', ''),
  serviceFile('orders/run.sh', '#!/bin/sh\n', true),
];

const build = (files: readonly ServiceFile[], part = partOf(WHEELS)) =>
  collect((sink) => writePackage(part, files, sink));

describe('writePackage', () => {
  it('holds the dependencies first, by distribution, then the service, by path', () => {
    const paths = readEntries(bufferSource(build(FILES).bytes)).map(({ path }) => path);
    expect(paths).toEqual([
      'alpha-1.0.dist-info/METADATA',
      'alpha-1.0.dist-info/RECORD',
      'alpha-1.0.dist-info/WHEEL',
      'alpha/native.so',
      'zeta-1.0.dist-info/METADATA',
      'zeta-1.0.dist-info/RECORD',
      'zeta-1.0.dist-info/WHEEL',
      'zeta/__init__.py',
      'orders/__init__.py',
      'orders/handlers/create.py',
      'orders/run.sh',
    ]);
  });

  it('says what it wrote', () => {
    const { bytes, result } = build(FILES);
    expect(result.size).toBe(bytes.length);
    expect(result.sha256).toBe(createHash('sha256').update(bytes).digest('base64'));
    const total = readEntries(bufferSource(bytes)).reduce((sum, { size }) => sum + size, 0);
    expect(result.unpackedSize).toBe(total);
  });

  it('makes modes that Lambda can read', () => {
    const modes = Object.fromEntries(
      readEntries(bufferSource(build(FILES).bytes)).map(({ path, mode }) => [path, mode & 0o777]),
    );
    expect(modes).toMatchObject({
      'alpha/native.so': 0o755,
      'orders/run.sh': 0o755,
      'orders/__init__.py': 0o644,
    });
  });

  it('gives these bytes: others for the same input need a new format number', () => {
    expect(build(FILES).result.sha256).toBe(GOLDEN);
  });

  it('does not depend on the order of wheels and files', () => {
    const shuffled = build([...FILES].reverse(), partOf([...WHEELS].reverse()));
    expect(shuffled.result.sha256).toBe(build(FILES).result.sha256);
  });

  it('is a sound archive to Python', () => {
    const directory = mkdtempSync(join(tmpdir(), 'package-spec-'));
    const file = join(directory, 'package.zip');
    writeFileSync(file, build(FILES).bytes);
    const { stdout, error } = spawnSync('python3', ['-m', 'zipfile', '-t', file], {
      encoding: 'utf8',
    });
    rmSync(directory, { recursive: true });
    if (!error) expect(stdout.trim()).toBe('Done testing');
  });

  it('needs no dependency', () => {
    expect(contentsOf(build([serviceFile('a.py', 'x')], partOf([])).bytes)).toEqual({
      'a.py': 'x',
    });
  });

  it('notices a damaged dependency part', () => {
    const part = partOf(WHEELS);
    const bytes = Buffer.from(part.archive.read(0, part.archive.size));
    bytes.writeUInt8(bytes.readUInt8(60) ^ 1, 60);
    expect(() => build(FILES, { ...part, archive: bufferSource(bytes) })).toThrow(DamagedFileError);
  });

  it('notices a damaged central directory of the part', () => {
    const part = partOf(WHEELS);
    const bytes = Buffer.from(part.archive.read(0, part.archive.size));
    // 16 - CRC-32 of the first entry: every reader but a checking one would take it.
    const at = part.facts.length + 16;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    expect(() => build(FILES, { ...part, archive: bufferSource(bytes) })).toThrow(DamagedFileError);
  });

  it.each([
    ['alpha/native.so', 'alpha/native.so'],
    ['Zeta/__init__.py', 'zeta/__init__.py'],
    ['alpha', 'the directory `alpha/`'],
    ['zeta/__init__.py/x', 'a file of a distribution'],
    ['orders/RUN.sh', 'differs only in case'],
  ])('refuses the service file %s', (path, words) => {
    expect(() => build([...FILES, serviceFile(path, '')])).toThrow(
      expect.objectContaining({ code: 'ENTRY_COLLISION', message: expect.stringContaining(words) }),
    );
  });

  it('refuses what Lambda would, naming the largest distributions', () => {
    const part = partOf(WHEELS);
    const distributions = part.facts.distributions.map((one) => ({ ...one, unpackedSize: 2e8 }));
    const huge = { ...part.facts, distributions };
    const file = { path: 'big.bin', executable: false, read: () => Buffer.alloc(262_144_000) };
    expect(() => build([file], { ...part, facts: huge })).toThrow(
      expect.objectContaining({
        code: 'PACKAGE_TOO_LARGE',
        message: expect.stringContaining('`zeta` 200 MB'),
      }),
    );
  });
});

const GOLDEN = '53qU75W5Pf3TjtwiGEJ5r96Ds44t4Lr5pX7UhGNa+ik=';
