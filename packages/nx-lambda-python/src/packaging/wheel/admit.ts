/** Admits wheels to the wheel store: what passes here is spliced later without further checks. */

import { LambdaPythonError } from '../../errors';
import type { Architecture, Runtime } from '../../service/runtimes';
import type { ByteSource } from '../zip/bytes';
import { namingArchiveAsync } from '../zip/defect';
import { verifyEntry } from '../zip/verify';
import { WheelError } from './defect';
import { installEntries } from './layout';
import { isCompatible, supportedTags, type TagOptions, type WheelFilename } from './names';
import { readWheel, type Wheel } from './read';
import { algorithmOf, findGaps, recordRows, type RecordGap, type RecordRow } from './record';

export interface WheelTarget extends TagOptions {
  runtime: Runtime;
  architecture: Architecture;
}

/** Name and version are as METADATA spells them. */
export interface WheelFacts extends Pick<Wheel, 'name' | 'version'> {
  /** Where its RECORD is incomplete; absent if it is not. Who uses the wheel has to accept that. */
  gaps?: RecordGap[];
}

/**
 * Checks everything about a wheel: tags, the archive's structure, each file's CRC-32, size and
 * RECORD hash, in one pass over the content, and that its layout can be installed. An incomplete RECORD is only told
 * of: `checkRecords` refuses it where the wheel is used.
 * @param filename as published, without directories.
 * @throws ArchiveError, WheelError, LambdaPythonError WHEEL_INCOMPATIBLE
 */
export async function validateWheel(
  source: ByteSource,
  filename: string,
  target: WheelTarget,
): Promise<WheelFacts> {
  const wheel = readWheel(source, filename);
  checkTags(wheel.file, target);
  installEntries(wheel);
  const gaps = await namingArchiveAsync(filename, () => checkContent(source, wheel));
  return { name: wheel.name, version: wheel.version, ...(gaps.length > 0 && { gaps }) };
}

/**
 * Compares with the runtime's own table: pip in an image with a newer glibc takes wheels that fail
 * to import in Lambda.
 * @throws LambdaPythonError WHEEL_INCOMPATIBLE
 */
function checkTags(file: WheelFilename, target: WheelTarget): void {
  const { runtime, architecture } = target;
  if (isCompatible(file.tags, supportedTags(runtime, architecture, target))) return;
  const [major, minor] = runtime.python;
  const glibc = runtime.glibc.join('.');
  const isLocal = file.tags.some((tag) => /-linux_\w+$/.test(tag));
  throw new LambdaPythonError('WHEEL_INCOMPATIBLE', {
    message: `\`${file.filename}\` does not run on ${runtime.name} ${architecture}: its tags are ${file.tags.join(', ')}; the runtime takes cp${major}${minor}, abi3 or py${major}, and manylinux up to glibc ${glibc}`,
    hint: isLocal
      ? `build it in the container from source, or require a version of \`${file.distribution}\` with a manylinux wheel`
      : `pin a version of \`${file.distribution}\` that has a wheel for glibc ${glibc} or older, or raise \`runtime\` in pyproject.toml`,
  });
}

/** @returns where RECORD is incomplete */
async function checkContent(source: ByteSource, wheel: Wheel): Promise<RecordGap[]> {
  const { filename } = wheel.file;
  const rows = recordRows(source, wheel);
  for (const [index, entry] of wheel.entries.entries()) {
    // Lets other work go on meanwhile: the locks, Ctrl-C, pip's output.
    if (index % 64 === 63) await new Promise((resolve) => setImmediate(resolve));
    const row = rows.get(entry.path);
    const digest = await verifyEntry(source, entry, algorithmOf(row));
    if (row) checkRow(filename, row, entry.size, digest);
  }
  return findGaps(wheel, rows);
}

/** @throws WheelError if content differs from its row. */
function checkRow(filename: string, row: RecordRow, size: number, digest?: Buffer): void {
  if (row.size !== null && row.size !== size) {
    const detail = `\`${row.path}\` has ${size} bytes, RECORD says ${row.size}`;
    throw new WheelError('record-size-mismatch', filename, detail);
  }
  if (digest && row.hash && digest.toString('base64url') !== row.hash.digest) {
    const detail = `\`${row.path}\` does not have the hash that RECORD gives`;
    throw new WheelError('record-hash-mismatch', filename, detail);
  }
}
