/** Builds archives for specs, field by field, so that any of them can be made to lie. */

import { crc32 } from 'node:zlib';
import { deflateSync } from 'fflate';

export interface FixtureEntry {
  path: string | Buffer;
  /** Before compression. */
  content?: string | Buffer;
  method?: number;
  /** Unix mode; a regular file of 0644 unless told otherwise. */
  mode?: number;
  /** 4.4.3, the version that is needed to read it: 2.0 unless told otherwise. */
  version?: number;
  /** That made it (4.4.2): 3, which is Unix, unless told otherwise. */
  system?: number;
  flags?: number;
  /** The compressed bytes, where they are not `content` deflated. */
  data?: Buffer;
  crc?: number;
  size?: number;
  compressedSize?: number;
  centralOffset?: number;
  centralDisk?: number;
  centralExtra?: Buffer;
  centralComment?: Buffer;
  local?: {
    path?: string | Buffer;
    method?: number;
    flags?: number;
    crc?: number;
    size?: number;
    compressedSize?: number;
    extra?: Buffer;
    signature?: number;
  };
  /** Bytes after the data. */
  after?: Buffer;
}

export interface FixtureArchive {
  prefix?: Buffer;
  beforeEnd?: Buffer;
  comment?: Buffer;
  commentLength?: number;
  trailing?: Buffer;
  entryCount?: number;
  diskEntries?: number;
  disk?: number;
  centralSize?: number;
  centralOffset?: number;
  /** Writes a zip64 end; the classic end then holds all ones unless `classic` is set. */
  zip64?: {
    classic?: boolean;
    offset?: number;
    recordSize?: number;
    entryCount?: number;
    disk?: number;
  };
}

export const UTF8 = 1 << 11;
export const DESCRIPTOR = 1 << 3;

