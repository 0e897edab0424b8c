/** Numbers of the zip format (PKWARE APPNOTE 6.3.10) that reader and writer share. */

import { ArchiveError } from './defect';

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
