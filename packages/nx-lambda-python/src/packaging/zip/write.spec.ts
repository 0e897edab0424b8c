import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { bufferSource } from './bytes';
import { compress } from './deflate';
import { readEntries } from './read';
import { readContent } from './verify';
import { encodeCentralHeader, encodeEnd, encodeLocalHeader } from './write';
import { temporaryDirectory } from '../../temporary.fixtures';

interface File {
  path: string;
  content: Buffer;
  mode?: 0o644 | 0o755;
}

function archiveOf(files: readonly File[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const { path, content, mode = 0o644 } of files) {
    const { data, ...facts } = compress(content);
    const header = { path, ...facts, compressedSize: data.length };
    const local = Buffer.concat([encodeLocalHeader(header), data]);
    centrals.push(encodeCentralHeader({ ...header, mode, localOffset: offset }));
    locals.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(centrals);
  const end = encodeEnd({
    entryCount: files.length,
    centralSize: central.length,
    centralOffset: offset,
  });
  return Buffer.concat([...locals, central, end]);
}

const FILES: File[] = [
  { path: 'pkg/a.py', content: Buffer.from('x = 1\n'.repeat(100)) },
  { path: 'pkg/é.txt', content: Buffer.from('short') },
  { path: 'pkg/run', content: Buffer.from('#!/bin/sh\n'), mode: 0o755 },
  { path: 'pkg/empty', content: Buffer.alloc(0) },
];

describe('an archive written by us', () => {
  const archive = archiveOf(FILES);

  it('is read strictly, with the same content and modes', () => {
    const entries = readEntries(bufferSource(archive));
    expect(entries.map(({ path, method, mode }) => [path, method, mode.toString(8)])).toEqual([
      ['pkg/a.py', 8, '100644'],
      ['pkg/é.txt', 0, '100644'],
      ['pkg/run', 0, '100755'],
      ['pkg/empty', 0, '100644'],
    ]);
    const contents = entries.map((entry) => readContent(bufferSource(archive), entry));
    expect(contents).toEqual(FILES.map(({ content }) => content));
  });

  it('has these very bytes on any machine', () => {
    const local = encodeLocalHeader({ path: 'é', method: 8, crc32: 1, compressedSize: 2, size: 3 });
    expect(local.toString('hex')).toBe(
      ['504b0304', '1400', '0008', '0800', '0000', '2100', '01000000', '02000000', '03000000']
        .concat('0200', '0000', 'c3a9')
        .join(''),
    );
    expect(createHash('sha256').update(archive).digest('hex')).toBe(
      'b4c340d3276b4b5a09d634e7d35edba7d9c6e50c396af33d072b8b20402702e1',
    );
  });

  const hasPython = spawnSync('python3', ['--version']).status === 0;
  (hasPython ? it : it.skip)('is sound for Python and dated 1980-01-01', () => {
    const directory = temporaryDirectory();
    const file = join(directory, 'a.zip');
    writeFileSync(file, archive);
    const script = [
      'import sys, zipfile',
      'z = zipfile.ZipFile(sys.argv[1])',
      'assert z.testzip() is None',
      'for i in z.infolist(): print(ascii(i.filename), i.date_time, oct(i.external_attr >> 16))',
    ].join('\n');
    const { stdout } = spawnSync('python3', ['-c', script, file], { encoding: 'utf8' });
    expect(stdout.trim().split('\n')).toEqual([
      "'pkg/a.py' (1980, 1, 1, 0, 0, 0) 0o100644",
      "'pkg/\\xe9.txt' (1980, 1, 1, 0, 0, 0) 0o100644",
      "'pkg/run' (1980, 1, 1, 0, 0, 0) 0o100755",
      "'pkg/empty' (1980, 1, 1, 0, 0, 0) 0o100644",
    ]);
  });
});

describe('what only zip64 could hold', () => {
  const file = { path: 'a', method: 8, crc32: 1, compressedSize: 2, size: 3 } as const;
  const tooLarge = { code: 'PACKAGE_TOO_LARGE' };

  it.each([
    ['size', () => encodeLocalHeader({ ...file, size: 0xffffffff })],
    ['compressed size', () => encodeLocalHeader({ ...file, compressedSize: 2 ** 32 })],
    ['offset', () => encodeCentralHeader({ ...file, mode: 0o644, localOffset: 2 ** 32 })],
    ['count', () => encodeEnd({ entryCount: 65_535, centralSize: 1, centralOffset: 1 })],
    ['central offset', () => encodeEnd({ entryCount: 1, centralSize: 1, centralOffset: 2 ** 33 })],
  ])('is refused: %s', (_what, encode) => {
    expect(encode).toThrow(expect.objectContaining(tooLarge));
  });

  it('starts only there', () => {
    expect(encodeEnd({ entryCount: 65_534, centralSize: 1, centralOffset: 1 })).toHaveLength(22);
    expect(encodeLocalHeader({ ...file, size: 0xfffffffe })).toHaveLength(31);
  });
});

describe('compress', () => {
  it('deflates what shrinks, and stores the rest', () => {
    const text = Buffer.from('import os\n'.repeat(500));
    const deflated = compress(text);
    expect(deflated).toMatchObject({ method: 8, size: text.length });
    expect(inflateRawSync(deflated.data)).toEqual(text);
    const noise = createHash('shake256', { outputLength: 4096 }).update('seed').digest();
    expect(compress(noise)).toMatchObject({ method: 0, data: noise, size: 4096 });
  });

  it('gives the same bytes whatever the buffer they come from', () => {
    const text = Buffer.from('def handler(event, context):\n    return {}\n'.repeat(50));
    const shifted = Buffer.concat([Buffer.from('#'), text]).subarray(1);
    expect(compress(shifted)).toEqual(compress(text));
  });
});
