/** Damages archives as accidents and attackers do: bytes, pieces, and the fields of headers. */

/** Numbers from 0 to below 1. */
export type Random = () => number;

/** mulberry32: the same numbers in every run. */
export function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** One to four changes of one of the archives; pieces may come from the others. */
export function mutate(archives: readonly Buffer[], random: Random): Buffer {
  let bytes: Buffer = Buffer.from(pick(archives, random));
  for (let count = 1 + below(4, random); count > 0 && bytes.length > 0; count--) {
    bytes = pick(MUTATIONS, random)(bytes, random, archives);
  }
  return bytes;
}

type Mutation = (bytes: Buffer, random: Random, archives: readonly Buffer[]) => Buffer;

const MUTATIONS: readonly Mutation[] = [
  changeByte,
  flipBit,
  // What a header says is where readers come to differ: most changes are made there.
  ...Array<Mutation>(6).fill(changeField),
  ...Array<Mutation>(2).fill(changeBoth),
  remove,
  repeat,
  truncate,
  splice,
];

function changeByte(bytes: Buffer, random: Random): Buffer {
  bytes[below(bytes.length, random)] = below(256, random);
  return bytes;
}

function flipBit(bytes: Buffer, random: Random): Buffer {
  const at = below(bytes.length, random);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8, random));
  return bytes;
}

function remove(bytes: Buffer, random: Random): Buffer {
  const [start, end] = range(bytes, random);
  return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
}

function repeat(bytes: Buffer, random: Random): Buffer {
  const [start, end] = range(bytes, random);
  return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)]);
}

function truncate(bytes: Buffer, random: Random): Buffer {
  const at = below(bytes.length, random);
  return random() < 0.5 ? bytes.subarray(0, at) : bytes.subarray(at);
}

/** A piece of another archive in the place of one of this. */
function splice(bytes: Buffer, random: Random, archives: readonly Buffer[]): Buffer {
  const other = pick(archives, random);
  const [from, to] = range(other, random);
  const [start, end] = range(bytes, random);
  return Buffer.concat([bytes.subarray(0, start), other.subarray(from, to), bytes.subarray(end)]);
}

interface Field {
  offset: number;
  width: 1 | 2 | 4 | 8;
}

/** After each signature: widths of the fields in their order (APPNOTE 4.3.7 to 4.3.16). */
const HEADERS: Readonly<Record<string, readonly Field['width'][]>> = {
  'PK\x03\x04': [1, 1, 2, 2, 2, 2, 4, 4, 4, 2, 2],
  'PK\x07\x08': [4, 4, 4],
  'PK\x01\x02': [1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 2, 2, 2, 2, 2, 2, 2, 4],
  'PK\x06\x06': [8, 2, 2, 4, 4, 8, 8, 8, 8],
  'PK\x06\x07': [4, 8, 4],
  'PK\x05\x06': [2, 2, 2, 2, 4, 4, 2],
};

function changeField(bytes: Buffer, random: Random): Buffer {
  const header = pick(headersOf(bytes), random, undefined);
  const field = header && pick(header.fields, random);
  if (field) write(bytes, field, otherValue(bytes, field, random));
  return bytes;
}

/** Fields that an entry has in both headers: central index to local index. */
const SHARED: readonly (readonly [central: number, local: number])[] = [
  ...[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((central) => [central, central - 2] as const),
];

/** The same new value in a local and the central header of an entry, so that they go on to agree. */
function changeBoth(bytes: Buffer, random: Random): Buffer {
  const headers = headersOf(bytes);
  const locals = headers.filter(({ signature }) => signature === 'PK\x03\x04');
  const centrals = headers.filter(({ signature }) => signature === 'PK\x01\x02');
  const index = below(Math.min(locals.length, centrals.length), random);
  const [central = 0, local = 0] = pick(SHARED, random);
  const [first, second] = [locals[index]?.fields[local], centrals[index]?.fields[central]];
  if (!first || !second) return bytes;
  const value = otherValue(bytes, first, random);
  write(bytes, first, value);
  write(bytes, second, value);
  return bytes;
}

function headersOf(bytes: Buffer): { signature: string; fields: Field[] }[] {
  return Object.entries(HEADERS).flatMap(([signature, widths]) => {
    const found: { signature: string; fields: Field[] }[] = [];
    for (let at = bytes.indexOf(signature); at !== -1; at = bytes.indexOf(signature, at + 1)) {
      let offset = at + 4;
      const fields = widths.map((width): Field => ({ offset: (offset += width) - width, width }));
      if (offset <= bytes.length) found.push({ signature, fields });
    }
    return found;
  });
}

/** Values at the edges, near the present one, or any. */
function otherValue(bytes: Buffer, { offset, width }: Field, random: Random): bigint {
  const present = BigInt(
    `0x${Buffer.from(bytes.subarray(offset, offset + width))
      .reverse()
      .toString('hex')}`,
  );
  const ones = (1n << BigInt(8 * width)) - 1n;
  const any = BigInt(Math.floor(random() * Number(ones)));
  const near = [1n, -1n, 8n, -8n, 16n, 64n].map((step) => present + step);
  const bit = present ^ (1n << BigInt(below(8 * width, random)));
  return BigInt.asUintN(
    8 * width,
    pick([0n, 1n, ones, ones >> 1n, any, bit, bit, ...near], random),
  );
}

function write(bytes: Buffer, { offset, width }: Field, value: bigint): void {
  for (let index = 0; index < width; index++) {
    bytes[offset + index] = Number((value >> BigInt(8 * index)) & 0xffn);
  }
}

function range(bytes: Buffer, random: Random): [start: number, end: number] {
  const start = below(bytes.length, random);
  const length = random() < 0.5 ? below(9, random) : below(bytes.length - start, random);
  return [start, Math.min(bytes.length, start + length)];
}

function below(limit: number, random: Random): number {
  return Math.floor(random() * limit);
}

function pick<T>(items: readonly T[], random: Random): T;
function pick<T>(items: readonly T[], random: Random, none: undefined): T | undefined;
function pick<T>(items: readonly T[], random: Random): T | undefined {
  return items[below(items.length, random)];
}
