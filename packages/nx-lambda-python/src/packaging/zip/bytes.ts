/** Random access to bytes, so that reading zips and wheels needs no files. */

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

/** Passes on `length` bytes from `offset`, piece by piece; a piece is only valid until the next one. */
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

const BLOCK_LENGTH = 1 << 18;
/** Wheels have their files by directory, packages by path: never far apart. */
const KEPT_BLOCKS = 16;

/** Reads pieces that are near each other, in nearly any order, in blocks, to save calls. A result is valid until the next read. */
export class SourceBlocks implements ByteSource {
  /** By number, the one that was used longest ago first. */
  private readonly blocks = new Map<number, Buffer>();

  constructor(readonly source: ByteSource) {}

  get size(): number {
    return this.source.size;
  }

  read(offset: number, length: number, into?: Buffer): Buffer {
    const number = Math.floor(offset / BLOCK_LENGTH);
    const start = number * BLOCK_LENGTH;
    // A range that crosses blocks is long, or rare.
    const isInside = offset >= 0 && offset + length <= Math.min(start + BLOCK_LENGTH, this.size);
    if (!isInside) return this.source.read(offset, length, into);
    return this.block(number).subarray(offset - start, offset - start + length);
  }

  private block(number: number): Buffer {
    let block = this.blocks.get(number);
    if (block) {
      this.blocks.delete(number);
    } else {
      const start = number * BLOCK_LENGTH;
      const length = Math.min(BLOCK_LENGTH, this.size - start);
      block = this.source.read(start, length, this.memory());
    }
    this.blocks.set(number, block);
    return block;
  }

  /** The memory of the block that makes room, or new memory. */
  private memory(): Buffer {
    const [oldest] = this.blocks;
    if (oldest === undefined || this.blocks.size < KEPT_BLOCKS) {
      return Buffer.allocUnsafe(BLOCK_LENGTH);
    }
    const [number, block] = oldest;
    this.blocks.delete(number);
    return block.length === BLOCK_LENGTH ? block : Buffer.allocUnsafe(BLOCK_LENGTH);
  }
}

/** A call costs about as much as copying this many bytes does. */
const WINDOW_LENGTH = 8 * 1024;

/** Reads small pieces that are near each other through one buffer, to save calls. */
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
