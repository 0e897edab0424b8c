/** Compares local headers and data descriptors with the central directory. */

import type { ByteSource } from './byte-source';
import type { CentralRecord } from './central';
import { ArchiveError, quoted } from './defect';
import type { ArchiveDefect } from './defect';
import { readZip64Field, zip64Defect } from './extra';
import {
  DESCRIPTOR_SIGNATURE,
  FLAG_DESCRIPTOR,
  LOCAL_LENGTH,
  LOCAL_SIGNATURE,
  MAX_UINT32,
  METHOD_STORED,
  readUint64,
} from './format';
import type { SourceWindow } from './source-window';

/**
 * Checks one entry's local header and what follows its data.
 * @param end where the next part of the archive starts: this one must reach exactly to it.
 * @returns the offset of the compressed bytes.
 */
export function checkLocal(window: SourceWindow, record: CentralRecord, end: number): number {
  const { entry, name } = record;
  const start = entry.localOffset;
  if (start + LOCAL_LENGTH + name.length > end) {
    throw defect('entry-outside', record, 'its local header does not fit before what follows');
  }
  const fixed = window.read(start, LOCAL_LENGTH + name.length);
  compareHeaders(fixed, record);
  const extraLength = fixed.readUInt16LE(28); // 28 - extra length
  const dataOffset = start + LOCAL_LENGTH + name.length + extraLength;
  if (dataOffset + entry.compressedSize > end) {
    throw defect('overlap', record, 'its data run into what follows');
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
    throw defect('gap', record, `${rest} bytes that belong to no entry follow it`);
  }
  return dataOffset;
}

function compareHeaders(local: Buffer, record: CentralRecord): void {
  const { entry, flags, name } = record;
  if (local.readUInt32LE(0) !== LOCAL_SIGNATURE) {
    throw defect('local-header-missing', record, `none at byte ${entry.localOffset}`);
  }
  // 26 - name length
  if (local.readUInt16LE(26) !== name.length || local.compare(name, 0, name.length, LOCAL_LENGTH)) {
    throw defect('local-name-mismatch', record, 'its local header has another name');
  }
  const method = local.readUInt16LE(8); // 8 - compression method
  if (method !== entry.method) {
    throw defect('local-method-mismatch', record, differ('method', method, entry.method));
  }
  const localFlags = local.readUInt16LE(6); // 6 - general purpose flags
  if (localFlags !== flags) {
    throw defect('local-flags-mismatch', record, differ('flags', localFlags, flags));
  }
}

interface LocalSizes {
  size: number;
  compressed: number;
}

/**
 * What a reader that knows zip64 finds in the local header. Real wheels have a zip64 field beside
 * 32-bit values (protobuf 7.36.2) and where the central header has none (bazel-runfiles 2.4.6).
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
    throw defect('local-size-mismatch', record, 'its local header gives two different sizes');
  }
  return zip64;
}

/** 4.4.4, bit 3: the local header may leave its values zero, for a data descriptor to give. */
function compareSizes(record: CentralRecord, local: LocalSizes, crc: number): void {
  const { entry, flags } = record;
  const isLater = (flags & FLAG_DESCRIPTOR) !== 0;
  const same = (value: number, expected: number) => value === expected || (isLater && value === 0);
  if (!same(crc, entry.crc32)) {
    throw defect('local-crc-mismatch', record, differ('CRC-32', crc, entry.crc32));
  }
  if (!same(local.compressed, entry.compressedSize)) {
    const detail = differ('compressed size', local.compressed, entry.compressedSize);
    throw defect('local-size-mismatch', record, detail);
  }
  if (!same(local.size, entry.size)) {
    throw defect('local-size-mismatch', record, differ('size', local.size, entry.size));
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
  // Nothing but the central directory tells where stored bytes end then.
  if (entry.method === METHOD_STORED && entry.size > 0) {
    throw defect('stored-with-descriptor', record, 'stored bytes end where nobody can tell');
  }
  if (length !== 12 && length !== 16 && length !== 20 && length !== 24) {
    throw defect('descriptor-mismatch', record, `${length} bytes stand where one should be`);
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
    throw defect('descriptor-mismatch', record, 'it disagrees with the central directory');
  }
}

function differ(what: string, local: number, central: number): string {
  return `${what} is ${local} in its local header, ${central} in the central directory`;
}

function defect(reason: ArchiveDefect, { entry }: CentralRecord, detail: string): ArchiveError {
  return new ArchiveError(reason, `${quoted(entry.path)}: ${detail}`);
}
