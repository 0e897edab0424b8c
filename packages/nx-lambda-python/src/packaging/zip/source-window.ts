/** Reads small pieces that lie near each other through one buffer, to save calls. */

import type { ByteSource } from './byte-source';

/** A call costs about as much as copying this many bytes does. */
const WINDOW_LENGTH = 8 * 1024;

export class SourceWindow {
  private bytes: Buffer = Buffer.alloc(0);
  private start = 0;

  constructor(readonly source: ByteSource) {}

  read(offset: number, length: number): Buffer {
    if (offset < this.start || offset + length > this.start + this.bytes.length) {
      const wanted = Math.max(length, Math.min(WINDOW_LENGTH, this.source.size - offset));
      this.bytes = this.source.read(offset, wanted);
      this.start = offset;
    }
    return this.bytes.subarray(offset - this.start, offset - this.start + length);
  }
}
