/** Inflates entries with bounded memory and checks that they hold what they say. */

import { createHash, type Hash } from 'node:crypto';
import { Readable, pipeline } from 'node:stream';
import { constants, crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import type { ByteSource } from './bytes';
import { defect } from './defect';
import { METHOD_STORED, type ZipEntry } from './format';

/** Up to this size one call for the whole entry is fastest; above, memory must not grow with the size. */
const WHOLE_UP_TO = 16 * 1024 * 1024;
const CHUNK = 1024 * 1024;
/** A deflate block's code tables take some hundred bytes; this many bytes inflate to 4 MiB at most. */
const START_COMPRESSED = 4096;

/** Algorithms of RECORD that can be checked; the first three are too weak for it to vouch for a file. */
export type DigestAlgorithm = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

/**
 * Checks CRC-32 and size of an entry. At most 16 MiB are in memory, and never more than one byte
 * beyond the stated size is inflated, so a bomb costs as much as an honest entry of its size.
 * @returns the digest of the content, if an algorithm is given.
 * @throws ArchiveError for content that disagrees with the entry.
 */
export async function verifyEntry(
  source: ByteSource,
  entry: ZipEntry,
  algorithm?: DigestAlgorithm,
): Promise<Buffer | undefined> {
  const hash = algorithm ? createHash(algorithm) : undefined;
  if (Math.max(entry.size, entry.compressedSize) <= WHOLE_UP_TO) {
    const content = readContent(source, entry);
    hash?.update(content);
  } else {
    await verifyInChunks(source, entry, hash);
  }
  return hash?.digest();
}

/**
 * The checked content of an entry.
 * @param limit bytes; more is refused before anything is inflated.
 * @throws ArchiveError for content that disagrees with the entry, or is beyond the limit.
 */
export function readContent(source: ByteSource, entry: ZipEntry, limit = Infinity): Buffer {
  if (Math.max(entry.size, entry.compressedSize) > limit) {
    throw defect('too-large', entry, `${entry.size} bytes, at most ${limit} are read`);
  }
  const compressed = source.read(entry.dataOffset, entry.compressedSize);
  const content = entry.method === METHOD_STORED ? compressed : inflateWhole(entry, compressed);
  checkContent(entry, content.length, crc32(content));
  return content;
}

/** The first bytes of an entry, at least 64 if it has that many; damage goes unnoticed. */
export function readStart(source: ByteSource, entry: ZipEntry): Buffer {
  const length = Math.min(entry.compressedSize, START_COMPRESSED);
  const compressed = source.read(entry.dataOffset, length);
  if (entry.method === METHOD_STORED) return compressed;
  try {
    return inflateRawSync(compressed, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (error) {
    throw inflateDefect(entry, error);
  }
}

function inflateWhole(entry: ZipEntry, compressed: Buffer): Buffer {
  const longest = entry.size + 1;
  let result: { buffer: Buffer; engine: { bytesWritten: number } };
  try {
    // One chunk for all spares a copy; 64 is zlib's minimum.
    const options = { maxOutputLength: longest, chunkSize: Math.max(64, longest), info: true };
    result = inflateRawSync(compressed, options) as unknown as typeof result;
  } catch (error) {
    throw inflateDefect(entry, error);
  }
  checkConsumed(entry, result.engine.bytesWritten);
  return result.buffer;
}

async function verifyInChunks(source: ByteSource, entry: ZipEntry, hash?: Hash): Promise<void> {
  let size = 0;
  let crc = 0;
  for await (const chunk of contentChunks(source, entry)) {
    size += chunk.length;
    if (size > entry.size) break;
    crc = crc32(chunk, crc);
    hash?.update(chunk);
  }
  checkContent(entry, size, crc);
}

async function* contentChunks(source: ByteSource, entry: ZipEntry): AsyncGenerator<Buffer> {
  if (entry.method === METHOD_STORED) {
    yield* compressedChunks(source, entry);
    return;
  }
  const inflate = createInflateRaw({ chunkSize: CHUNK });
  // A failure of the source destroys `inflate` with that error, so reading from it throws it.
  pipeline(Readable.from(compressedChunks(source, entry)), inflate, () => undefined);
  try {
    yield* inflate as AsyncIterable<Buffer>;
  } catch (error) {
    throw inflateDefect(entry, error);
  } finally {
    inflate.destroy();
  }
  checkConsumed(entry, inflate.bytesWritten);
}

function* compressedChunks(source: ByteSource, entry: ZipEntry): Generator<Buffer> {
  for (let at = 0; at < entry.compressedSize; at += CHUNK) {
    yield source.read(entry.dataOffset + at, Math.min(CHUNK, entry.compressedSize - at));
  }
}

function checkContent(entry: ZipEntry, size: number, crc: number): void {
  if (size !== entry.size) {
    const got = size > entry.size ? 'more' : `${size}`;
    throw defect('content-size-mismatch', entry, `${got} bytes, expected ${entry.size}`);
  }
  if (crc !== entry.crc32) {
    throw defect('content-crc-mismatch', entry, `CRC-32 is ${crc}, expected ${entry.crc32}`);
  }
}

/** Bytes after the end of a deflate stream would be carried along unseen. */
function checkConsumed(entry: ZipEntry, consumed: number): void {
  if (consumed !== entry.compressedSize) {
    const detail = `its data ends after ${consumed} of ${entry.compressedSize} bytes`;
    throw defect('content-trailing', entry, detail);
  }
}

/** zlib's complaints about the data become ours; failures of the source itself stay as they are. */
function inflateDefect(entry: ZipEntry, error: unknown): unknown {
  const isCoded = typeof error === 'object' && error !== null && 'code' in error;
  const code = isCoded ? String(error.code) : '';
  if (code === 'ERR_BUFFER_TOO_LARGE') {
    return defect('content-size-mismatch', entry, `more than the expected ${entry.size} bytes`);
  }
  if (!code.startsWith('Z_')) return error;
  return defect('content-malformed', entry, 'its data is not a complete deflate stream', error);
}
