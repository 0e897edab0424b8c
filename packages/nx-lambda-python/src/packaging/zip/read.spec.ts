import { execFileSync, spawnSync } from 'node:child_process';
import { crc32, deflateRawSync } from 'node:zlib';
import { LambdaPythonError } from '../../errors';
import { DESCRIPTOR, buildArchive, descriptor, extraField, zip64Field } from './archive.fixtures';
import type { FixtureEntry } from './archive.fixtures';
import { bufferSource } from './byte-source';
import { ArchiveError } from './defect';
import { STRUCTURAL } from './hostile.fixtures';
import { readEntries } from './read';
import { readContent } from './verify';

const content = Buffer.from('print("hello")\n'.repeat(20));
const packed = deflateRawSync(content);

function readBoth(bytes: Buffer) {
  const strict = readEntries(bufferSource(bytes));
  expect(readEntries(bufferSource(bytes), { trusted: true })).toEqual(strict);
  return strict;
}

describe('readEntries refuses', () => {
  const cases = Object.entries(STRUCTURAL).flatMap(([reason, archives]) =>
    Object.entries(archives).map(([name, bytes]) => [reason, name, bytes] as const),
  );

  it.each(cases)('%s: %s', (reason, _name, bytes) => {
    expect(reasonOf(() => readEntries(bufferSource(bytes)))).toBe(reason);
  });

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

describe('readEntries under damage', () => {
  it('only ever throws our own error, trusted or not', () => {
    const random = seeded(20261124);
    const seed = buildArchive(
      [
        { path: 'pkg/', mode: 0o40755 },
        { path: 'pkg/a.py', content },
        { path: 'pkg/é.py', content, local: { extra: zip64Field(content.length, packed.length) } },
        { path: 'b', content, flags: DESCRIPTOR, after: descriptor(content, packed.length) },
      ],
      { zip64: {}, comment: Buffer.from('comment') },
    );
    const until = performance.now() + 800;
    let refused = 0;
    for (let round = 0; round < 20_000 && performance.now() < until; round++) {
      const source = bufferSource(mutate(seed, random));
      for (const trusted of [false, true]) {
        try {
          for (const entry of readEntries(source, { trusted }))
            readContent(source, entry, 1_000_000);
        } catch (error) {
          refused++;
          if (!(error instanceof LambdaPythonError)) throw error;
        }
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});

function mutate(seed: Buffer, random: () => number): Buffer {
  const below = (limit: number) => Math.floor(random() * limit);
  let bytes = Buffer.from(seed);
  for (let count = 1 + below(4); count > 0; count--) {
    const at = below(bytes.length);
    const kind = below(5);
    if (kind === 0) bytes[at] = below(256);
    if (kind === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
    if (kind === 2 && at + 4 <= bytes.length) bytes.writeUInt32LE(0xffffffff, at);
    if (kind === 3) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + below(9))]);
    if (kind === 4) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(below(at + 1))]);
  }
  return bytes;
}

/** mulberry32: the same numbers in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function hasPython(): boolean {
  return spawnSync('python3', ['--version']).status === 0;
}

function reasonOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ArchiveError) return error.reason;
    throw error;
  }
  return 'accepted';
}
