/** Reads a wheel: its entries, and what it says of itself. */

import type { ByteSource } from '../zip/byte-source';
import { namingArchive } from '../zip/defect';
import type { ZipEntry } from '../zip/entry';
import { readEntries } from '../zip/read';
import type { ReadOptions } from '../zip/read';
import { readContent } from '../zip/verify';
import { WheelError } from './defect';
import type { WheelDefect } from './defect';
import { parseWheelFilename } from './filename';
import type { WheelFilename } from './filename';
import { findDistInfo, parseMetadata, parseNeeds, parseWheelFile } from './metadata';
import type { Needs } from './metadata';

export interface Wheel {
  file: WheelFilename;
  /** As METADATA spells it. */
  name: string;
  version: string;
  /** `numpy-2.2.6.dist-info` */
  distInfo: string;
  rootIsPurelib: boolean;
  entries: ZipEntry[];
  warnings: string[];
}

/** In bytes, several times the largest known: they are read whole. */
const TEXT_LIMITS = {
  WHEEL: 1024 * 1024,
  METADATA: 4 * 1024 * 1024,
  RECORD: 16 * 1024 * 1024,
} as const;

/**
 * @param filename as published, without directories.
 * @param options `trusted` for a wheel that `validateWheel` let in before.
 * @throws ArchiveError, WheelError
 */
export function readWheel(source: ByteSource, filename: string, options?: ReadOptions): Wheel {
  return namingArchive(filename, () => {
    const file = parseWheelFilename(filename);
    const entries = readEntries(source, options);
    const paths = entries.map(({ path }) => path);
    const distInfo = findDistInfo(file, paths);
    const text = (name: keyof typeof TEXT_LIMITS, missing: WheelDefect) =>
      readText({ file, distInfo, entries }, source, name, missing);
    // > a. Parse distribution-1.0.dist-info/WHEEL.
    const { rootIsPurelib, warnings } = parseWheelFile(file, text('WHEEL', 'wheel-file-missing'));
    const { name, version } = parseMetadata(file, text('METADATA', 'metadata-missing'));
    return { file, name, version, distInfo, rootIsPurelib, entries, warnings };
  });
}

/** @throws WheelError record-missing */
export function readRecordText(source: ByteSource, wheel: Wheel): string {
  return readText(wheel, source, 'RECORD', 'record-missing');
}

/** @throws WheelError metadata-missing */
export function readMetadataText(source: ByteSource, wheel: Wheel): string {
  return readText(wheel, source, 'METADATA', 'metadata-missing');
}

/** What the wheel itself requires. */
export function readNeeds(source: ByteSource, wheel: Wheel): Needs {
  return parseNeeds(readText(wheel, source, 'METADATA', 'metadata-missing'));
}

/** The text of a file in the dist-info directory. */
function readText(
  wheel: Pick<Wheel, 'file' | 'distInfo' | 'entries'>,
  source: ByteSource,
  name: keyof typeof TEXT_LIMITS,
  missing: WheelDefect,
): string {
  const path = `${wheel.distInfo}/${name}`;
  const entry = wheel.entries.find((candidate) => candidate.path === path);
  if (!entry) throw new WheelError(missing, wheel.file.filename, `\`${path}\` is not in it`);
  return readContent(source, entry, TEXT_LIMITS[name]).toString('utf8');
}
