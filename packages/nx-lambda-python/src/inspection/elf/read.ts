/**
 * Reads what Linux's loader reads of an ELF file: program headers and what they lead to, never section headers, which
 * may be stripped or lie. Field offsets are those of the System V ABI, 64-bit, little-endian.
 */

/** What is wrong with a file that begins as ELF. */
export class ElfError extends Error {}

export interface ElfFile {
  /** As tags name it (`x86_64`, `aarch64`), else `machine 8 (32-bit)`. */
  machine: string;
  /** Of a file that the loader maps; undefined for other machines and for what is only linked (`.o`). */
  dynamic?: ElfDynamic;
}

export interface ElfDynamic {
  needed: string[];
  soname: string | null;
  /** Searched before LD_LIBRARY_PATH, also for what the needed libraries need; not if there is a `runpath`. */
  rpath: string[];
  /** Searched after LD_LIBRARY_PATH, for the needed libraries alone. */
  runpath: string[];
  versions: NeededVersion[];
}

/** A symbol version that must be in a library: `GLIBC_2.17` in `libc.so.6`. */
export interface NeededVersion {
  library: string;
  name: string;
  /** Whether the loader goes on without it. */
  isWeak: boolean;
}

const MACHINES: Readonly<Record<number, string>> = { 62: 'x86_64', 183: 'aarch64' };
const [PT_LOAD, PT_DYNAMIC] = [1, 2];
const [DT_NEEDED, DT_STRTAB, DT_STRSZ, DT_SONAME, DT_RPATH, DT_RUNPATH] = [1, 5, 10, 14, 15, 29];
const [DT_VERNEED, DT_VERNEEDNUM] = [0x6ffffffe, 0x6fffffff];
const VER_FLG_WEAK = 2;
/** PATH_MAX. */
const LONGEST = 4096;
/** The largest files have some hundred. */
const MOST_ENTRIES = 100_000;

/** @param start the first bytes of a file */
export function isElf(start: Buffer): boolean {
  return start.length >= 20 && start.readUInt32BE(0) === 0x7f454c46;
}

/** @throws ElfError for headers that lead out of the file, or nowhere */
export function readElf(file: Buffer): ElfFile {
  if (!isElf(file)) throw new ElfError('its header is cut short');
  // 4 - class, 5 - byte order, 18 - machine
  const isLittle = file[5] === 1;
  const number = isLittle ? file.readUInt16LE(18) : file.readUInt16BE(18);
  const machine = file[4] === 2 && isLittle ? MACHINES[number] : undefined;
  if (machine === undefined) {
    const kind = file[4] === 1 ? '32-bit' : isLittle ? '64-bit' : 'big-endian';
    return { machine: `machine ${number} (${kind})` };
  }
  if (file.length < 64) throw new ElfError('its header is cut short');
  const dynamic = readDynamic(file, readSegments(file));
  return dynamic ? { machine, dynamic } : { machine };
}

interface Segment {
  type: number;
  offset: number;
  address: number;
  size: number;
}

function readSegments(file: Buffer): Segment[] {
  // 32 - offset of the program headers, 54 - size of one, 56 - their number
  const [start, size, count] = [number64(file, 32), file.readUInt16LE(54), file.readUInt16LE(56)];
  if (count === 0) return [];
  if (size < 56 || start + size * count > file.length) {
    throw new ElfError('its program headers are outside of the file');
  }
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * size;
    // 0 - type, 8 - offset in the file, 16 - address, 32 - size in the file
    return {
      type: file.readUInt32LE(at),
      offset: number64(file, at + 8),
      address: number64(file, at + 16),
      size: number64(file, at + 32),
    };
  });
}

