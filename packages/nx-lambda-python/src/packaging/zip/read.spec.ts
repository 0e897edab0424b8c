import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { LambdaPythonError } from '../../errors';
import {
  DESCRIPTOR,
  buildArchive,
  deflate,
  descriptor,
  extraField,
  zip64Field,
  type FixtureEntry,
} from './archive.fixtures';
import { SourceBlocks, bufferSource, type ByteSource } from './bytes';
import { readEntries } from './read';
import { readContent } from './verify';

const content = Buffer.from('print("hello")\n'.repeat(20));
const packed = deflate(content);

function readBoth(bytes: Buffer) {
  const strict = readEntries(bufferSource(bytes));
  expect(readEntries(bufferSource(bytes), { trusted: true })).toEqual(strict);
  return strict;
}

describe('readEntries refuses', () => {
  it('with a message that holds no control characters and names the rule', () => {
    const archive = buildArchive([{ path: '\x1b[2J\u202ea.py', content }]);
    try {
      readEntries(bufferSource(archive));
      throw new Error('was read');
    } catch (error) {
      expect(error).toBeInstanceOf(LambdaPythonError);
      expect(error).toMatchObject({ code: 'ARCHIVE_INVALID' });
      expect(String(error)).toContain('(name-control)');
      expect(String(error)).toContain('\\u{1b}[2J\\u{202e}a.py');
    }
  });
});

describe('readEntries reads', () => {
  it('every field from the central directory', () => {
    const archive = buildArchive([
      { path: 'pkg/', mode: 0o40755 },
      { path: 'pkg/a.py', content, mode: 0o100755 },
      { path: 'pkg/é.txt', content: 'x', method: 0, mode: 0o600 },
    ]);
    const [directory, script, text] = readBoth(archive);
    expect(directory).toMatchObject({ path: 'pkg/', isDirectory: true, size: 0, localOffset: 0 });
    expect(script).toMatchObject({
      path: 'pkg/a.py',
      method: 8,
      mode: 0o100755,
      size: content.length,
      compressedSize: packed.length,
      isDirectory: false,
    });
    expect(text).toMatchObject({ path: 'pkg/é.txt', method: 0, mode: 0o600, size: 1 });
    expect(script && readContent(bufferSource(archive), script)).toEqual(content);
  });

  it('an empty archive and a comment', () => {
    expect(readBoth(buildArchive([]))).toEqual([]);
    expect(readBoth(buildArchive([{ path: 'a' }], { comment: Buffer.from('hi') }))).toHaveLength(1);
  });

  it('central headers in another order than the files', () => {
    const [a, b] = [Buffer.from('aa'), Buffer.from('bb')];
    const local = (path: string, data: Buffer) => ({ path, crc: crc32(data) });
    const archive = buildArchive([
      { path: 'b', content: b, method: 0, data: a, local: local('a', a), centralOffset: 33 },
      { path: 'a', content: a, method: 0, data: b, local: local('b', b), centralOffset: 0 },
    ]);
    const entries = readBoth(archive);
    expect(entries.map(({ path, localOffset }) => [path, localOffset])).toEqual([
      ['b', 33],
      ['a', 0],
    ]);
    expect(entries.map((entry) => readContent(bufferSource(archive), entry))).toEqual([b, a]);
  });

  it('a zip64 end, alone or beside a classic one', () => {
    expect(readBoth(buildArchive([{ path: 'a.py', content }], { zip64: {} }))).toHaveLength(1);
    const both = buildArchive([{ path: 'a.py', content }], { zip64: { classic: true } });
    expect(readBoth(both)).toHaveLength(1);
  });

  const legal: Record<string, Partial<FixtureEntry>> = {
    'zip64 sizes in the central header': {
      size: 0xffffffff,
      compressedSize: 0xffffffff,
      centralExtra: zip64Field(content.length, packed.length),
      local: { extra: zip64Field(content.length, packed.length) },
    },
    'zip64 sizes in the local header only, as in bazel-runfiles 2.4.6': {
      local: {
        size: 0xffffffff,
        compressedSize: 0xffffffff,
        extra: zip64Field(content.length, packed.length),
      },
    },
    'zip64 sizes beside equal local ones, as in protobuf 7.36.2': {
      local: { extra: zip64Field(content.length, packed.length) },
    },
    'an unknown extra field': {
      centralExtra: extraField(0x5455, Buffer.alloc(5)),
      local: { extra: extraField(0x5455, Buffer.alloc(9)) },
    },
    'deflate level flags': { flags: 2 },
  };
  it.each(Object.entries(legal))('%s', (_name, changes) => {
    const archive = buildArchive([{ path: 'a.py', content, ...changes }, { path: 'b.py' }]);
    const [entry] = readBoth(archive);
    expect(entry).toMatchObject({ size: content.length, compressedSize: packed.length });
    expect(entry && readContent(bufferSource(archive), entry)).toEqual(content);
  });

  it.each([
    { signed: true, wide: false },
    { signed: false, wide: false },
    { signed: true, wide: true },
    { signed: false, wide: true },
  ])('a data descriptor: %o', (form) => {
    const archive = buildArchive([
      {
        path: 'a.py',
        content,
        flags: DESCRIPTOR,
        local: { crc: 0, size: 0, compressedSize: 0, extra: extraField(9, Buffer.alloc(3)) },
        after: descriptor(content, packed.length, form),
      },
      { path: 'b.py' },
    ]);
    const [entry] = readBoth(archive);
    expect(entry && readContent(bufferSource(archive), entry)).toEqual(content);
  });

  (hasPython() ? it : it.skip)('what Python writes', () => {
    const script = [
      'import io, sys, zipfile',
      'out = io.BytesIO()',
      'with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:',
      '    z.writestr("pkg/__init__.py", "x = 1\\n" * 50)',
      '    z.writestr(zipfile.ZipInfo("pkg/é.txt"), "stored")',
      '    z.mkdir("empty") if hasattr(z, "mkdir") else z.writestr("empty/", "")',
      '    with z.open("big.bin", "w", force_zip64=True) as f: f.write(bytes(100))',
      'sys.stdout.buffer.write(out.getvalue())',
    ].join('\n');
    const archive = execFileSync('python3', ['-c', script]);
    const paths = readBoth(archive).map(({ path, size }) => [path, size]);
    expect(paths).toEqual([
      ['pkg/__init__.py', 300],
      ['pkg/é.txt', 6],
      ['empty/', 0],
      ['big.bin', 100],
    ]);
  });
});

