import { randomBytes } from 'node:crypto';
import { bufferSource, type ByteSource } from './byte-source';
import { SourceBlocks } from './source-blocks';

const BYTES = randomBytes(6_000_000);
const RANGES = Array.from({ length: 2000 }, (_, index) => {
  const offset = (index * 2_654_435_761) % BYTES.length;
  const length = Math.min(BYTES.length - offset, index % 50 === 0 ? 400_000 : index);
  return [offset, length] as const;
});

function counting(): { source: ByteSource; calls: () => number } {
  let calls = 0;
  const plain = bufferSource(BYTES);
  const read: ByteSource['read'] = (offset, length, into) => {
    calls += 1;
    const bytes = plain.read(offset, length);
    // As a file does: the memory that is given is used.
    if (!into || into.length < length) return Buffer.from(bytes);
    bytes.copy(into);
    return into.subarray(0, length);
  };
  return { source: { size: BYTES.length, read }, calls: () => calls };
}

it('gives what the source has, in any order', () => {
  const blocks = new SourceBlocks(counting().source);
  expect(blocks.size).toBe(BYTES.length);
  for (const [offset, length] of [...RANGES, [BYTES.length - 3, 3], [0, BYTES.length]] as const) {
    const read = blocks.read(offset, length);
    expect(read.equals(BYTES.subarray(offset, offset + length))).toBe(true);
  }
});

it('asks the source once for what lies near each other', () => {
  const { source, calls } = counting();
  const blocks = new SourceBlocks(source);
  for (let round = 0; round < 3; round += 1) {
    for (let offset = 200_000; offset > 0; offset -= 100) blocks.read(offset, 90);
  }
  expect(calls()).toBe(1);
});

it.each([
  [-1, 1],
  [BYTES.length - 1, 2],
  [BYTES.length, 1],
])('refuses %i and %i beyond the source', (offset, length) => {
  expect(() => new SourceBlocks(bufferSource(BYTES)).read(offset, length)).toThrow(RangeError);
});
