/**
 * Reads an archive's entries so strictly that every reader of it must see the same files.
 *
 * Python's zipfile, Info-ZIP, streaming readers and Lambda's own unpacker each trust other parts of
 * the format. Where those parts disagree an archive shows different files to different readers
 * (CVE-2025-54368), so it is refused instead.
 */

import type { ByteSource } from './byte-source';
import { readCentral } from './central';
import type { CentralRecord } from './central';
import { ArchiveError, quoted } from './defect';
import { locateCentral } from './end';
import type { ZipEntry } from './entry';
import { FLAG_DESCRIPTOR, LOCAL_LENGTH, LOCAL_SIGNATURE } from './format';
import { checkLocal } from './local';
import { checkDistinct } from './names';
import { SourceWindow } from './source-window';

export interface ReadOptions {
  /**
   * The very same bytes have been read strictly before: local headers are not read again. Data
   * offsets then follow from the rule that an archive has no gaps.
   */
  trusted?: boolean;
}

/** Unpacked bytes of one archive. Lambda takes 0.25 GiB, the largest wheels have about 3. */
const MAX_UNPACKED = 4 * 1024 ** 3;
/** Deflate reaches 1,032 to 1; whole wheels stay below 30 to 1. */
const MAX_RATIO = 100;
/** Below this a bomb is no bomb: it is checked in about a second. */
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
      throw new ArchiveError('overlap', `${path} shares its place with another entry`);
    }
    record.entry.dataOffset = locate(window, record, next);
  }
  return records.map(({ entry }) => entry);
}

/** The last one is before the central directory, so every other one is before the next. */
function checkInside(last: CentralRecord | undefined, end: number): void {
  if (last && last.entry.localOffset >= end) {
    const path = quoted(last.entry.path);
    throw new ArchiveError(
      'entry-outside',
      `${path} would start in or after the central directory`,
    );
  }
}

function checkStart(first: number): void {
  if (first !== 0) {
    throw new ArchiveError('prefix-data', `${first} bytes stand before the first entry`);
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
    throw new ArchiveError('entry-outside', `${quoted(entry.path)} does not fit its place`);
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
    throw new ArchiveError('entry-outside', `${quoted(entry.path)} does not fit its place`);
  }
  const header = window.read(entry.localOffset, LOCAL_LENGTH);
  if (header.readUInt32LE(0) !== LOCAL_SIGNATURE) {
    throw new ArchiveError('local-header-missing', `${quoted(entry.path)} has no local header`);
  }
  return entry.localOffset + LOCAL_LENGTH + header.readUInt16LE(26) + header.readUInt16LE(28);
}
