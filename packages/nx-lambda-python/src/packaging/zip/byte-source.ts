/** Random access to bytes, so that the pure parts of zip and wheel handling know nothing of files. */

export interface ByteSource {
  /** Total length in bytes. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`; the result may share memory with the source.
   * @throws RangeError when the range is not wholly inside the source.
   */
  read(offset: number, length: number): Buffer;
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