function readDynamic(file: Buffer, segments: readonly Segment[]): ElfDynamic | undefined {
  const segment = segments.find(({ type }) => type === PT_DYNAMIC);
  // A static program has none.
  if (!segment) return undefined;
  const { offset, size } = segment;
  if (offset + size > file.length) throw new ElfError('its dynamic section is outside of the file');
  // 0 - tag, 8 - value; tags of more than 32 bits are not ours.
  const entries: { tag: number; value: () => number }[] = [];
  for (let at = offset; at + 16 <= offset + size; at += 16) {
    if (entries.length > MOST_ENTRIES) throw new ElfError('its dynamic section has no end');
    const tag = file.readUInt32LE(at + 4) === 0 ? file.readUInt32LE(at) : Infinity;
    if (tag === 0) break;
    entries.push({ tag, value: () => number64(file, at + 8) });
  }
  const valueOf = (tag: number) => entries.find((entry) => entry.tag === tag)?.value();
  const strings = stringTable(file, segments, valueOf(DT_STRTAB), valueOf(DT_STRSZ));
  const text = (tag: number): string | undefined => {
    const value = valueOf(tag);
    return value === undefined ? undefined : strings(value);
  };
  const paths = (tag: number): string[] => text(tag)?.split(':').filter(Boolean) ?? [];
  const needs = valueOf(DT_VERNEED);
  return {
    needed: entries.flatMap(({ tag, value }) => (tag === DT_NEEDED ? [strings(value())] : [])),
    soname: text(DT_SONAME) ?? null,
    rpath: paths(DT_RPATH),
    runpath: paths(DT_RUNPATH),
    versions:
      needs === undefined
        ? []
        : readVersions(file, offsetOf(needs, segments), valueOf(DT_VERNEEDNUM) ?? 0, strings),
  };
}

type Strings = (index: number) => string;

function stringTable(
  file: Buffer,
  segments: readonly Segment[],
  address: number | undefined,
  size = 0,
): Strings {
  const start = address === undefined ? 0 : offsetOf(address, segments);
  const table = file.subarray(start, Math.min(start + size, file.length));
  return (index) => {
    const end = table.subarray(0, index + LONGEST).indexOf(0, index);
    if (index >= table.length || end < 0) {
      throw new ElfError('a name is outside of its string table');
    }
    return table.toString('utf8', index, end);
  };
}

/** `.gnu.version_r`: a chain of libraries, each with a chain of versions. */
function readVersions(
  file: Buffer,
  start: number,
  libraries: number,
  strings: Strings,
): NeededVersion[] {
  const versions: NeededVersion[] = [];
  // Chains of honest files have one step for each of their 16 bytes at most.
  let steps = Math.min(MOST_ENTRIES, file.length / 16);
  const check = (at: number): void => {
    if ((steps -= 1) < 0 || at + 16 > file.length) {
      throw new ElfError('its needed versions have no end, or are outside of the file');
    }
  };
  for (let at = start, left = libraries; left > 0; left -= 1) {
    check(at);
    // 2 - number of versions, 4 - name of the library, 8 - offset of the first version, 12 - of the next library
    const library = strings(file.readUInt32LE(at + 4));
    let version = at + file.readUInt32LE(at + 8);
    for (let count = file.readUInt16LE(at + 2); count > 0; count -= 1) {
      check(version);
      // 4 - flags, 8 - name of the version, 12 - offset of the next
      const isWeak = (file.readUInt16LE(version + 4) & VER_FLG_WEAK) !== 0;
      versions.push({ library, name: strings(file.readUInt32LE(version + 8)), isWeak });
      const next = file.readUInt32LE(version + 12);
      if (next === 0) break;
      version += next;
    }
    const next = file.readUInt32LE(at + 12);
    if (next === 0) break;
    at += next;
  }
  return versions;
}

/** Where the loader finds the bytes that it maps to this address. */
function offsetOf(address: number, segments: readonly Segment[]): number {
  const segment = segments.find(
    (one) => one.type === PT_LOAD && one.address <= address && address < one.address + one.size,
  );
  if (!segment) throw new ElfError('an address is in none of its segments');
  return segment.offset + address - segment.address;
}

function number64(file: Buffer, at: number): number {
  const value = file.readUInt32LE(at) + file.readUInt32LE(at + 4) * 0x1_0000_0000;
  if (!Number.isSafeInteger(value)) throw new ElfError('a 64-bit field is too large');
  return value;
}
