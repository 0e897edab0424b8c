/** Reads the central directory, from which everything else is driven. */

import type { ByteSource } from './byte-source';
import { ArchiveError, quoted } from './defect';
import type { CentralRange } from './end';
import type { ZipEntry } from './entry';
import { readZip64Field, zip64Defect } from './extra';
import {
  CENTRAL_LENGTH,
  CENTRAL_SIGNATURE,
  FLAG_DESCRIPTOR,
  FLAG_UTF8,
  MAX_UINT16,
  MAX_UINT32,
  METHOD_DEFLATED,
  METHOD_STORED,
  TYPE_DIRECTORY,
  TYPE_FILE,
  TYPE_MASK,
  TYPE_SYMLINK,
  readUint64,
} from './format';
import { checkName, decodeName } from './names';

/** An entry with what is only needed to compare it with its local header. */
export interface CentralRecord {
  entry: ZipEntry;
  flags: number;
  /** The name's bytes. */
  name: Buffer;
}

/** Far above any wheel (the largest known have about 30,000); bounds the memory for a directory. */
const MAX_ENTRIES = 500_000;

/** 4.4.3.2: 6.3, the newest that APPNOTE lists. */
const NEWEST_VERSION = 63;
/** 4.4.4, bits 0, 6 and 13: traditional, strong, and central directory encryption. */
const FLAGS_ENCRYPTED = (1 << 0) | (1 << 6) | (1 << 13);
/** Bits 1 and 2 tell how hard deflate tried. */
const FLAGS_KNOWN = (1 << 1) | (1 << 2) | FLAG_DESCRIPTOR | FLAG_UTF8 | FLAGS_ENCRYPTED;

/** @throws ArchiveError for a malformed directory and for entries that no wheel may have. */
export function readCentral(source: ByteSource, range: CentralRange): CentralRecord[] {
  if (range.entryCount > MAX_ENTRIES) {
    throw new ArchiveError(
      'too-many-entries',
      `${range.entryCount} entries, at most ${MAX_ENTRIES} are read`,
    );
  }
  // Three variable fields of at most 64 KiB each, which real archives never come near.
  if (range.size > MAX_ENTRIES * 512) {
    throw new ArchiveError('too-large', `a central directory of ${range.size} bytes`);
  }
  const bytes = source.read(range.offset, range.size);
  const records: CentralRecord[] = [];
  let at = 0;
  while (at < bytes.length) {
    const next = recordEnd(bytes, at);
    records.push(readRecord(bytes, at, next));
    at = next;
    // A count that is too small hides entries from readers that trust it.
    if (records.length > range.entryCount) break;
  }
  if (records.length !== range.entryCount || at !== bytes.length) {
    throw new ArchiveError(
      'entry-count-mismatch',
      `the end record counts ${range.entryCount} entries, the central directory has others`,
    );
  }
  return records;
}

function recordEnd(bytes: Buffer, at: number): number {
  const isHeader =
    at + CENTRAL_LENGTH <= bytes.length && bytes.readUInt32LE(at) === CENTRAL_SIGNATURE;
  // 28 - name length, 30 - extra length, 32 - comment length
  const end = isHeader
    ? at +
      CENTRAL_LENGTH +
      bytes.readUInt16LE(at + 28) +
      bytes.readUInt16LE(at + 30) +
      bytes.readUInt16LE(at + 32)
    : Infinity;
  if (end > bytes.length) {
    throw new ArchiveError('central-malformed', `no complete central header at its byte ${at}`);
  }
  return end;
}

function readRecord(bytes: Buffer, at: number, end: number): CentralRecord {
  const flags = bytes.readUInt16LE(at + 8); // 8 - general purpose flags
  const nameEnd = at + CENTRAL_LENGTH + bytes.readUInt16LE(at + 28);
  const name = bytes.subarray(at + CENTRAL_LENGTH, nameEnd);
  const path = decodeName(bytes, at + CENTRAL_LENGTH, nameEnd, (flags & FLAG_UTF8) !== 0);
  checkName(path);
  checkVersion(path, bytes.readUInt8(at + 6)); // 6 - version needed; 7 belongs to the system
  checkFlags(path, flags);
  const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
  if (extraEnd > end) throw new ArchiveError('central-malformed', 'overlapping fields');

  const disk = bytes.readUInt16LE(at + 34); // 34 - disk on which the file starts
  const sizes = readSizes(bytes, at, name, bytes.subarray(nameEnd, extraEnd), disk);
  const entry: ZipEntry = {
    path,
    method: checkedMethod(path, bytes.readUInt16LE(at + 10)), // 10 - compression method
    crc32: bytes.readUInt32LE(at + 16), // 16 - CRC-32
    ...sizes,
    // 38 - external attributes: a unix mode in the upper half. Wheels made on Windows by Python
    // have one, too, though 4 - version made by says otherwise.
    mode: bytes.readUInt16LE(at + 40),
    dataOffset: -1,
    isDirectory: path.endsWith('/'),
  };
  checkShape(entry);
  return { entry, flags, name };
}

