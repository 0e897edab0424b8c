/** Writes an archive entry by entry, in one pass, hashing what it writes. */

import { createHash, type Hash } from 'node:crypto';
import { bufferSource, chunkBuffer, eachChunk, type ByteSource } from './zip/byte-source';
import type { CompressedFile } from './zip/deflate';
import { encodeCentralHeader, encodeEnd, encodeLocalHeader, type FileHeader } from './zip/write';

export interface ByteSink {
  write(bytes: Uint8Array): void;
  /** Of one that works aside: something to wait for before more is written, where it has much to do. */
  drain?(): Promise<void> | undefined;
}

export interface FileToWrite extends FileHeader {
  mode: 0o644 | 0o755;
}

/** The entries of an archive that this class wrote: headers and bytes are kept as they are. */
export interface ArchiveStart {
  /** SHA-256 that has taken the entries' bytes. */
  hash: Hash;
  /** Of those bytes. */
  length: number;
  entryCount: number;
  /** Their central directory. */
  central: Buffer;
}

const NOTHING = Buffer.alloc(0);

export class ArchiveWriter {
  private readonly hash: Hash;
  private readonly centralHeaders: Buffer[];
  private readonly memory = chunkBuffer();
  private length: number;
  private entries: number;

  /** @param start what the sink begins with already */
  constructor(
    private readonly sink: ByteSink,
    start: ArchiveStart = {
      hash: createHash('sha256'),
      length: 0,
      entryCount: 0,
      central: NOTHING,
    },
  ) {
    this.hash = start.hash;
    this.length = start.length;
    this.entries = start.entryCount;
    this.centralHeaders = [start.central];
  }

  /** Bytes written so far. */
  get size(): number {
    return this.length;
  }

  get entryCount(): number {
    return this.entries;
  }

  /** Adds a file whose compressed bytes stand in `source` at `offset`. */
  add(file: FileToWrite, source: ByteSource, offset: number): void {
    this.centralHeaders.push(encodeCentralHeader({ ...file, localOffset: this.length }));
    this.entries += 1;
    this.write(encodeLocalHeader(file));
    const { compressedSize } = file;
    eachChunk(source, offset, compressedSize, (bytes) => this.write(bytes), this.memory);
  }

  /** Adds a file that was compressed here. */
  addCompressed(path: string, executable: boolean, { data, ...facts }: CompressedFile): void {
    const mode = executable ? 0o755 : 0o644;
    this.add({ path, mode, ...facts, compressedSize: data.length }, bufferSource(data), 0);
  }

  /** SHA-256 of everything written so far; writing can go on. */
  digest(encoding: 'hex' | 'base64'): string {
    return this.hash.copy().digest(encoding);
  }

  /**
   * Writes the central directory.
   * @returns the entries, for another archive to start with
   */
  finish(): ArchiveStart {
    const central = Buffer.concat(this.centralHeaders);
    const centralOffset = this.length;
    const { entryCount } = this;
    const entries = { hash: this.hash.copy(), length: centralOffset, entryCount, central };
    this.write(central);
    this.write(encodeEnd({ entryCount, centralSize: central.length, centralOffset }));
    return entries;
  }

  private write(bytes: Buffer): void {
    this.hash.update(bytes);
    this.sink.write(bytes);
    this.length += bytes.length;
  }
}