function hasPython(): boolean {
  return spawnSync('python3', ['--version']).status === 0;
}

const BYTES = randomBytes(6_000_000);
const RANGES = Array.from({ length: 2000 }, (_, index) => {
  const offset = (index * 2_654_435_761) % BYTES.length;
  const length = Math.min(BYTES.length - offset, index % 50 === 0 ? 400_000 : index);
  return [offset, length] as const;
});

function counting(): { source: ByteSource; calls: () => number } {
  let calls = 0;
  const plain = bufferSource(BYTES);
  const read: ByteSource['read'] = (offset, length, into) => {
    calls += 1;
    const bytes = plain.read(offset, length);
    // As a file does: the memory that is given is used.
    if (!into || into.length < length) return Buffer.from(bytes);
    bytes.copy(into);
    return into.subarray(0, length);
  };
  return { source: { size: BYTES.length, read }, calls: () => calls };
}

it('gives what the source has, in any order', () => {
  const blocks = new SourceBlocks(counting().source);
  expect(blocks.size).toBe(BYTES.length);
  for (const [offset, length] of [...RANGES, [BYTES.length - 3, 3], [0, BYTES.length]] as const) {
    const read = blocks.read(offset, length);
    expect(read.equals(BYTES.subarray(offset, offset + length))).toBe(true);
  }
});

it('asks the source once for what lies near each other', () => {
  const { source, calls } = counting();
  const blocks = new SourceBlocks(source);
  for (let round = 0; round < 3; round += 1) {
    for (let offset = 200_000; offset > 0; offset -= 100) blocks.read(offset, 90);
  }
  expect(calls()).toBe(1);
});

it.each([
  [-1, 1],
  [BYTES.length - 1, 2],
  [BYTES.length, 1],
])('refuses %i and %i beyond the source', (offset, length) => {
  expect(() => new SourceBlocks(bufferSource(BYTES)).read(offset, length)).toThrow(RangeError);
});
