/** Writes aside: the system takes bytes while the next ones are being made. */

import { write } from 'node:fs';
import { setImmediate as immediate } from 'node:timers/promises';
import type { ByteSink } from '../../packaging/zip/write';
import { writeFully } from './files';

const BUFFER_LENGTH = 1 << 20;
/** Where all are in use the caller writes itself, so that memory stays small. */
const BUFFERS = 16;

/** The same bytes for each of some open files, from its beginning. */
export class AsideOutput implements ByteSink {
  /** Buffers that may be made or used again. */
  private readonly free = new Array<Buffer | undefined>(BUFFERS).fill(undefined);
  private readonly running = new Set<Promise<void>>();
  private current: Buffer | undefined;
  private filled = 0;
  /** Of the files, where the current buffer goes. */
  private position = 0;
  private failure: Error | undefined;

  constructor(private readonly descriptors: readonly number[]) {}

  write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      this.current ??= this.free.pop() ?? Buffer.allocUnsafe(BUFFER_LENGTH);
      const step = Math.min(BUFFER_LENGTH - this.filled, bytes.length - done);
      this.current.set(bytes.subarray(done, done + step), this.filled);
      this.filled += step;
      done += step;
      if (this.filled === BUFFER_LENGTH) this.flush(this.current);
    }
  }

  /** Buffers come back when the caller pauses. */
  drain(): Promise<void> | undefined {
    return this.free.length < BUFFERS / 2 ? immediate() : undefined;
  }

  /** All that `produce` writes. However it ends, nothing is left running. */
  async whole<T>(produce: (output: this) => Promise<T>): Promise<T> {
    try {
      const result = await produce(this);
      if (this.current) this.flush(this.current);
      await Promise.all(this.running);
      if (this.failure) throw this.failure;
      return result;
    } catch (error) {
      await Promise.all(this.running);
      // What followed from it is no news.
      throw this.failure ?? error;
    }
  }

  private flush(buffer: Buffer): void {
    const { position, filled } = this;
    const bytes = buffer.subarray(0, filled);
    this.position += filled;
    this.filled = 0;
    if (this.free.length === 0) {
      for (const descriptor of this.descriptors) writeFully(descriptor, bytes, position);
      return;
    }
    this.current = undefined;
    const writing = this.send(bytes, position).then(() => {
      this.free.push(buffer);
      this.running.delete(writing);
    });
    this.running.add(writing);
  }

  private async send(bytes: Buffer, position: number): Promise<void> {
    try {
      await Promise.all(
        this.descriptors.map(async (descriptor) => {
          const done = await writeAside(descriptor, bytes, position);
          // A short one mostly means a full disk: the rest will tell.
          writeFully(descriptor, bytes.subarray(done), position + done);
        }),
      );
    } catch (error) {
      this.failure ??= error as Error;
    }
  }
}

/** @returns how many bytes were written */
function writeAside(descriptor: number, bytes: Buffer, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, bytes, 0, bytes.length, position, (error, count) =>
      error ? reject(error) : resolve(count),
    );
  });
}
