/** Reads pieces that lie near each other, in nearly any order, by blocks, to save calls. */

import type { ByteSource } from './byte-source';

const BLOCK_LENGTH = 1 << 18;
/** Wheels have their files by directory, packages by path: never far apart. */
const KEPT_BLOCKS = 16;

/** What it gives is valid until the next read. */
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
    // What is in no single block is long, or rare.
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

  /** That of the block that makes room, or new. */
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