export function buildArchive(
  entries: readonly FixtureEntry[],
  archive: FixtureArchive = {},
): Buffer {
  const parts: Buffer[] = [archive.prefix ?? Buffer.alloc(0)];
  const centrals: Buffer[] = [];
  let offset = parts[0]?.length ?? 0;
  for (const entry of entries) {
    const fields = resolveFields(entry);
    centrals.push(central(entry, fields, offset));
    const local = localPart(entry, fields);
    parts.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const between = archive.beforeEnd ?? Buffer.alloc(0);
  const end = endPart(
    entries.length,
    directory.length,
    offset,
    offset + directory.length + between.length,
    archive,
  );
  return Buffer.concat([...parts, directory, between, end, archive.trailing ?? Buffer.alloc(0)]);
}

/** The same bytes on every machine, which Node's zlib does not promise. */
export function deflate(content: Buffer): Buffer {
  return Buffer.from(deflateSync(content));
}

/** 4.3.9 in its four forms. */
export function descriptor(
  content: Buffer,
  compressedSize: number,
  { signed = true, wide = false, crc = crc32(content) } = {},
): Buffer {
  return bytes((writer) => {
    if (signed) writer.u32(0x08074b50);
    writer.u32(crc);
    for (const size of [compressedSize, content.length]) {
      if (wide) writer.u64(size);
      else writer.u32(size);
    }
  });
}

/** An extra field: id, length, data. */
export function extraField(id: number, data: Buffer): Buffer {
  return bytes((writer) => {
    writer.u16(id);
    writer.u16(data.length);
    writer.raw(data);
  });
}

export function zip64Field(...values: number[]): Buffer {
  return extraField(
    1,
    bytes((writer) => values.forEach((value) => writer.u64(value))),
  );
}

interface Fields {
  name: Buffer;
  data: Buffer;
  method: number;
  flags: number;
  crc: number;
  size: number;
  compressedSize: number;
}

function resolveFields(entry: FixtureEntry): Fields {
  const content = Buffer.from(entry.content ?? '');
  const name = Buffer.from(entry.path);
  const method = entry.method ?? (content.length === 0 ? 0 : 8);
  const data = entry.data ?? (method === 8 ? deflate(content) : content);
  return {
    name,
    data,
    method,
    flags: entry.flags ?? (name.some((byte) => byte > 127) ? UTF8 : 0),
    crc: entry.crc ?? crc32(content),
    size: entry.size ?? content.length,
    compressedSize: entry.compressedSize ?? data.length,
  };
}

function localPart({ local = {}, after }: FixtureEntry, fields: Fields): Buffer {
  const name = local.path === undefined ? fields.name : Buffer.from(local.path);
  const extra = local.extra ?? Buffer.alloc(0);
  return bytes((writer) => {
    writer.u32(local.signature ?? 0x04034b50);
    writer.u16(20);
    writer.u16(local.flags ?? fields.flags);
    writer.u16(local.method ?? fields.method);
    writer.u32(0x00210000);
    writer.u32(local.crc ?? fields.crc);
    writer.u32(local.compressedSize ?? fields.compressedSize);
    writer.u32(local.size ?? fields.size);
    writer.u16(name.length);
    writer.u16(extra.length);
    for (const part of [name, extra, fields.data, after ?? Buffer.alloc(0)]) writer.raw(part);
  });
}

function central(entry: FixtureEntry, fields: Fields, offset: number): Buffer {
  const extra = entry.centralExtra ?? Buffer.alloc(0);
  const comment = entry.centralComment ?? Buffer.alloc(0);
  const isDirectory = fields.name.at(-1) === 0x2f;
  return bytes((writer) => {
    writer.u32(0x02014b50);
    writer.u16(((entry.system ?? 3) << 8) | 20);
    writer.u16(entry.version ?? 20);
    writer.u16(fields.flags);
    writer.u16(fields.method);
    writer.u32(0x00210000);
    writer.u32(fields.crc);
    writer.u32(fields.compressedSize);
    writer.u32(fields.size);
    writer.u16(fields.name.length);
    writer.u16(extra.length);
    writer.u16(comment.length);
    writer.u16(entry.centralDisk ?? 0);
    writer.u16(0);
    writer.u16(0);
    writer.u16(entry.mode ?? (isDirectory ? 0o40755 : 0o100644));
    writer.u32(entry.centralOffset ?? offset);
    for (const part of [fields.name, extra, comment]) writer.raw(part);
  });
}

function endPart(
  count: number,
  size: number,
  offset: number,
  position: number,
  archive: FixtureArchive,
): Buffer {
  const { zip64, comment = Buffer.alloc(0) } = archive;
  const ones = zip64 !== undefined && !zip64.classic;
  const total = archive.entryCount ?? count;
  return bytes((writer) => {
    if (zip64) {
      writer.u32(0x06064b50);
      writer.u64(zip64.recordSize ?? 44);
      writer.u16(45);
      writer.u16(45);
      writer.u32(zip64.disk ?? 0);
      writer.u32(0);
      writer.u64(zip64.entryCount ?? count);
      writer.u64(zip64.entryCount ?? count);
      writer.u64(size);
      writer.u64(offset);
      writer.u32(0x07064b50);
      writer.u32(0);
      writer.u64(zip64.offset ?? position);
      writer.u32(1);
    }
    writer.u32(0x06054b50);
    writer.u16(archive.disk ?? 0);
    writer.u16(0);
    writer.u16(ones ? 0xffff : (archive.diskEntries ?? total));
    writer.u16(ones ? 0xffff : total);
    writer.u32(ones ? 0xffffffff : (archive.centralSize ?? size));
    writer.u32(ones ? 0xffffffff : (archive.centralOffset ?? offset));
    writer.u16(archive.commentLength ?? comment.length);
    writer.raw(comment);
  });
}

interface Writer {
  u16(value: number): void;
  u32(value: number): void;
  u64(value: number): void;
  raw(value: Buffer): void;
}

function bytes(fill: (writer: Writer) => void): Buffer {
  const parts: Buffer[] = [];
  const number = (length: number) => (value: number) => {
    const part = Buffer.alloc(length);
    if (length === 8) part.writeBigUInt64LE(BigInt(value));
    else part.writeUIntLE(value, 0, length);
    parts.push(part);
  };
  fill({ u16: number(2), u32: number(4), u64: number(8), raw: (value) => parts.push(value) });
  return Buffer.concat(parts);
}
