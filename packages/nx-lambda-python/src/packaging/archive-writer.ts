/** Writes an archive entry by entry, in one pass, hashing what it writes. */

import { createHash } from 'node:crypto';
import { bufferSource, type ByteSource } from './zip/byte-source';
import { compress } from './zip/deflate';
import { encodeCentralHeader, encodeEnd, encodeLocalHeader, type FileHeader } from './zip/write';

export interface ByteSink {
  write(bytes: Uint8Array): void;
}

export interface FileToWrite extends FileHeader {
  mode: 0o644 | 0o755;
}

/** Bytes held at a time while copying. */
const CHUNK = 1 << 20;

export class ArchiveWriter {
  private readonly hash = createHash('sha256');
  private readonly centralHeaders: Buffer[] = [];
  private length = 0;
  private entries = 0;

  constructor(private readonly sink: ByteSink) {}

  /** Bytes written so far. */
  get size(): number {
    return this.length;
  }

  get entryCount(): number {
    return this.entries;
  }

  /** Starts from the entries of an archive that this class wrote: headers and bytes are kept as they are. */
  startWith(
    archive: ByteSource,
    prefix: { length: number; entryCount: number; central: Buffer },
  ): void {
    this.copy(archive, 0, prefix.length);
    this.centralHeaders.push(prefix.central);
    this.entries += prefix.entryCount;
  }

  /** Adds a file whose compressed bytes stand in `source` at `offset`. */
  add(file: FileToWrite, source: ByteSource, offset: number): void {
    this.centralHeaders.push(encodeCentralHeader({ ...file, localOffset: this.length }));
    this.entries += 1;
    this.write(encodeLocalHeader(file));
    this.copy(source, offset, file.compressedSize);
  }

  /** Compresses a file and adds it. */
  addContent(path: string, executable: boolean, content: Buffer): void {
    const { data, ...compressed } = compress(content);
    const mode = executable ? 0o755 : 0o644;
    this.add({ path, mode, ...compressed, compressedSize: data.length }, bufferSource(data), 0);
  }

  /** SHA-256 of everything written so far, and of `further` bytes if they followed; writing can go on. */
  digest(encoding: 'hex' | 'base64', further: Uint8Array = Buffer.alloc(0)): string {
    return this.hash.copy().update(further).digest(encoding);
  }

  /** Writes the central directory. */
  finish(): void {
    const central = Buffer.concat(this.centralHeaders);
    const centralOffset = this.length;
    const { entryCount } = this;
    this.write(central);
    this.write(encodeEnd({ entryCount, centralSize: central.length, centralOffset }));
  }

  private copy(source: ByteSource, offset: number, length: number): void {
    for (let done = 0; done < length; done += CHUNK) {
      this.write(source.read(offset + done, Math.min(CHUNK, length - done)));
    }
  }

  private write(bytes: Buffer): void {
    this.hash.update(bytes);
    this.sink.write(bytes);
    this.length += bytes.length;
  }
}
