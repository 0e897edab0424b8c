/** Finds the one end of central directory, classic or zip64, that all readers agree on. */

import type { ByteSource } from './byte-source';
import { ArchiveError } from './defect';
import {
  CENTRAL_SIGNATURE,
  END_LENGTH,
  END_SIGNATURE,
  MAX_UINT16,
  MAX_UINT32,
  ZIP64_END_LENGTH,
  ZIP64_END_SIGNATURE,
  ZIP64_LOCATOR_LENGTH,
  ZIP64_LOCATOR_SIGNATURE,
  readUint64,
} from './format';

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
    ? new ArchiveError('end-missing', 'no end of central directory: it is cut short or no zip')
    : new ArchiveError('trailing-data', 'its last byte is not the last of the end record');
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
    throw new ArchiveError('multiple-disks', 'it is one part of an archive of several disks');
  }
}

/** A reader without zip64 must find the same values, or see that it cannot read them. */
function checkAgreement(classic: CentralRange, zip64: CentralRange): void {
  const agrees =
    (classic.entryCount === MAX_UINT16 || classic.entryCount === zip64.entryCount) &&
    (classic.size === MAX_UINT32 || classic.size === zip64.size) &&
    (classic.offset === MAX_UINT32 || classic.offset === zip64.offset);
  if (!agrees) {
    throw new ArchiveError('zip64-end-mismatch', 'its classic and its zip64 end record differ');
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
    ? new ArchiveError('prefix-data', `${endsAt - end} bytes stand before the archive`)
    : new ArchiveError('gap', `${endsAt - end} bytes between central directory and end record`);
}
