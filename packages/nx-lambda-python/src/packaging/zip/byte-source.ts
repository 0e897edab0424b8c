/** Random access to bytes, so that the pure parts of zip and wheel handling know nothing of files. */

export interface ByteSource {
  /** Total length in bytes. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`; the result may share memory with the source.
   * @param into is used for them where the source has to copy, so that a loop need not allocate.
   * @throws RangeError when the range is not wholly inside the source.
   */
  read(offset: number, length: number, into?: Buffer): Buffer;
}

/** Bytes held at a time while going through a source. */
const CHUNK = 1 << 18;

/** Memory for `eachChunk`, so that going through many pieces allocates once. */
export function chunkBuffer(): Buffer {
  return Buffer.allocUnsafe(CHUNK);
}

/** Hands over `length` bytes from `offset`, piece by piece; a piece is only valid until the next one. */
export function eachChunk(
  source: ByteSource,
  offset: number,
  length: number,
  take: (bytes: Buffer) => void,
  into: Buffer = Buffer.allocUnsafe(Math.min(CHUNK, length)),
): void {
  for (let done = 0; done < length; done += CHUNK) {
    take(source.read(offset + done, Math.min(CHUNK, length - done), into));
  }
}

export function bufferSource(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > bytes.length) {
        throw new RangeError(`bytes ${offset}..${offset + length} of ${bytes.length}`);
      }
      return bytes.subarray(offset, offset + length);
    },
  };
}