/** Python refuses these, so pip does; other readers try their luck. */
function checkVersion(path: string, version: number): void {
  if (version > NEWEST_VERSION) {
    throw new ArchiveError(
      'version-unsupported',
      `${quoted(path)} needs version ${version / 10} of the format, at most ${NEWEST_VERSION / 10} is known`,
    );
  }
}

function checkFlags(path: string, flags: number): void {
  if (flags & FLAGS_ENCRYPTED) {
    throw new ArchiveError('encrypted', `${quoted(path)} is encrypted`);
  }
  if (flags & ~FLAGS_KNOWN) {
    throw new ArchiveError(
      'flag-unknown',
      `${quoted(path)} has flags 0x${flags.toString(16)}, some of them unknown`,
    );
  }
}

function checkedMethod(path: string, method: number): 0 | 8 {
  if (method === METHOD_STORED || method === METHOD_DEFLATED) return method;
  throw new ArchiveError(
    'method-unknown',
    `${quoted(path)} has compression method ${method}; wheels may be stored (0) or deflated (8)`,
  );
}

type Sizes = Pick<ZipEntry, 'size' | 'compressedSize' | 'localOffset'>;

/** 4.5.3: the zip64 field holds, in this order, just those values whose own field is all ones. */
function readSizes(bytes: Buffer, at: number, name: Buffer, extra: Buffer, disk: number): Sizes {
  const field = extra.length > 0 ? readZip64Field(extra, name) : undefined;
  let position = 0;
  const take = (value: number, allOnes: number, width: 4 | 8): number => {
    if (!field || value !== allOnes) return value;
    if (position + width > field.length) throw zip64Defect(name, 'it is too short');
    position += width;
    return width === 8 ? readUint64(field, position - width) : field.readUInt32LE(position - width);
  };
  const size = take(bytes.readUInt32LE(at + 24), MAX_UINT32, 8); // 24 - uncompressed size
  const compressedSize = take(bytes.readUInt32LE(at + 20), MAX_UINT32, 8); // 20 - compressed size
  const localOffset = take(bytes.readUInt32LE(at + 42), MAX_UINT32, 8); // 42 - local header
  if (take(disk, MAX_UINT16, 4) !== 0) {
    throw new ArchiveError(
      'multiple-disks',
      `${quoted(name.toString('latin1'))} is on another disk`,
    );
  }
  if (field && position !== field.length)
    throw zip64Defect(name, 'it holds more than is asked for');
  return { size, compressedSize, localOffset };
}

function checkShape(entry: ZipEntry): void {
  const { path, size, compressedSize, method } = entry;
  if (method === METHOD_STORED && size !== compressedSize) {
    throw new ArchiveError(
      'stored-size-mismatch',
      `${quoted(path)} is stored, but ${size} bytes are said to take ${compressedSize}`,
    );
  }
  if (entry.isDirectory && size > 0) {
    throw new ArchiveError('directory-with-data', `the directory ${quoted(path)} holds bytes`);
  }
  const type = entry.mode & TYPE_MASK;
  if (type === TYPE_SYMLINK) {
    throw new ArchiveError('symlink', `${quoted(path)} is a symbolic link`);
  }
  // Many wheels give permissions without a type, which is no reason to refuse them.
  const expected = entry.isDirectory ? TYPE_DIRECTORY : TYPE_FILE;
  if (type !== 0 && type !== expected) {
    throw new ArchiveError(
      'special-file',
      `${quoted(path)} has file type 0${type.toString(8)}, expected 0${expected.toString(8)}`,
    );
  }
}
