/**
 * Reads an archive's entries so strictly that every reader of it must see the same files.
 *
 * Python's zipfile, Info-ZIP, streaming readers and Lambda's own unpacker each trust other parts of
 * the format. Where those parts disagree an archive shows different files to different readers
 * (CVE-2025-54368), so it is refused instead.
 */

import { SourceWindow, type ByteSource } from './bytes';
import { locateCentral, readCentral, type CentralRecord } from './central';
import { ArchiveError, defect, quoted } from './defect';
import {
  DESCRIPTOR_SIGNATURE,
  FLAG_DESCRIPTOR,
  LOCAL_LENGTH,
  LOCAL_SIGNATURE,
  MAX_UINT32,
  METHOD_STORED,
  readUint64,
  readZip64Field,
  zip64Defect,
  type ZipEntry,
} from './format';
import { checkDistinct } from './names';

export interface ReadOptions {
  /**
   * The same bytes have been read strictly before: local headers are not read again. Data offsets
   * then follow from the rule that archives have no gaps.
   */
  trusted?: boolean;
}

/** Unpacked bytes of one archive. Lambda takes 0.25 GiB, the largest wheels have about 3. */
const MAX_UNPACKED = 4 * 1024 ** 3;
/** Deflate reaches 1,032 to 1; whole wheels stay below 30 to 1. */
const MAX_RATIO = 100;
/** Smaller archives are not bombs: they are checked in about a second. */
const RATIO_COUNTS_FROM = 256 * 1024 ** 2;

/**
 * Entries in the order of the central directory; nothing is inflated (see `verifyEntry`).
 * @throws ArchiveError with the rule that is broken.
 */
export function readEntries(source: ByteSource, options: ReadOptions = {}): ZipEntry[] {
  const range = locateCentral(source);
  const records = readCentral(source, range);
  const inFileOrder = [...records].sort((a, b) => a.entry.localOffset - b.entry.localOffset);
  const locate = options.trusted ? deriveDataOffset : checkLocal;
  const window = new SourceWindow(source);
  checkInside(inFileOrder.at(-1), range.offset);
  if (!options.trusted) {
    checkDistinct(records.map(({ entry }) => entry.path));
    checkUnpackedSize(source, records);
    checkStart(inFileOrder[0]?.entry.localOffset ?? range.offset);
  }
  for (const [index, record] of inFileOrder.entries()) {
    const next = inFileOrder[index + 1]?.entry.localOffset ?? range.offset;
    if (next === record.entry.localOffset) {
      const path = quoted(record.entry.path);
      throw new ArchiveError('overlap', `${path} shares its position with another entry`);
    }
    record.entry.dataOffset = locate(window, record, next);
  }
  return records.map(({ entry }) => entry);
}

/** The last one is before the central directory, so every other one is before the next. */
function checkInside(last: CentralRecord | undefined, end: number): void {
  if (last && last.entry.localOffset >= end) {
    const path = quoted(last.entry.path);
    throw new ArchiveError('entry-outside', `${path} starts in or after the central directory`);
  }
}

function checkStart(first: number): void {
  if (first !== 0) {
    throw new ArchiveError('prefix-data', `${first} bytes before the first entry`);
  }
}

function checkUnpackedSize(source: ByteSource, records: readonly CentralRecord[]): void {
  const unpacked = records.reduce((sum, { entry }) => sum + entry.size, 0);
  if (unpacked > MAX_UNPACKED) {
    throw new ArchiveError('too-large', `${unpacked} bytes unpacked, at most ${MAX_UNPACKED}`);
  }
  if (unpacked > RATIO_COUNTS_FROM && unpacked > source.size * MAX_RATIO) {
    throw new ArchiveError('bomb', `${source.size} bytes would unpack to ${unpacked}`);
  }
}

/** No gaps: without a data descriptor an entry's data end where the next part starts. */
function deriveDataOffset(window: SourceWindow, record: CentralRecord, end: number): number {
  const { entry, flags, name } = record;
  const shortest = entry.localOffset + LOCAL_LENGTH + name.length;
  const derived =
    (flags & FLAG_DESCRIPTOR) === 0
      ? end - entry.compressedSize
      : readDataOffset(window, entry, shortest, end);
  if (derived < shortest || derived + entry.compressedSize > end) {
    throw new ArchiveError('entry-outside', `${quoted(entry.path)} does not fit its position`);
  }
  return derived;
}

function readDataOffset(
  window: SourceWindow,
  entry: ZipEntry,
  shortest: number,
  end: number,
): number {
  if (shortest > end) {
    throw new ArchiveError('entry-outside', `${quoted(entry.path)} does not fit its position`);
  }
  const header = window.read(entry.localOffset, LOCAL_LENGTH);
  if (header.readUInt32LE(0) !== LOCAL_SIGNATURE) {
    throw new ArchiveError('local-header-missing', `${quoted(entry.path)} has no local header`);
  }
  return entry.localOffset + LOCAL_LENGTH + header.readUInt16LE(26) + header.readUInt16LE(28);
}

/**
 * Checks one entry's local header and what follows its data.
 * @param end where the next part of the archive starts: this one must reach exactly to it.
 * @returns the offset of the compressed bytes.
 */
