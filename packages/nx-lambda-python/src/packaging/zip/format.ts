/** Numbers of the zip format (PKWARE APPNOTE 6.3.10) that reader and writer share. */

import { crc32 } from 'node:zlib';
import { ArchiveError, quoted } from './defect';

export const LOCAL_SIGNATURE = 0x04034b50; // 4.3.7
export const DESCRIPTOR_SIGNATURE = 0x08074b50; // 4.3.9.3
export const CENTRAL_SIGNATURE = 0x02014b50; // 4.3.12
export const ZIP64_END_SIGNATURE = 0x06064b50; // 4.3.14
export const ZIP64_LOCATOR_SIGNATURE = 0x07064b50; // 4.3.15
export const END_SIGNATURE = 0x06054b50; // 4.3.16

/** Lengths without the variable fields. */
export const LOCAL_LENGTH = 30;
export const CENTRAL_LENGTH = 46;
export const ZIP64_END_LENGTH = 56;
export const ZIP64_LOCATOR_LENGTH = 20;
export const END_LENGTH = 22;

/** 4.4.4: general purpose flags. */
export const FLAG_DESCRIPTOR = 1 << 3;
export const FLAG_UTF8 = 1 << 11;

export const METHOD_STORED = 0;
export const METHOD_DEFLATED = 8;

/** All ones stand for "see the zip64 field" (4.4.8, 4.4.9, 4.4.16, 4.4.22 to 4.4.24). */
export const MAX_UINT16 = 0xffff;
export const MAX_UINT32 = 0xffffffff;

/** Unix file types in the upper half of the external attributes. */
export const TYPE_MASK = 0o170000;
export const TYPE_FILE = 0o100000;
export const TYPE_DIRECTORY = 0o040000;
export const TYPE_SYMLINK = 0o120000;

/** @throws ArchiveError number-too-large beyond 2^53, where no real archive is. */
export function readUint64(bytes: Buffer, offset: number): number {
  const value = bytes.readUInt32LE(offset) + bytes.readUInt32LE(offset + 4) * 0x1_0000_0000;
  if (!Number.isSafeInteger(value)) {
    throw new ArchiveError('number-too-large', `a 64-bit field holds ${value}`);
  }
  return value;
}

export interface ZipEntry {
  /** Forward slashes, relative, checked: safe to use as a path. Ends in `/` for a directory. */
  path: string;
  /** APPNOTE 4.4.5: 0 is stored, 8 is deflated. */
  method: 0 | 8;
  crc32: number;
  /** Bytes at `dataOffset`. */
  compressedSize: number;
  /** Bytes once inflated. */
  size: number;
  /** Unix type and permission bits, whatever system is said to have made the archive; 0 if none. */
  mode: number;
  /** Where the local header starts. */
  localOffset: number;
  /** Where the compressed bytes start. */
  dataOffset: number;
  isDirectory: boolean;
}

const ZIP64_FIELD = 0x0001; // 4.5.3
const UNICODE_PATH_FIELD = 0x7075; // 4.6.9
const AES_FIELD = 0x9901;

/**
 * The zip64 field of an entry, after checks of all the others that could change its meaning.
 * @param name the entry's raw name, which a Unicode Path field must repeat.
 */
export function readZip64Field(extra: Buffer, name: Buffer): Buffer | undefined {
  let zip64: Buffer | undefined;
  let at = 0;
  while (at < extra.length) {
    const start = at + 4;
    const end = start <= extra.length ? start + extra.readUInt16LE(at + 2) : Infinity;
    if (end > extra.length) {
      throw new ArchiveError('extra-malformed', `an extra field of ${quoted(name)} is cut short`);
    }
    const id = extra.readUInt16LE(at);
    const data = extra.subarray(start, end);
    if (id === AES_FIELD) {
      throw new ArchiveError('encrypted', `${quoted(name)} is encrypted (AES)`);
    }
    if (id === UNICODE_PATH_FIELD) checkUnicodePath(data, name);
    if (id === ZIP64_FIELD) {
      if (zip64) throw zip64Defect(name, 'it has two');
      zip64 = data;
    }
    at = end;
  }
  return zip64;
}

export function zip64Defect(name: Buffer, detail: string): ArchiveError {
  return new ArchiveError('zip64-extra-invalid', `the zip64 field of ${quoted(name)}: ${detail}`);
}

/** Readers that know this field take its name instead of the header's. */
function checkUnicodePath(data: Buffer, name: Buffer): void {
  // 0 - version 1, 1 - CRC of the header's name, 5 - UTF-8 name
  const repeats =
    data.length >= 5 &&
    data[0] === 1 &&
    data.readUInt32LE(1) === crc32(name) &&
    data.subarray(5).equals(name);
  if (!repeats) {
    throw new ArchiveError(
      'unicode-path-mismatch',
      `${quoted(name)} has another name in its Unicode Path field`,
    );
  }
}
