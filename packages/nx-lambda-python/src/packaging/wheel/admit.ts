/** The door of the wheel store: whatever passes may be spliced without another look. */

import type { Architecture, Runtime } from '../../service/runtimes';
import { LambdaPythonError } from '../../errors';
import type { ByteSource } from '../zip/byte-source';
import { namingArchiveAsync } from '../zip/defect';
import { verifyEntry } from '../zip/verify';
import type { WheelFilename } from './filename';
import { installEntries } from './layout';
import { readRecordText, readWheel } from './read';
import type { Wheel } from './read';
import { UNHASHED, algorithmOf, checkCoverage, checkRow, parseRecord } from './record';
import { isCompatible, supportedTags } from './tags';
import type { TagOptions } from './tags';

export interface WheelTarget extends TagOptions {
  runtime: Runtime;
  architecture: Architecture;
}

export interface WheelFacts {
  /** As METADATA spells it. */
  name: string;
  version: string;
  /** File name of the wheel. */
  wheel: string;
  tags: string[];
  /** Bytes of its files once unpacked. */
  unpackedSize: number;
  warnings: string[];
}

/**
 * Checks everything about a wheel: tags, the archive's structure, each file's CRC-32, size and
 * RECORD hash, in one pass over the content, and that its layout can be installed.
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
  const { warnings } = installEntries(wheel);
  await namingArchiveAsync(filename, () => checkContent(source, wheel));
  return {
    name: wheel.name,
    version: wheel.version,
    wheel: filename,
    tags: wheel.file.tags,
    unpackedSize: wheel.entries.reduce((sum, entry) => sum + entry.size, 0),
    warnings,
  };
}

/**
 * Against the runtime's own table: pip in an image with a newer glibc takes wheels that fail to
 * import in Lambda.
 * @throws LambdaPythonError WHEEL_INCOMPATIBLE
 */
export function checkTags(file: WheelFilename, target: WheelTarget): void {
  const { runtime, architecture } = target;
  if (isCompatible(file.tags, supportedTags(runtime, architecture, target))) return;
  const [major, minor] = runtime.python;
  const glibc = runtime.glibc.join('.');
  const isLocal = file.tags.some((tag) => /-linux_\w+$/.test(tag));
  throw new LambdaPythonError('WHEEL_INCOMPATIBLE', {
    message: `\`${file.filename}\` does not fit ${runtime.name} on ${architecture}: its tags are ${file.tags.join(', ')}; the runtime takes cp${major}${minor}, abi3 or py${major}, and manylinux up to glibc ${glibc}`,
    hint: isLocal
      ? `build it in the container from its source, or require a version of \`${file.distribution}\` with a manylinux wheel`
      : `pin a version of \`${file.distribution}\` that has a wheel for glibc ${glibc} or older, or raise \`runtime\` in pyproject.toml`,
  });
}

async function checkContent(source: ByteSource, wheel: Wheel): Promise<void> {
  const { filename } = wheel.file;
  // Signature files may be listed and not there.
  const most = wheel.entries.length + UNHASHED.length;
  const rows = parseRecord(filename, readRecordText(source, wheel), most);
  const files = wheel.entries.filter((entry) => !entry.isDirectory);
  checkCoverage(
    filename,
    rows,
    files.map(({ path }) => path),
    wheel.distInfo,
  );
  for (const [index, entry] of wheel.entries.entries()) {
    // Others want to be heard meanwhile: the locks, Ctrl-C, pip's next line.
    if (index % 64 === 63) await new Promise((resolve) => setImmediate(resolve));
    const row = rows.get(entry.path);
    const digest = await verifyEntry(source, entry, algorithmOf(filename, row));
    if (row) checkRow(filename, row, entry.size, digest);
  }
}
