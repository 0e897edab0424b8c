/** Writes an archive entry by entry, in one pass, hashing what it writes. */

import { createHash, type Hash } from 'node:crypto';
import { LambdaPythonError } from '../../errors';
import { bufferSource, chunkBuffer, eachChunk, type ByteSource } from './bytes';
import type { CompressedFile } from './deflate';
import {
  CENTRAL_LENGTH,
  CENTRAL_SIGNATURE,
  END_LENGTH,
  END_SIGNATURE,
  FLAG_UTF8,
  LOCAL_LENGTH,
  LOCAL_SIGNATURE,
  MAX_UINT16,
  MAX_UINT32,
  TYPE_FILE,
  type ZipEntry,
} from './format';

export interface ByteSink {
  write(bytes: Uint8Array): void;
  /** If it writes in the background and is behind: something to wait for before more is written. */
  drain?(): Promise<void> | undefined;
}

/** The entries of an archive that this class wrote: headers and bytes are kept as they are. */
export interface ArchiveStart {
  /** SHA-256 that has taken the entries' bytes. */
  hash: Hash;
  /** Of those bytes. */
  length: number;
  entryCount: number;
  /** Their central directory. */
  central: Buffer;
}

const NOTHING = Buffer.alloc(0);

export class ArchiveWriter {
  private readonly hash: Hash;
  private readonly centralHeaders: Buffer[];
  private readonly memory = chunkBuffer();
  private length: number;
  private entryCount: number;

  /** @param start what the sink begins with already */
  constructor(
    private readonly sink: ByteSink,
    start: ArchiveStart = {
      hash: createHash('sha256'),
      length: 0,
      entryCount: 0,
      central: NOTHING,
    },
  ) {
    this.hash = start.hash;
    this.length = start.length;
    this.entryCount = start.entryCount;
    this.centralHeaders = [start.central];
  }

  /** Bytes written so far. */
  get size(): number {
    return this.length;
  }

  /** Adds a file whose compressed bytes stand in `source` at `offset`. */
  add(file: FileToWrite, source: ByteSource, offset: number): void {
    this.centralHeaders.push(encodeCentralHeader({ ...file, localOffset: this.length }));
    this.entryCount += 1;
    this.write(encodeLocalHeader(file));
    const { compressedSize } = file;
    eachChunk(source, offset, compressedSize, (bytes) => this.write(bytes), this.memory);
  }

  /** Adds a file that was compressed here. */
  addCompressed(path: string, executable: boolean, { data, ...facts }: CompressedFile): void {
    const mode = executable ? 0o755 : 0o644;
    this.add({ path, mode, ...facts, compressedSize: data.length }, bufferSource(data), 0);
  }

  /** SHA-256 of everything written so far; writing can go on. */
  digest(encoding: 'hex' | 'base64'): string {
    return this.hash.copy().digest(encoding);
  }

  /**
   * Writes the central directory.
   * @returns the entries, for another archive to start with
   */
  finish(): ArchiveStart {
    const central = Buffer.concat(this.centralHeaders);
    const centralOffset = this.length;
    const { entryCount } = this;
    const entries = { hash: this.hash.copy(), length: centralOffset, entryCount, central };
    this.write(central);
    this.write(encodeEnd({ entryCount, centralSize: central.length, centralOffset }));
    return entries;
  }

  private write(bytes: Buffer): void {
    this.hash.update(bytes);
    this.sink.write(bytes);
    this.length += bytes.length;
  }
}

/** Its compressed bytes follow the local header as they are. */
export interface FileToWrite extends FileHeader {
  mode: 0o644 | 0o755;
}

/** What both headers of a file have. */
type FileHeader = Pick<ZipEntry, 'path' | 'method' | 'crc32' | 'compressedSize' | 'size'>;

type CentralHeader = FileToWrite & Pick<ZipEntry, 'localOffset'>;

export interface ArchiveEnd {
  entryCount: number;
  /** Of the central directory, in bytes. */
  centralSize: number;
  centralOffset: number;
}

/** 2.0, the version that knows deflate; one value for all entries (4.4.3). */
const VERSION_NEEDED = 20;
/** Unix in the upper byte, so that the mode counts (4.4.2). */
const VERSION_MADE_BY = (3 << 8) | VERSION_NEEDED;
/** MS-DOS date and time of 1980-01-01 00:00, the earliest there is (4.4.6). */
const DOS_TIME = 0;
const DOS_DATE = (0 << 9) | (1 << 5) | 1;

