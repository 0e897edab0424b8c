/** Finds the one end of central directory, classic or zip64, that all readers agree on. */

import type { ByteSource } from './bytes';
import { ArchiveError, quoted } from './defect';
import {
  CENTRAL_LENGTH,
  CENTRAL_SIGNATURE,
  END_LENGTH,
  END_SIGNATURE,
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
  ZIP64_END_LENGTH,
  ZIP64_END_SIGNATURE,
  ZIP64_LOCATOR_LENGTH,
  ZIP64_LOCATOR_SIGNATURE,
  readUint64,
  readZip64Field,
  zip64Defect,
  type ZipEntry,
} from './format';
import { checkName, decodeName } from './names';

export interface CentralRange {
  entryCount: number;
  offset: number;
  size: number;
}

/**
 * Where the central directory is. It must touch the end records: readers that search backwards,
 * that trust the offset, and that subtract the size all arrive at the same place then.
 * @throws ArchiveError for the defects of the end of central directory.
 */
export function locateCentral(source: ByteSource): CentralRange {
  const { bytes: end, position } = findEnd(source);
  const classic = {
    entryCount: end.readUInt16LE(10), // 10 - total entries
    size: end.readUInt32LE(12), // 12 - size of the central directory
    offset: end.readUInt32LE(16), // 16 - its offset
  };
  const zip64 = readZip64End(source, position);
  // 4 - this disk, 6 - disk with the central directory, 8 - entries on this disk
  checkDisks(end.readUInt16LE(4), end.readUInt16LE(6), zip64 !== undefined);
  if (end.readUInt16LE(8) !== classic.entryCount) {
    throw new ArchiveError('multiple-disks', 'entries on this disk and in total differ');
  }
  if (zip64) checkAgreement(classic, zip64.range);
  const range = zip64?.range ?? classic;
  checkTouches(source, range, zip64?.position ?? position);
  return range;
}

function findEnd(source: ByteSource): { bytes: Buffer; position: number } {
  const length = Math.min(source.size, END_LENGTH + MAX_UINT16);
  const start = source.size - length;
  const tail = source.read(start, length);
  const signatures = signaturePositions(tail);
  const fitting = signatures.filter(
    (at) => at + END_LENGTH <= length && at + END_LENGTH + tail.readUInt16LE(at + 20) === length,
  );
  const at = fitting[0];
  if (at === undefined) throw noEnd(signatures, length);
  // A second signature in the comment is what a reader that searches backwards finds first.
  if (signatures.some((other) => other > at)) {
    throw new ArchiveError('end-duplicate', 'it has two ends of central directory');
  }
  return { bytes: tail.subarray(at, at + END_LENGTH), position: start + at };
}

function signaturePositions(tail: Buffer): number[] {
  const signature = Buffer.alloc(4);
  signature.writeUInt32LE(END_SIGNATURE);
  const positions: number[] = [];
  for (let at = tail.indexOf(signature); at !== -1; at = tail.indexOf(signature, at + 1)) {
    positions.push(at);
  }
  return positions;
}

function noEnd(signatures: number[], length: number): ArchiveError {
  const last = signatures.at(-1);
  return last === undefined || last + END_LENGTH > length
    ? new ArchiveError(
        'end-missing',
        'it has no end of central directory: it was cut short or is not a zip',
      )
    : new ArchiveError('trailing-data', 'bytes follow the end record');
}

/** 4.3.14, 4.3.15: the locator stands right before the classic end, the record right before it. */
function readZip64End(
  source: ByteSource,
  endPosition: number,
): { range: CentralRange; position: number } | undefined {
  const locatorPosition = endPosition - ZIP64_LOCATOR_LENGTH;
  if (locatorPosition < 0) return undefined;
  const locator = source.read(locatorPosition, ZIP64_LOCATOR_LENGTH);
  if (locator.readUInt32LE(0) !== ZIP64_LOCATOR_SIGNATURE) return undefined;

  const position = locatorPosition - ZIP64_END_LENGTH;
  // 4 - disk of the record, 8 - its offset, 16 - number of disks
  if (position < 0 || readUint64(locator, 8) !== position) {
    throw new ArchiveError('zip64-end-invalid', 'the zip64 locator does not point right before it');
  }
  if (locator.readUInt32LE(4) !== 0 || locator.readUInt32LE(16) > 1) {
    throw new ArchiveError('multiple-disks', 'the zip64 locator names another disk');
  }
  const record = source.read(position, ZIP64_END_LENGTH);
  // 4 - size of the rest; more than 44 would be the extensible data sector that nobody writes
  if (record.readUInt32LE(0) !== ZIP64_END_SIGNATURE || readUint64(record, 4) !== 44) {
    throw new ArchiveError('zip64-end-invalid', 'the zip64 end record is malformed');
  }
  // 16 - this disk, 20 - disk with the central directory, 24 - entries on this disk
  const entryCount = readUint64(record, 32);
  if (
    record.readUInt32LE(16) !== 0 ||
    record.readUInt32LE(20) !== 0 ||
    readUint64(record, 24) !== entryCount
  ) {
    throw new ArchiveError('multiple-disks', 'the zip64 end record names another disk');
  }
  const range = { entryCount, size: readUint64(record, 40), offset: readUint64(record, 48) };
  return { range, position };
}

