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
import { ownedName, sweepAbandoned } from '../process/owner';
import { diskError } from './files';

export interface Output {
  write(bytes: Uint8Array): void;
}

/**
 * Writes a file that is either whole or not there: a temporary sibling, then a rename.
 * With `durable` its bytes reach the disk before its name does, so that a power failure keeps the rule.
 */
export function writeWhole<T>(
  path: string,
  produce: (output: Output) => T,
  { durable = false } = {},
): T {
  let draft = '';
  try {
    draft = draftBeside(path);
    const descriptor = openSync(draft, 'wx', 0o644);
    let result: T;
    try {
      const output = new BufferedOutput(descriptor);
      result = produce(output);
      output.flush();
      if (durable) fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, path);
    return result;
  } catch (error) {
    if (draft !== '') removeDraft(draft);
    throw diskError(error, path);
  }
}

export function writeTextWhole(path: string, text: string, options?: { durable?: boolean }): void {
  writeWhole(path, (output) => output.write(Buffer.from(text)), options);
}

/** A file to be, of which the first bytes are being copied from another one by the system, aside. */
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
  const temporary = nameDraft(path);
  // Where the file system can share blocks, nothing is copied at all.
  const copying = file
    ? copyFile(file, temporary, constants.COPYFILE_FICLONE)
    : writeFile(temporary, '');
  // Heard by whoever goes on with it; until then a failure must not count as unhandled.
  copying.catch(() => undefined);
  return { path: temporary, length, copying };
}

/** For one that nobody goes on with. */
export async function dropDraft({ path, copying }: Draft): Promise<void> {
  await copying.catch(() => undefined);
  removeDraft(path);
}

/**
 * Like `writeWhole`, for a file that was begun: `produce` may work while its first bytes are copied, and the
 * output that it asks for stands right behind them.
 *
 * @param replace called when all bytes are there, before the file takes its place
 */
export async function writeWholeAfter<T>(
  path: string,
  draft: Draft,
  produce: (open: () => Promise<Output>) => Promise<T>,
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
 * Like `writeWhole`, with the bytes written aside, and into the beginning of another file as well.
 *
 * @param also the path of that one
 */
export async function writeWholeAside<T>(
  path: string,
  produce: (output: AsideOutput) => Promise<T>,
  also?: string,
): Promise<{ result: T; draft?: Draft }> {
  const drafts = [path, ...(also === undefined ? [] : [also])].map(nameDraft);
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

/** Gathers small writes: an archive has two for each of thousands of entries. */
export class BufferedOutput implements Output {
  private readonly pending = Buffer.allocUnsafe(1 << 18);
  private length = 0;

  /** @param position in the file where it starts; without one it goes on where the descriptor stands. */
  constructor(
    private readonly descriptor: number,
    private position?: number,
  ) {}

  write(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.pending.length) this.flush();
    if (bytes.length > this.pending.length) return this.writeFully(bytes);
    this.pending.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** @returns the end of what is written, where a position was given */
  flush(): number | undefined {
    this.writeFully(this.pending.subarray(0, this.length));
    this.length = 0;
    return this.position;
  }

  private writeFully(bytes: Uint8Array): void {
    writeFully(this.descriptor, bytes, this.position);
    if (this.position !== undefined) this.position += bytes.length;
  }
}

/** All of the bytes, however few the system takes at once. @param position without one, where the descriptor stands */
export function writeFully(descriptor: number, bytes: Uint8Array, position?: number): void {
  for (let done = 0; done < bytes.length;) {
    const at = position === undefined ? undefined : position + done;
    done += writeSync(descriptor, bytes, done, bytes.length - done, at);
  }
}

function nameDraft(path: string): string {
  try {
    return draftBeside(path);
  } catch (error) {
    throw diskError(error, path);
  }
}

/** If even this fails, the first error says why. */
function removeDraft(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The next writer sweeps it.
  }
}

/** A name for what will be renamed to `path`; its directory is made, and abandoned drafts of this file are removed. */
function draftBeside(path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  const [start, end] = [`.${basename(path)}.`, '.tmp'];
  sweepAbandoned(dirname(path), start, end);
  return join(dirname(path), `${start}${ownedName()}${end}`);
}
