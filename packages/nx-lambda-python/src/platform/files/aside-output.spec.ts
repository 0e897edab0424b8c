import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AsideOutput } from './aside-output';

let root: string;
let descriptors: number[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'aside-'));
  descriptors = ['a', 'b'].map((name) => openSync(join(root, name), 'w'));
});
afterEach(() => {
  descriptors.forEach((descriptor) => closeSync(descriptor));
  rmSync(root, { recursive: true });
});

const PIECES = Array.from({ length: 400 }, (_, index) =>
  // From nothing to two buffers.
  Buffer.alloc(index % 100 === 0 ? 2 << 20 : (index * 977) % 90_000, `${index} `),
);

it.each(['pauses when asked to', 'never pauses'])(
  'writes the same to all files where the caller %s',
  async (manner) => {
    const expected = Buffer.concat([...PIECES, ...PIECES]);
    expect(expected.length).toBeGreaterThan(32 << 20);
    const result = await new AsideOutput(descriptors).whole(async (output) => {
      for (const piece of [...PIECES, ...PIECES]) {
        output.write(piece);
        if (manner === 'pauses when asked to') await output.drain();
      }
      return 'result';
    });
    expect(result).toBe('result');
    for (const name of ['a', 'b']) {
      expect(readFileSync(join(root, name)).equals(expected)).toBe(true);
    }
  },
);

it.each([1, 4_000_000])('fails as writing does, after %i bytes', async (length) => {
  writeFileSync(join(root, 'read-only'), '');
  const readOnly = openSync(join(root, 'read-only'), 'r');
  descriptors.push(readOnly);
  const failing = new AsideOutput(descriptors).whole(async (output) => {
    output.write(Buffer.alloc(length));
  });
  await expect(failing).rejects.toMatchObject({ code: 'EBADF' });
});

it('ends only when nothing is being written any more', async () => {
  const output = new AsideOutput(descriptors);
  const failing = output.whole(async () => {
    output.write(Buffer.alloc(3 << 20, 'x'));
    throw new Error('producing');
  });
  await expect(failing).rejects.toThrow('producing');
  expect(readFileSync(join(root, 'b')).length).toBe(3 << 20);
});
