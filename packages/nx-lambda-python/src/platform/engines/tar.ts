/** Tar archives for what is copied into a container and out of it. The only file that imports tar-stream. */

import {
  createReadStream,
  createWriteStream,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  truncateSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Header, Pack } from 'tar-stream';
import { openFile } from '../files/files';

const BLOCK = 512;
const RECORD = 20 * BLOCK;
const CHUNK = 1 << 20;

/** Thrown for an archive that ends early, or that could not have been written by the command that was run. */
export class TarError extends Error {
  override readonly name = 'TarError';
}

/**
 * Writes files and whole directories under their `target`s, an absolute path each; all belong to root.
 * The archive itself may lie among them and is left out.
 */
export async function writeTar(
  file: string,
  entries: readonly { source: string; target: string }[],
): Promise<void> {
  // Only copying needs it.
  const { pack } = await import('tar-stream');
  const archive = pack();
  const feed = async () => {
    for (const { source, target } of entries) {
      await addTree(archive, source, target.replace(/^\//, ''), file);
    }
    archive.finalize();
  };
  const output = createWriteStream(file, { flags: 'wx', mode: 0o600 });
  await Promise.all([pipeline(archive, output), feed()]);
  // Readers of a stream ask for whole records, so that none is left waiting.
  truncateSync(file, Math.ceil(statSync(file).size / RECORD) * RECORD);
}

async function addTree(archive: Pack, source: string, name: string, except: string): Promise<void> {
  if (source === except) return;
  const stat = lstatSync(source);
  const header = { name, mode: stat.mode & 0o777, mtime: new Date(0) };
  if (stat.isDirectory()) {
    archive.entry({ ...header, type: 'directory' });
    for (const child of readdirSync(source).sort()) {
      await addTree(archive, join(source, child), `${name}/${child}`, except);
    }
  } else if (stat.isSymbolicLink()) {
    archive.entry({ ...header, type: 'symlink', linkname: readlinkSync(source) });
  } else if (stat.isFile()) {
    const entry = archive.entry({ ...header, type: 'file', size: stat.size });
    await pipeline(createReadStream(source, { highWaterMark: CHUNK }), entry);
  }
}

/**
 * Unpacks below `directory`. Nothing is written outside of it: names are checked, and links are made last,
 * so that no file is written through one.
 *
 * @throws TarError
 */
export async function readTar(file: string, directory: string): Promise<void> {
  const { extract } = await import('tar-stream');
  const archive = extract();
  const links: { path: string; to: string }[] = [];
  let end = 0;
  const take = async () => {
    for await (const entry of archive) {
      const { header } = entry;
      const path = join(directory, checkedName(header.name));
      end = endOf(header);
      if (header.type === 'directory') mkdirSync(path, { recursive: true });
      else if (header.type === 'symlink') links.push({ path, to: header.linkname ?? '' });
      else if (header.type !== 'file') {
        throw new TarError(`\`${header.name}\` is not a file, directory or link`);
      } else {
        mkdirSync(dirname(path), { recursive: true });
        const mode = (header.mode ?? 0) & 0o777;
        await pipeline(entry, createWriteStream(path, { flags: 'wx', mode }));
        continue;
      }
      entry.resume();
    }
  };
  try {
    await Promise.all([
      pipeline(createReadStream(file, { highWaterMark: CHUNK }), archive),
      take(),
    ]);
  } catch (error) {
    // Those of files have a code.
    if (error instanceof TarError || (error as NodeJS.ErrnoException).code) throw error;
    throw new TarError((error as Error).message);
  }
  checkEnd(file, end);
  for (const { path, to } of links) {
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(to, path);
  }
}

/** tar-stream sets it, its types do not have it. */
function endOf({ byteOffset = 0, size = 0 }: Header & { byteOffset?: number }): number {
  return byteOffset + Math.ceil(size / BLOCK) * BLOCK;
}

/** tar-stream takes an archive that breaks off between two entries for a whole one: two empty blocks must follow. */
function checkEnd(file: string, end: number): void {
  using input = openFile(file);
  const length = 2 * BLOCK;
  if (input.size < end + length || input.read(end, length).some((byte) => byte !== 0)) {
    throw new TarError('the end of the archive is missing');
  }
}

function checkedName(name: string): string {
  const parts = name.replace(/\/$/, '').split('/');
  const isSafe = parts.every((part) => !['', '.', '..'].includes(part) && !part.includes('\\'));
  if (!isSafe) throw new TarError(`\`${name}\` is not a path below its directory`);
  return parts.join('/');
}
