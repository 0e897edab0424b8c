/** Files: random access, writes that are whole or absent. */

import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  fstatSync,
  writeSync,
} from 'node:fs';
import { LambdaPythonError } from '../../errors';
import { chunkBuffer, eachChunk, type ByteSource } from '../../packaging/zip/bytes';
import { draftBeside, removeDraft } from './drafts';

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
