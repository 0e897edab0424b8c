/** Files: random access, and errors of the disk in words. */

import { createHash } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, readSync } from 'node:fs';
import { LambdaPythonError } from '../../errors';
import { chunkBuffer, eachChunk, type ByteSource } from '../../packaging/zip/bytes';
import { attempt } from '../process/attempt';

export type OpenFile = ByteSource & Disposable;

/** Opens a file for random access, to be closed by `using`. */
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
    [Symbol.dispose]: () => closeSync(descriptor),
  };
}

/** SHA-256 of a file, whole or from a position on, hex. */
export function hashFile(path: string, from = 0): string {
  using file = openFile(path);
  const hash = createHash('sha256');
  eachChunk(file, from, file.size - from, (bytes) => hash.update(bytes));
  return hash.digest('hex');
}

/** Whether a file's first `length` bytes are those of `source`. */
export function beginsWith(path: string, source: ByteSource, length: number): boolean {
  using file = openFile(path);
  if (file.size < length) return false;
  const [own, other] = [chunkBuffer(), chunkBuffer()];
  for (let at = 0; at < length; at += own.length) {
    const step = Math.min(own.length, length - at);
    if (!file.read(at, step, own).equals(source.read(at, step, other))) return false;
  }
  return true;
}

/** Undefined if the file cannot be read, or is not JSON. */
export function readJson<T = unknown>(path: string): T | undefined {
  return attempt(() => JSON.parse(readFileSync(path, 'utf8')) as T);
}

/** Flushes a file to the disk, before it is renamed to the place where others look for it. */
export function syncFile(path: string): void {
  const descriptor = openSync(path, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const REFUSALS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EEXIST: 'there is a file where a directory is needed',
  ENOTDIR: 'there is a file where a directory is needed',
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
      message: `no space left to write \`${path}\`; the previous content is untouched`,
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
