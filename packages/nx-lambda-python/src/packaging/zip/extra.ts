/** Extra fields (APPNOTE 4.5): lists of id, length, data. */

import { crc32 } from 'node:zlib';
import { ArchiveError, quoted } from './defect';

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
      throw new ArchiveError(
        'extra-malformed',
        `an extra field of ${quoted(name.toString('latin1'))} is cut short`,
      );
    }
    const id = extra.readUInt16LE(at);
    const data = extra.subarray(start, end);
    if (id === AES_FIELD) {
      throw new ArchiveError('encrypted', `${quoted(name.toString('latin1'))} is encrypted (AES)`);
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
  return new ArchiveError(
    'zip64-extra-invalid',
    `the zip64 field of ${quoted(name.toString('latin1'))}: ${detail}`,
  );
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
      `${quoted(name.toString('latin1'))} has another name in its Unicode Path field`,
    );
  }
}
