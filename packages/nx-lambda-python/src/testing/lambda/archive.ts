/** What Lambda checks of a zip before it takes it: that it can be read, and its unzipped size. */

import { AwsError } from '../aws-error';
import type { State } from '../state/state';

export interface Archive {
  /** Bytes of all entries once unpacked, by the central directory; null if it is no usable zip. */
  unpackedSize: number | null;
  /** Bytes of the zip. */
  size: number;
}

/** Source: AWS Lambda developer guide, "Lambda quotas": 250 MB unzipped, layers included. */
export const UNPACKED_LIMIT = 262_144_000;

/**
 * Checks the zip of that digest, which must be in the state.
 * @throws AwsError 400 InvalidParameterValueException when Lambda would refuse it
 */
export function checkArchive(state: State, sha256: string): Archive {
  const archive = readArchive(state, sha256);
  if (archive.unpackedSize === null) {
    throw invalid(
      'Could not unzip uploaded file. Please check your file, then try to upload again.',
    );
  }
  if (archive.unpackedSize >= UNPACKED_LIMIT) {
    throw invalid(`Unzipped size must be smaller than ${UNPACKED_LIMIT} bytes`);
  }
  return archive;
}

/** What is known of the zip of that digest, which must be in the state; remembers the answer. */
export function readArchive(state: State, sha256: string): Archive {
  return state.read('archives', sha256) ?? readAndRemember(state, sha256);
}

/** Undefined for bytes that are no zip, an empty one, or one in several parts. */
export function readUnpackedSize(zip: Buffer): number | undefined {
  const end = findEnd(zip);
  if (end === undefined) return undefined;
  // APPNOTE 4.3.16, end of central directory record.
  const count = zip.readUInt16LE(end + 10);
  let position = zip.readUInt32LE(end + 16);
  let total = 0;
  if (count === 0) return undefined;
  for (let index = 0; index < count; index += 1) {
    // APPNOTE 4.3.12, central directory header: 46 bytes, then name, extra field and comment.
    if (position + 46 > end || zip.readUInt32LE(position) !== 0x02014b50) return undefined;
    total += zip.readUInt32LE(position + 24);
    position +=
      46 +
      zip.readUInt16LE(position + 28) +
      zip.readUInt16LE(position + 30) +
      zip.readUInt16LE(position + 32);
  }
  return total;
}

function readAndRemember(state: State, sha256: string): Archive {
  const bytes = state.readBytes(sha256);
  const archive = { unpackedSize: readUnpackedSize(bytes) ?? null, size: bytes.length };
  state.write('archives', sha256, archive);
  return archive;
}

/** The record is 22 bytes and a comment of up to 65,535; it is looked for from the end. */
function findEnd(zip: Buffer): number | undefined {
  const first = Math.max(0, zip.length - 22 - 0xffff);
  for (let position = zip.length - 22; position >= first; position -= 1) {
    if (zip.readUInt32LE(position) !== 0x06054b50) continue;
    if (position + 22 + zip.readUInt16LE(position + 20) === zip.length) return position;
  }
  return undefined;
}

function invalid(message: string): AwsError {
  return new AwsError(400, 'InvalidParameterValueException', message);
}
