/** Tar archives as GNU tar and Python write them, for what is copied into a container and out of it. */

import {
  closeSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

const BLOCK = 512;
const RECORD = 20 * BLOCK;
const CHUNK = 1 << 20;
const LONGEST_NAME = 100;

type Kind = 'file' | 'directory' | 'link';
const TYPES: Record<Kind, string> = { file: '0', link: '2', directory: '5' };

/** Thrown for an archive that ends early, or that could not have been written by what we ran. */
export class TarError extends Error {
  override readonly name = 'TarError';
}

/**
 * Writes files and whole directories under their `target`s, an absolute path each; all belong to root.
 * The archive itself may lie among them and is left out.
 */
export function writeTar(
  file: string,
  entries: readonly { source: string; target: string }[],
): void {
  const output = openSync(file, 'wx', 0o600);
  try {
    const add = (source: string, name: string): void => {
      if (source === file) return;
      const stat = lstatSync(source);
      const mode = stat.mode & 0o777;
      if (stat.isDirectory()) {
        writeHeader(output, { name: `${name}/`, kind: 'directory', mode });
        for (const child of readdirSync(source).sort())
          add(join(source, child), `${name}/${child}`);
      } else if (stat.isSymbolicLink()) {
        writeHeader(output, { name, kind: 'link', mode, link: readlinkSync(source) });
      } else if (stat.isFile()) {
        writeHeader(output, { name, kind: 'file', mode, size: stat.size });
        writeContent(output, source, stat.size);
      }
    };
    for (const { source, target } of entries) add(source, target.replace(/^\//, ''));
    // Two empty blocks end it. Readers of a stream ask for whole records, so one is never left waiting.
    writeSync(output, Buffer.alloc(2 * BLOCK));
    const written = fstatSync(output).size;
    writeSync(output, Buffer.alloc((RECORD - (written % RECORD)) % RECORD));
  } finally {
    closeSync(output);
  }
}

interface Header {
  name: string;
  kind: Kind;
  mode: number;
  size?: number;
  link?: string;
}

function writeHeader(output: number, { name, kind, mode, size = 0, link = '' }: Header): void {
  // What does not fit stands in an entry of its own before this one.
  for (const [type, text] of [
    ['L', name],
    ['K', link],
  ] as const) {
    const bytes = Buffer.from(`${text}\0`);
    if (bytes.length <= LONGEST_NAME) continue;
    writeSync(output, headerBlock('././@LongLink', type, 0, bytes.length, ''));
    writeSync(output, Buffer.concat([bytes, padding(bytes.length)]));
  }
  writeSync(output, headerBlock(name, TYPES[kind], mode, size, link));
}

function headerBlock(name: string, type: string, mode: number, size: number, link: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0');
  // 0 - name, cut where a long name stands before.
  Buffer.from(name).copy(block, 0, 0, LONGEST_NAME - 1);
  // 100 - mode; 108, 116 - user and group, root; 124 - size; 136 - time, none.
  block.write(`${octal(mode, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`, 100);
  block.write(`${octal(size, 11)}\0${octal(0, 11)}\0`, 124);
  // 148 - checksum, over the block with spaces in its place; 156 - type; 157 - link.
  block.write(`        ${type}`, 148);
  Buffer.from(link).copy(block, 157, 0, LONGEST_NAME - 1);
  // 257 - GNU tar's own magic.
  block.write('ustar  \0', 257);
  block.write(`${octal(checksum(block), 6)}\0 `, 148);
  return block;
}

function checksum(block: Buffer): number {
  return block.reduce((sum, byte) => sum + byte, 0);
}

function writeContent(output: number, source: string, size: number): void {
  const input = openSync(source, 'r');
  try {
    copyBytes(input, undefined, size, output);
    writeSync(output, padding(size));
  } finally {
    closeSync(input);
  }
}

function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** From `position`, or from where `input` stands. */
function copyBytes(
  input: number,
  position: number | undefined,
  size: number,
  output: number,
): void {
  const buffer = Buffer.alloc(Math.min(CHUNK, size));
  for (let done = 0; done < size;) {
    const at = position === undefined ? null : position + done;
    const length = readSync(input, buffer, 0, Math.min(buffer.length, size - done), at);
    if (length === 0) throw new TarError('it ends in the middle of a file');
    writeSync(output, buffer, 0, length);
    done += length;
  }
}

/**
 * Unpacks below `directory`. Nothing is written outside of it: names are checked, and links are made last,
 * so that no file is written through one.
 *
 * @throws TarError
 */
export function readTar(file: string, directory: string): void {
  const input = openSync(file, 'r');
  const links: { path: string; to: string }[] = [];
  try {
    let position = 0;
    let long: { name?: string; link?: string } = {};
    for (;;) {
      const block = readBlock(input, position);
      position += BLOCK;
      if (block.every((byte) => byte === 0)) break;
      const { name, type, mode, size, link } = parseHeader(block);
      if (type === 'L' || type === 'K') {
        const text = Buffer.alloc(size);
        readSync(input, text, 0, size, position);
        long = { ...long, [type === 'L' ? 'name' : 'link']: textOf(text) };
      } else {
        const path = join(directory, checkedName(long.name ?? name));
        if (type === TYPES.directory) mkdirSync(path, { recursive: true });
        else if (type === TYPES.link) links.push({ path, to: long.link ?? link });
        else if (type === TYPES.file) unpackFile(input, position, size, path, mode);
        else throw new TarError(`\`${name}\` is neither file, directory nor link`);
        long = {};
      }
      position += Math.ceil(size / BLOCK) * BLOCK;
    }
  } finally {
    closeSync(input);
  }
  for (const { path, to } of links) {
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(to, path);
  }
}

function readBlock(input: number, position: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  if (readSync(input, block, 0, BLOCK, position) < BLOCK) throw new TarError('it has no end');
  return block;
}

function parseHeader(block: Buffer): Required<Omit<Header, 'kind'>> & { type: string } {
  const octal = (start: number, end: number) => {
    const value = Number.parseInt(textOf(block.subarray(start, end)).trim() || '0', 8);
    if (Number.isNaN(value)) throw new TarError('a header is damaged');
    return value;
  };
  const expected = octal(148, 156);
  block.fill(' ', 148, 156);
  if (checksum(block) !== expected) throw new TarError('a header is damaged');
  return {
    name: textOf(block.subarray(0, 100)),
    mode: octal(100, 108) & 0o777,
    size: octal(124, 136),
    type: String.fromCharCode(block[156] ?? 0),
    link: textOf(block.subarray(157, 257)),
  };
}

function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

function checkedName(name: string): string {
  const parts = name.replace(/\/$/, '').split('/');
  const isSafe = parts.every((part) => !['', '.', '..'].includes(part) && !part.includes('\\'));
  if (!isSafe) throw new TarError(`\`${name}\` is no path below its directory`);
  return parts.join('/');
}

function unpackFile(
  input: number,
  position: number,
  size: number,
  path: string,
  mode: number,
): void {
  mkdirSync(dirname(path), { recursive: true });
  const output = openSync(path, 'wx', mode);
  try {
    copyBytes(input, position, size, output);
  } finally {
    closeSync(output);
  }
}
