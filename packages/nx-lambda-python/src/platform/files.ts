/** Files: listing a service's tree, random access, writes that are whole or absent. */

import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  fstatSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { LambdaPythonError } from '../errors';
import type { ByteSource } from '../packaging/zip/byte-source';
import { isAbandoned, ownedName } from './owner';

export interface SourceFile {
  /** Relative to the listed directory, with forward slashes. */
  path: string;
  executable: boolean;
}

/**
 * Every file below `root`, sorted by path in code units.
 *
 * A symbolic link stands for what it points to, as long as that is inside `boundary` (the workspace);
 * a link that leads outside would make the package depend on the machine and is refused.
 */
export function listFiles(
  root: string,
  boundary: string,
  isPruned: (directory: string) => boolean,
): SourceFile[] {
  const files: SourceFile[] = [];
  const allowed = realpathSync(boundary);
  const visit = (directory: string, ancestors: readonly string[]): void => {
    for (const entry of readdirSync(join(root, directory), { withFileTypes: true })) {
      const path = directory ? `${directory}/${entry.name}` : entry.name;
      if (!entry.isSymbolicLink()) {
        if (entry.isFile()) files.push({ path, executable: isExecutable(join(root, path)) });
        else if (entry.isDirectory() && !isPruned(path)) visit(path, ancestors);
        continue;
      }
      if (isPruned(path)) continue;
      const target = resolveLink(root, path, allowed);
      const { isDirectory, isFile } = kindOf(target);
      if (isFile) files.push({ path, executable: isExecutable(target) });
      // A link to one of its own ancestors would never end.
      else if (isDirectory && !ancestors.includes(target)) visit(path, [...ancestors, target]);
    }
  };
  visit('', [realpathSync(root)]);
  return files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

export interface OpenFile extends ByteSource {
  close(): void;
}

/** Opens a file for random access; the caller closes it. */
export function openFile(path: string): OpenFile {
  const descriptor = openSync(path, 'r');
  const { size } = fstatSync(descriptor);
  return {
    size,
    read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > size) {
        throw new RangeError(`bytes ${offset}..${offset + length} of ${size}`);
      }
      const bytes = Buffer.allocUnsafe(length);
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
    rmSync(temporary, { force: true });
    throw diskError(error, path);
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

/** Turns "no space left" and "read-only" into words; any other error is passed on. */
export function diskError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
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

  constructor(private readonly descriptor: number) {}

  write(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.pending.length) this.flush();
    if (bytes.length > this.pending.length) return writeFully(this.descriptor, bytes);
    this.pending.set(bytes, this.length);
    this.length += bytes.length;
  }

  flush(): void {
    writeFully(this.descriptor, this.pending.subarray(0, this.length));
    this.length = 0;
  }
}

function writeFully(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(descriptor, bytes, done, bytes.length - done);
  }
}

function isExecutable(path: string): boolean {
  return (statSync(path).mode & 0o111) !== 0;
}

function kindOf(path: string): { isDirectory: boolean; isFile: boolean } {
  const stat = statSync(path);
  return { isDirectory: stat.isDirectory(), isFile: stat.isFile() };
}

function resolveLink(root: string, path: string, boundary: string): string {
  let target: string;
  try {
    target = realpathSync(join(root, path));
  } catch (cause) {
    throw new LambdaPythonError('ENTRY_INVALID', {
      message: `the symbolic link \`${path}\` leads nowhere`,
      hint: `delete it, or leave it out: exclude = ["${path}"]`,
      cause,
    });
  }
  const inside = relative(boundary, target);
  if (inside === '..' || inside.startsWith(`..${sep}`)) {
    throw new LambdaPythonError('ENTRY_INVALID', {
      message: `the symbolic link \`${path}\` leads out of the workspace`,
      hint: `copy the file into the workspace, or leave the link out: exclude = ["${path}"]`,
    });
  }
  return target;
}
