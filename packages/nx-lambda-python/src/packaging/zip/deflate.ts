/** Compresses the service's own files. */

import { crc32 } from 'node:zlib';
import { deflateSync } from 'fflate';
import { METHOD_DEFLATED, METHOD_STORED } from './format';

export interface CompressedFile {
  method: 0 | 8;
  data: Buffer;
  crc32: number;
  /** Bytes before compression. */
  size: number;
}

/** @param sha256 of the content, hex */
export type Compress = (content: Buffer, sha256: string) => CompressedFile;

/** Of zlib's scale: higher levels take twice the time for one percent. */
const LEVEL = 6;

/**
 * Deflates, or stores what deflate would not shrink. Pure JavaScript, because Node's zlib promises
 * no particular bytes: they change with its version and with the processor.
 */
export function compress(bytes: Buffer): CompressedFile {
  const deflated = deflateSync(bytes, { level: LEVEL });
  const shrinks = deflated.length < bytes.length;
  const data = shrinks ? Buffer.from(deflated.buffer, deflated.byteOffset, deflated.length) : bytes;
  return {
    method: shrinks ? METHOD_DEFLATED : METHOD_STORED,
    data,
    crc32: crc32(bytes),
    size: bytes.length,
  };
}
