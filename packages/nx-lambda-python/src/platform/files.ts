/** Files: random access, writes that are whole or absent. */

import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  fstatSync,
  writeSync,
} from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LambdaPythonError } from '../errors';
import { chunkBuffer, eachChunk, type ByteSource } from '../packaging/zip/byte-source';
import { isAbandoned, ownedName } from './owner';

export interface OpenFile extends ByteSource {
  close(): void;
}

/** Opens a file for random access; the caller closes it. */
export function openFile(path: string): OpenFile {
  const descriptor = openSync(path, 'r');
  const { size } = fstatSync(descriptor);
  return {
    size,
    read(offset, length, into) {
      if (offset < 0 || length < 0 || offset + length > size) {
        throw new RangeError(`bytes ${offset}..${offset + length} of ${size}`);
      }
      const bytes =
        into && into.length >= length ? into.subarray(0, length) : Buffer.allocUnsafe(length);
      for (let done = 0; done < length;) {
        const count = readSync(descriptor, bytes, done, length - done, offset + done);
        if (count === 0) throw new RangeError(`file ends at ${offset + done}, expected ${size}`);
        done += count;
      }
      return bytes;
    },
    close: () => closeSync(descriptor),
  };
}

/** SHA-256 of a file, whole or from a position on. */
export function hashFile(path: string, encoding: 'hex' | 'base64', from = 0): string {
  const file = openFile(path);
  try {
    const hash = createHash('sha256');
    eachChunk(file, from, file.size - from, (bytes) => hash.update(bytes));
    return hash.digest(encoding);
  } finally {
    file.close();
  }
}

/** Whether a file's first `length` bytes are those of `source`. */
export function beginsWith(path: string, source: ByteSource, length: number): boolean {
  const file = openFile(path);
  const [own, other] = [chunkBuffer(), chunkBuffer()];
  try {
    if (file.size < length) return false;
    for (let at = 0; at < length; at += own.length) {
      const step = Math.min(own.length, length - at);
      if (!file.read(at, step, own).equals(source.read(at, step, other))) return false;
    }
    return true;
  } finally {
    file.close();
  }
}

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
  const temporary = join(dirname(path), draftName(path, ownedName()));
  try {
    mkdirSync(dirname(path), { recursive: true });
    sweepDrafts(path);
    const descriptor = openSync(temporary, 'wx', 0o644);
    let result: T;
    try {
      const output = new BufferedOutput(descriptor);
      result = produce(output);
      output.flush();
      if (durable) fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
    return result;
  } catch (error) {
    removeDraft(temporary);
    throw diskError(error, path);
  }
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
  const temporary = join(dirname(path), draftName(path, ownedName()));
  try {
    mkdirSync(dirname(path), { recursive: true });
    sweepDrafts(path);
  } catch (error) {
    throw diskError(error, path);
  }
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

/** Where even this fails, the first error says why. */
function removeDraft(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The next writer sweeps it.
  }
}

function draftName(path: string, owner: string): string {
  return `.${basename(path)}.${owner}.tmp`;
}

/** Removes what processes that were killed while they wrote this file left beside it. */
function sweepDrafts(path: string): void {
  const directory = dirname(path);
  const [start = '', end = ''] = draftName(path, '/').split('/');
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(start) || !name.endsWith(end)) continue;
    if (isAbandoned(name.slice(start.length, -end.length))) {
      rmSync(join(directory, name), { force: true });
    }
  }
}

/** Sends a file's bytes to the disk itself, before it is renamed to where others look for it. */
export function syncFile(path: string): void {
  const descriptor = openSync(path, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export function writeTextWhole(path: string, text: string, options?: { durable?: boolean }): void {
  writeWhole(path, (output) => output.write(Buffer.from(text)), options);
}

const REFUSALS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EEXIST: 'a file stands where a directory is needed',
  ENOTDIR: 'a file stands where a directory is needed',
  EPERM: 'permission denied',
  EROFS: 'read-only file system',
};

export function isDiskFull(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** Turns "no space left" and "read-only" into words; any other error is passed on. */
export function diskError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (isDiskFull(error)) {
    return new LambdaPythonError('DISK_FULL', {
      message: `no space left to write \`${path}\`; what was there before is untouched`,
      hint: 'free some space (`nx reset` clears the cache of Nx) and run the same command again',
      cause: error,
    });
  }
  const refusal = code && REFUSALS[code];
  if (refusal) {
    return new LambdaPythonError('STORE_UNUSABLE', {
      message: `\`${path}\` cannot be written: ${refusal}`,
      hint: 'set NX_LAMBDA_PYTHON_CACHE_DIRECTORY to a directory you can write, or correct `outputPath`',
      cause: error,
    });
  }
  return error;
}

/** Gathers small writes: an archive has two for each of thousands of entries. */
class BufferedOutput implements Output {
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
    for (let done = 0; done < bytes.length;) {
      const count = writeSync(this.descriptor, bytes, done, bytes.length - done, this.position);
      done += count;
      if (this.position !== undefined) this.position += count;
    }
  }
}
