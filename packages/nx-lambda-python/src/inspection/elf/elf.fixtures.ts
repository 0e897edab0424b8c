/** Small ELF files, made by hand. */

export interface ElfParts {
  /** Number: 62 is x86_64, 183 aarch64. */
  machine?: number;
  needed?: readonly string[];
  soname?: string;
  rpath?: string;
  runpath?: string;
  /** By library. */
  versions?: Readonly<Record<string, readonly string[]>>;
  weak?: boolean;
}

/** An address that differs from the offset, so that a reader has to translate. */
const BASE = 0x400000;

export function makeElf({
  machine = 62,
  versions = {},
  weak = false,
  ...parts
}: ElfParts = {}): Buffer {
  const strings = [Buffer.from('\0')];
  let length = 1;
  const text = (value: string): number => {
    const at = length;
    strings.push(Buffer.from(`${value}\0`));
    length += value.length + 1;
    return at;
  };
  const tags: [number, number][] = [
    ...(parts.needed ?? []).map((name): [number, number] => [1, text(name)]),
    ...(parts.soname === undefined ? [] : [[14, text(parts.soname)] as [number, number]]),
    ...(parts.rpath === undefined ? [] : [[15, text(parts.rpath)] as [number, number]]),
    ...(parts.runpath === undefined ? [] : [[29, text(parts.runpath)] as [number, number]]),
  ];
  const libraries = Object.entries(versions);
  const needs = libraries.flatMap(([library, names], index) => {
    const head = Buffer.alloc(16);
    head.writeUInt16LE(1, 0);
    head.writeUInt16LE(names.length, 2);
    head.writeUInt32LE(text(library), 4);
    head.writeUInt32LE(16, 8);
    head.writeUInt32LE(index === libraries.length - 1 ? 0 : 16 * (names.length + 1), 12);
    const rows = names.map((name, at) => {
      const row = Buffer.alloc(16);
      row.writeUInt16LE(weak ? 2 : 0, 4);
      row.writeUInt32LE(text(name), 8);
      row.writeUInt32LE(at === names.length - 1 ? 0 : 16, 12);
      return row;
    });
    return [head, ...rows];
  });
  const versionTable = Buffer.concat(needs);
  const table = Buffer.concat(strings);
  const stringsAt = 64 + 2 * 56;
  const versionsAt = stringsAt + table.length;
  const dynamicAt = versionsAt + versionTable.length;
  tags.push([5, BASE + stringsAt], [10, table.length]);
  if (libraries.length > 0)
    tags.push([0x6ffffffe, BASE + versionsAt], [0x6fffffff, libraries.length]);
  const dynamic = Buffer.alloc(16 * (tags.length + 1));
  for (const [index, [tag, value]] of tags.entries()) {
    dynamic.writeBigUInt64LE(BigInt(tag), index * 16);
    dynamic.writeBigUInt64LE(BigInt(value), index * 16 + 8);
  }
  const header = Buffer.alloc(64);
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  header.writeUInt16LE(3, 16);
  header.writeUInt16LE(machine, 18);
  header.writeBigUInt64LE(64n, 32);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(2, 56);
  const end = dynamicAt + dynamic.length;
  return Buffer.concat([
    header,
    segment(1, 0, end),
    segment(2, dynamicAt, dynamic.length),
    ...[table, versionTable, dynamic],
  ]);
}

function segment(type: number, offset: number, size: number): Buffer {
  const header = Buffer.alloc(56);
  header.writeUInt32LE(type, 0);
  header.writeBigUInt64LE(BigInt(offset), 8);
  header.writeBigUInt64LE(BigInt(BASE + offset), 16);
  header.writeBigUInt64LE(BigInt(size), 32);
  return header;
}
