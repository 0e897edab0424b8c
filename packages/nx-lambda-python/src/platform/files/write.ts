/**
 * Files that are either whole or absent: written under another name beside their own, then renamed. Three ways lead
 * there: at once (`writeWhole`), behind first bytes that the system copies meanwhile (`startDraft`, `writeWholeAfter`),
 * and with the system taking bytes while the next ones are being made (`writeWholeAside`).
 */

import {
  chmodSync,
  closeSync,
  constants,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  write,
  writeSync,
} from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import type { ByteSink } from '../../packaging/zip/write';
import { attempt } from '../process/attempt';
import { ownedName, sweepAbandoned } from '../process/owner';
import { diskError } from './files';

/** With `durable` the bytes reach the disk before the name does, so that the file is whole after a power failure, too. */
export function writeWhole<T>(
  path: string,
  produce: (output: ByteSink) => T,
  { durable = false } = {},
): T {
  const draft = draftBeside(path);
  try {
    const descriptor = openSync(draft, 'wx', 0o644);
    let result: T;
    try {
      const output = new BufferedOutput(descriptor, 0);
      result = produce(output);
      output.flush();
      if (durable) fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, path);
    return result;
  } catch (error) {
    removeDraft(draft);
    throw diskError(error, path);
  }
}

export function writeTextWhole(path: string, text: string, options?: { durable?: boolean }): void {
  writeWhole(path, (output) => output.write(Buffer.from(text)), options);
}

/** A file to be: the system copies its first bytes from another one meanwhile. */
export interface Draft {
  /** Of the temporary sibling. */
  path: string;
  /** Of the copied bytes. */
  length: number;
  copying: Promise<void>;
}

/** @param start a length of 0 needs no file */
export function startDraft(
  path: string,
  { file, length }: { file: string | undefined; length: number },
): Draft {
  const temporary = draftBeside(path);
  // If the file system can share blocks, nothing is copied at all.
  const copying = file
    ? copyFile(file, temporary, constants.COPYFILE_FICLONE)
    : writeFile(temporary, '');
  // `writeWholeAfter` reports a failure; until then it must not count as unhandled.
  copying.catch(() => undefined);
  return { path: temporary, length, copying };
}

/** For a draft that will not become a file. */
export async function dropDraft({ path, copying }: Draft): Promise<void> {
  await copying.catch(() => undefined);
  removeDraft(path);
}

/**
 * Like `writeWhole`, for a draft: `produce` may work while the first bytes are copied, and the output that it opens
 * begins right behind them.
 *
 * @param replace called when all bytes are there, before the file takes its place
 */
export async function writeWholeAfter<T>(
  path: string,
  draft: Draft,
  produce: (open: () => Promise<ByteSink>) => Promise<T>,
  replace: () => void,
): Promise<T> {
  let descriptor: number | undefined;
  try {
    let output: BufferedOutput | undefined;
    const result = await produce(async () => {
      await draft.copying;
      chmodSync(draft.path, 0o644);
      descriptor = openSync(draft.path, 'r+');
      output = new BufferedOutput(descriptor, draft.length);
      return output;
    });
    if (output && descriptor !== undefined) {
      ftruncateSync(descriptor, output.flush());
      closeSync(descriptor);
      descriptor = undefined;
    }
    replace();
    renameSync(draft.path, path);
    return result;
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor);
    await dropDraft(draft);
    throw diskError(error, path);
  }
}

/**
 * Like `writeWhole`: the system takes bytes while the next ones are being made. Another file can begin with the same.
 *
 * @param also the path of that one
 */
export async function writeWholeAside<T>(
  path: string,
  produce: (output: AsideOutput) => Promise<T>,
  also?: string,
): Promise<{ result: T; draft?: Draft }> {
  const drafts = [path, ...(also === undefined ? [] : [also])].map(draftBeside);
  const descriptors: number[] = [];
  try {
    let result: T;
    try {
      for (const draft of drafts) descriptors.push(openSync(draft, 'wx', 0o644));
      const output = new AsideOutput(descriptors);
      result = await output.whole(produce);
    } finally {
      for (const descriptor of descriptors) closeSync(descriptor);
    }
    const [own = '', other] = drafts;
    renameSync(own, path);
    return {
      result,
      ...(other && { draft: { path: other, length: 0, copying: Promise.resolve() } }),
    };
  } catch (error) {
    drafts.forEach(removeDraft);
    throw diskError(error, path);
  }
}

const BUFFER_LENGTH = 1 << 20;
/** When all are in use the caller writes itself, so that memory stays small. */
const BUFFERS = 16;

/** Writes the same bytes to each of some open files, from its beginning. */
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
      // Later errors only follow from the first.
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
          // A short write mostly means a full disk: writing the rest says so.
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

/** Gathers small writes: an archive has two for each of thousands of entries. */
class BufferedOutput implements ByteSink {
  private readonly pending = Buffer.allocUnsafe(1 << 18);
  private length = 0;

  constructor(
    private readonly descriptor: number,
    private position: number,
  ) {}

  write(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.pending.length) this.flush();
    if (bytes.length > this.pending.length) return this.writeFully(bytes);
    this.pending.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** @returns the end of what is written */
  flush(): number {
    this.writeFully(this.pending.subarray(0, this.length));
    this.length = 0;
    return this.position;
  }

  private writeFully(bytes: Uint8Array): void {
    writeFully(this.descriptor, bytes, this.position);
    this.position += bytes.length;
  }
}

/** All of the bytes, however few the system takes at once. */
function writeFully(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
  }
}

/** If even this fails, the first error says why, and the next writer removes it. */
function removeDraft(path: string): void {
  attempt(() => rmSync(path, { force: true }));
}

/** A name for what will be renamed to `path`; its directory is made, and abandoned drafts of this file are removed. */
function draftBeside(path: string): string {
  const [start, end] = [`.${basename(path)}.`, '.tmp'];
  try {
    mkdirSync(dirname(path), { recursive: true });
    sweepAbandoned(dirname(path), start, end);
  } catch (error) {
    throw diskError(error, path);
  }
  return join(dirname(path), `${start}${ownedName()}${end}`);
}
