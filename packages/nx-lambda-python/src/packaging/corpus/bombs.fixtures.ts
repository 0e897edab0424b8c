/** Wheels of few bytes that unpack to many: they are made when they are needed. */

import { constants, crc32, deflateRawSync } from 'node:zlib';
import { buildWheel } from '../wheel/wheel.fixtures';
import type { FixtureWheel } from '../wheel/wheel.fixtures';

const MEBIBYTE = 1024 * 1024;

const files = (content: FixtureWheel['files']) => ({ files: content });

/** By reason, then by what is wrong. RECORD is wrong as well, where the reader never comes that far. */
export const BOMBS: readonly (readonly [reason: string, what: string, bytes: () => Buffer])[] = [
  ['bomb', '1 GiB that is stated', () => wheel(files({ 'a.bin': zeros(1024) }))],
  [
    'bomb',
    '300 files of 1 MiB',
    () => {
      const one = zeros(1);
      return wheel(files(Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`${n}`, one]))));
    },
  ],
  [
    'content-size-mismatch',
    '1 GiB, 10 bytes stated',
    () => wheel(files({ 'a.bin': { ...zeros(1024), size: 10 } })),
  ],
  [
    'content-size-mismatch',
    '1 GiB, 250 MiB stated',
    () => wheel(files({ 'a.bin': { ...zeros(1024), size: 250 * MEBIBYTE } })),
  ],
  // Read to its end: below this limit a bomb is only a large file.
  ['record-size-mismatch', '200 MiB that are stated', () => wheel(files({ 'a.bin': zeros(200) }))],
  ['too-large', 'METADATA of 12 MB', () => wheel({ metadata: `${METADATA}${'a:\n'.repeat(4e6)}` })],
  [
    'metadata-malformed',
    'a million headers',
    () => wheel({ metadata: `${METADATA}${'a:\n'.repeat(1e6)}` }),
  ],
  ['too-large', 'RECORD of 20 MB', () => wheel({ record: () => 'a,,\n'.repeat(5e6) })],
  ['record-file-missing', 'half a million rows', () => wheel({ record: () => rows(5e5) })],
];

const METADATA = 'Name: demo\nVersion: 1.0\n';

function wheel(fixture: FixtureWheel): Buffer {
  return buildWheel(fixture).bytes;
}

/** Deflated zeros: a mebibyte takes about 1,050 bytes. */
function zeros(mebibytes: number) {
  const chunk = Buffer.alloc(MEBIBYTE);
  // Pieces of a deflate stream that are flushed wholly may follow each other in any number.
  const one = deflateRawSync(chunk, { finishFlush: constants.Z_FULL_FLUSH });
  const last = deflateRawSync(Buffer.alloc(0));
  let crc = 0;
  for (let count = 0; count < mebibytes; count++) crc = crc32(chunk, crc);
  const data = Buffer.concat([...Array<Buffer>(mebibytes).fill(one), last]);
  return { data, crc, size: mebibytes * MEBIBYTE, method: 8 };
}

function rows(count: number): string {
  return Array.from({ length: count }, (_, index) => `${index.toString(36)},,\n`).join('');
}
