import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { buildArchive } from './archive.fixtures';
import { bufferSource, type ByteSource } from './bytes';
import { ArchiveError } from './defect';
import type { ZipEntry } from './format';
import { readEntries } from './read';
import { readContent, verifyEntry } from './verify';

const MEBIBYTE = 1024 * 1024;

function firstOf(bytes: Buffer): { source: ByteSource; entry: ZipEntry } {
  const source = bufferSource(bytes);
  const [entry] = readEntries(source);
  if (!entry) throw new Error('no entry');
  return { source, entry };
}

async function reasonOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ArchiveError) return error.reason;
    throw error;
  }
  return 'accepted';
}

describe('verifyEntry', () => {
  it.each([0, 8])('gives the digest that was asked for, method %i', async (method) => {
    const content = Buffer.from('x = 1\n'.repeat(1000));
    const { source, entry } = firstOf(buildArchive([{ path: 'a.py', content, method }]));
    const expected = createHash('sha512').update(content).digest();
    expect(await verifyEntry(source, entry, 'sha512')).toEqual(expected);
    expect(await verifyEntry(source, entry)).toBeUndefined();
  });

  it('accepts empty files and directories', async () => {
    const source = bufferSource(
      buildArchive([
        { path: 'a/' },
        { path: 'a/b' },
        { path: 'a/c', method: 8, data: deflateRawSync(Buffer.alloc(0)) },
      ]),
    );
    for (const entry of readEntries(source)) await verifyEntry(source, entry);
  });
});

describe('verifyEntry of large entries', () => {
  const content = Buffer.alloc(20 * MEBIBYTE, 'large entries go through a stream ');
  const packed = deflateRawSync(content, { level: 1 });

  it.each([0, 8])('checks and digests them in chunks, method %i', async (method) => {
    const data = method === 8 ? packed : content;
    const { source, entry } = firstOf(buildArchive([{ path: 'a', content, method, data }]));
    const digest = await verifyEntry(source, entry, 'sha256');
    expect(digest).toEqual(createHash('sha256').update(content).digest());
  });

  const broken = {
    'content-size-mismatch': { size: content.length - 1 },
    'content-crc-mismatch': { crc: 1 },
    'content-malformed': { data: packed.subarray(0, -10) },
    'content-trailing': { data: Buffer.concat([packed, Buffer.alloc(3 * MEBIBYTE)]) },
  };
  it.each(Object.entries(broken))('refuses %s', async (reason, changes) => {
    const { source, entry } = firstOf(
      buildArchive([{ path: 'a', content, data: packed, ...changes }]),
    );
    expect(await reasonOf(verifyEntry(source, entry, 'sha256'))).toBe(reason);
  });

  it('stops reading a bomb as soon as it has given more than it states', async () => {
    // Incompressible enough that most of its compressed bytes are never looked at.
    const noise = createHash('shake256', { outputLength: MEBIBYTE }).update('seed').digest();
    const data = deflateRawSync(Buffer.concat(Array(40).fill(noise)), { level: 0 });
    const { source, entry } = firstOf(
      buildArchive([{ path: 'a', content: 'x', data, size: 17 * MEBIBYTE }]),
    );
    let read = 0;
    const counting: ByteSource = {
      size: source.size,
      read(offset, length) {
        read += length;
        return source.read(offset, length);
      },
    };
    expect(await reasonOf(verifyEntry(counting, entry))).toBe('content-size-mismatch');
    expect(read).toBeLessThan(25 * MEBIBYTE);
  });

  it('lets a failing source be what it is', async () => {
    const { source, entry } = firstOf(buildArchive([{ path: 'a', content, data: packed }]));
    const failing: ByteSource = {
      size: source.size,
      read() {
        throw new Error('disk on fire');
      },
    };
    await expect(verifyEntry(failing, entry)).rejects.toThrow('disk on fire');
  });
});

describe('readContent', () => {
  it('refuses what is beyond the limit before reading it', () => {
    const { source, entry } = firstOf(buildArchive([{ path: 'a', content: 'four' }]));
    expect(readContent(source, entry, 100).toString()).toBe('four');
    expect(() => readContent(source, entry, 3)).toThrow('(too-large)');
  });
});