export function checkLocal(window: SourceWindow, record: CentralRecord, end: number): number {
  const { entry, name } = record;
  const start = entry.localOffset;
  if (start + LOCAL_LENGTH + name.length > end) {
    throw defect('entry-outside', entry, 'its local header overlaps the next part');
  }
  const fixed = window.read(start, LOCAL_LENGTH + name.length);
  compareHeaders(fixed, record);
  const extraLength = fixed.readUInt16LE(28); // 28 - extra length
  const dataOffset = start + LOCAL_LENGTH + name.length + extraLength;
  if (dataOffset + entry.compressedSize > end) {
    throw defect('overlap', entry, 'its data overlaps the next part');
  }
  const crc = fixed.readUInt32LE(14); // 14 - CRC-32
  const compressed = fixed.readUInt32LE(18); // 18 - compressed size
  const size = fixed.readUInt32LE(22); // 22 - uncompressed size
  const field =
    extraLength > 0
      ? readZip64Field(window.read(dataOffset - extraLength, extraLength), name)
      : undefined;
  compareSizes(record, localSizes(record, { size, compressed }, field), crc);

  const rest = end - dataOffset - entry.compressedSize;
  if ((record.flags & FLAG_DESCRIPTOR) !== 0) {
    checkDescriptor(window.source, record, dataOffset + entry.compressedSize, rest);
  } else if (rest > 0) {
    throw defect('gap', entry, `it is followed by ${rest} bytes that belong to no entry`);
  }
  return dataOffset;
}

function compareHeaders(local: Buffer, record: CentralRecord): void {
  const { entry, flags, name } = record;
  if (local.readUInt32LE(0) !== LOCAL_SIGNATURE) {
    throw defect('local-header-missing', entry, `none at byte ${entry.localOffset}`);
  }
  // 26 - name length
  if (local.readUInt16LE(26) !== name.length || local.compare(name, 0, name.length, LOCAL_LENGTH)) {
    throw defect('local-name-mismatch', entry, 'its local header has another name');
  }
  const method = local.readUInt16LE(8); // 8 - compression method
  if (method !== entry.method) {
    throw defect('local-method-mismatch', entry, differ('method', method, entry.method));
  }
  const localFlags = local.readUInt16LE(6); // 6 - general purpose flags
  if (localFlags !== flags) {
    throw defect('local-flags-mismatch', entry, differ('flags', localFlags, flags));
  }
}

interface LocalSizes {
  size: number;
  compressed: number;
}

/**
 * What a reader that knows zip64 finds in the local header. Real wheels have a zip64 field beside
 * 32-bit values (protobuf 7.36.2), and without one in the central header (bazel-runfiles 2.4.6).
 */
function localSizes(record: CentralRecord, classic: LocalSizes, field?: Buffer): LocalSizes {
  if (!field) return classic;
  // 4.5.3: in a local header the field must hold both sizes.
  if (field.length !== 16) throw zip64Defect(record.name, 'it does not hold two sizes');
  const zip64 = { size: readUint64(field, 0), compressed: readUint64(field, 8) };
  const agrees =
    (classic.size === MAX_UINT32 || classic.size === zip64.size) &&
    (classic.compressed === MAX_UINT32 || classic.compressed === zip64.compressed);
  if (!agrees) {
    throw defect('local-size-mismatch', record.entry, 'its local header has two different sizes');
  }
  return zip64;
}

/** 4.4.4, bit 3: the local header may leave its values zero, for a data descriptor to give. */
function compareSizes(record: CentralRecord, local: LocalSizes, crc: number): void {
  const { entry, flags } = record;
  const isLater = (flags & FLAG_DESCRIPTOR) !== 0;
  const same = (value: number, expected: number) => value === expected || (isLater && value === 0);
  if (!same(crc, entry.crc32)) {
    throw defect('local-crc-mismatch', entry, differ('CRC-32', crc, entry.crc32));
  }
  if (!same(local.compressed, entry.compressedSize)) {
    const detail = differ('compressed size', local.compressed, entry.compressedSize);
    throw defect('local-size-mismatch', entry, detail);
  }
  if (!same(local.size, entry.size)) {
    throw defect('local-size-mismatch', entry, differ('size', local.size, entry.size));
  }
}

/** 4.3.9: signature (optional), CRC-32, compressed size, size; sizes of 4 or, for zip64, 8 bytes. */
function checkDescriptor(
  source: ByteSource,
  record: CentralRecord,
  offset: number,
  length: number,
): void {
  const { entry } = record;
  // Then only the central directory tells where stored bytes end.
  if (entry.method === METHOD_STORED && entry.size > 0) {
    throw defect('stored-with-descriptor', entry, 'nothing tells where its stored bytes end');
  }
  if (length !== 12 && length !== 16 && length !== 20 && length !== 24) {
    throw defect('descriptor-mismatch', entry, `got ${length} bytes, expected 12, 16, 20 or 24`);
  }
  const bytes = source.read(offset, length);
  const isSigned = length === 16 || length === 24;
  const fields = isSigned ? bytes.subarray(4) : bytes;
  const isWide = fields.length === 20;
  const matches =
    (!isSigned || bytes.readUInt32LE(0) === DESCRIPTOR_SIGNATURE) &&
    fields.readUInt32LE(0) === entry.crc32 &&
    (isWide ? readUint64(fields, 4) : fields.readUInt32LE(4)) === entry.compressedSize &&
    (isWide ? readUint64(fields, 12) : fields.readUInt32LE(8)) === entry.size;
  if (!matches) {
    throw defect('descriptor-mismatch', entry, 'it disagrees with the central directory');
  }
}

function differ(what: string, local: number, central: number): string {
  return `${what} is ${local} in its local header, ${central} in the central directory`;
}