/** @throws LambdaPythonError PACKAGE_TOO_LARGE where only zip64 could hold the sizes. */
export function encodeLocalHeader(file: FileHeader): Buffer {
  const name = Buffer.from(file.path, 'utf8');
  const header = Buffer.alloc(LOCAL_LENGTH + name.length);
  header.writeUInt32LE(LOCAL_SIGNATURE, 0);
  writeCommon(header, 4, file, name); // 4 to 27
  header.writeUInt16LE(0, 28); // 28 - extra length
  name.copy(header, LOCAL_LENGTH);
  return header;
}

/** @throws LambdaPythonError PACKAGE_TOO_LARGE where only zip64 could hold sizes or offset. */
export function encodeCentralHeader(file: CentralHeader): Buffer {
  const name = Buffer.from(file.path, 'utf8');
  const header = Buffer.alloc(CENTRAL_LENGTH + name.length);
  header.writeUInt32LE(CENTRAL_SIGNATURE, 0);
  header.writeUInt16LE(VERSION_MADE_BY, 4);
  writeCommon(header, 6, file, name); // 6 to 29
  // 30 - extra length, 32 - comment length, 34 - disk, 36 - internal attributes: all zero
  header.writeUInt32LE(((TYPE_FILE | file.mode) << 16) >>> 0, 38); // 38 - external attributes
  header.writeUInt32LE(below(MAX_UINT32, file.localOffset, 'the package'), 42);
  name.copy(header, CENTRAL_LENGTH);
  return header;
}

/** @throws LambdaPythonError PACKAGE_TOO_LARGE for 65,535 entries or 4 GiB, which need zip64. */
export function encodeEnd({ entryCount, centralSize, centralOffset }: ArchiveEnd): Buffer {
  if (entryCount >= MAX_UINT16) throw tooLarge(`the package has ${entryCount} files`);
  const end = Buffer.alloc(END_LENGTH);
  end.writeUInt32LE(END_SIGNATURE, 0);
  // 4 - this disk, 6 - disk with the central directory: zero
  end.writeUInt16LE(entryCount, 8); // 8 - entries on this disk
  end.writeUInt16LE(entryCount, 10); // 10 - entries in total
  end.writeUInt32LE(below(MAX_UINT32, centralSize, 'the central directory'), 12);
  end.writeUInt32LE(below(MAX_UINT32, centralOffset, 'the package'), 16);
  // 20 - comment length: zero
  return end;
}

/** The fields that both headers have, in the same order: 24 bytes from version to name length. */
function writeCommon(header: Buffer, at: number, file: FileHeader, name: Buffer): void {
  const subject = `\`${file.path}\``;
  header.writeUInt16LE(VERSION_NEEDED, at);
  // No data descriptor: sizes are known beforehand, so bit 3 of a wheel's entry is not kept.
  const isAscii = name.length === file.path.length;
  header.writeUInt16LE(isAscii ? 0 : FLAG_UTF8, at + 2);
  header.writeUInt16LE(file.method, at + 4);
  header.writeUInt16LE(DOS_TIME, at + 6);
  header.writeUInt16LE(DOS_DATE, at + 8);
  header.writeUInt32LE(file.crc32, at + 10);
  header.writeUInt32LE(below(MAX_UINT32, file.compressedSize, subject), at + 14);
  header.writeUInt32LE(below(MAX_UINT32, file.size, subject), at + 18);
  if (name.length > MAX_UINT16) throw invalidName(file.path, name.length);
  header.writeUInt16LE(name.length, at + 22);
}

/** The largest value stands for zip64 (4.4.1.4), so it cannot be written either. */
function below(limit: number, value: number, subject: string): number {
  if (value >= limit) throw tooLarge(`${subject} takes ${value} bytes`);
  return value;
}

function tooLarge(what: string): LambdaPythonError {
  return new LambdaPythonError('PACKAGE_TOO_LARGE', {
    message: `${what}; a zip without zip64 has fewer than 65,535 files and 4,294,967,295 bytes, and Lambda allows 262,144,000 bytes unzipped`,
    hint: 'leave the largest distributions out with `"excludeDistributions"`, or move them to a layer',
  });
}

function invalidName(path: string, length: number): LambdaPythonError {
  return new LambdaPythonError('ENTRY_INVALID', {
    message: `the path \`${path.slice(0, 80)}...\` has ${length} bytes, at most 65,535 are allowed`,
    hint: 'shorten it, or leave it out with `"exclude"`',
  });
}