function checkDisks(disk: number, centralDisk: number, isZip64: boolean): void {
  const allowed = (value: number) => value === 0 || (isZip64 && value === MAX_UINT16);
  if (!allowed(disk) || !allowed(centralDisk)) {
    throw new ArchiveError('multiple-disks', 'it is one part of a multi-disk archive');
  }
}

/** A reader without zip64 must find the same values, or see that it cannot read them. */
function checkAgreement(classic: CentralRange, zip64: CentralRange): void {
  const agrees =
    (classic.entryCount === MAX_UINT16 || classic.entryCount === zip64.entryCount) &&
    (classic.size === MAX_UINT32 || classic.size === zip64.size) &&
    (classic.offset === MAX_UINT32 || classic.offset === zip64.offset);
  if (!agrees) {
    throw new ArchiveError('zip64-end-mismatch', 'its classic and its zip64 end records differ');
  }
}

function checkTouches(source: ByteSource, range: CentralRange, endsAt: number): void {
  const end = range.offset + range.size;
  if (end === endsAt) return;
  if (end > endsAt) {
    throw new ArchiveError(
      'central-outside',
      `the central directory ends at ${end}, the end record starts at ${endsAt}`,
    );
  }
  // Data put in front of a finished archive shifts everything by the same number of bytes.
  const shifted = endsAt - range.size;
  const isShifted =
    range.size >= 4 && source.read(shifted, 4).readUInt32LE(0) === CENTRAL_SIGNATURE;
  throw isShifted
    ? new ArchiveError('prefix-data', `${endsAt - end} bytes before the archive`)
    : new ArchiveError('gap', `${endsAt - end} bytes between central directory and end record`);
}

/** An entry, with what is needed to compare it with its local header. */
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
      `the end record counts ${range.entryCount} entries, the central directory has another number`,
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

/** Python, and so pip, refuses these; other readers try anyway. */
function checkVersion(path: string, version: number): void {
  if (version > NEWEST_VERSION) {
    throw new ArchiveError(
      'version-unsupported',
      `${quoted(path)} needs version ${version / 10} of the format, supported up to ${NEWEST_VERSION / 10}`,
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
      `${quoted(path)} has flags 0x${flags.toString(16)}, and some are unknown`,
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
    throw new ArchiveError('multiple-disks', `${quoted(name)} is on another disk`);
  }
  if (field && position !== field.length) throw zip64Defect(name, 'it has more than is asked for');
  return { size, compressedSize, localOffset };
}

function checkShape(entry: ZipEntry): void {
  const { path, size, compressedSize, method } = entry;
  if (method === METHOD_STORED && size !== compressedSize) {
    throw new ArchiveError(
      'stored-size-mismatch',
      `${quoted(path)} is stored, but its sizes differ: ${size} and ${compressedSize}`,
    );
  }
  if (entry.isDirectory && size > 0) {
    throw new ArchiveError('directory-with-data', `the directory ${quoted(path)} has content`);
  }
  const type = entry.mode & TYPE_MASK;
  if (type === TYPE_SYMLINK) {
    throw new ArchiveError('symlink', `${quoted(path)} is a symbolic link`);
  }
  // Many wheels have permissions without a type, which is harmless.
  const expected = entry.isDirectory ? TYPE_DIRECTORY : TYPE_FILE;
  if (type !== 0 && type !== expected) {
    throw new ArchiveError(
      'special-file',
      `${quoted(path)} has file type 0${type.toString(8)}, expected 0${expected.toString(8)}`,
    );
  }
}
