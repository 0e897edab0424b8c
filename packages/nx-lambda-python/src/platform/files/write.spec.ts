import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownedName } from '../process/owner';
import {
  AsideOutput,
  dropDraft,
  startDraft,
  writeTextWhole,
  writeWhole,
  writeWholeAfter,
  writeWholeAside,
} from './write';
import { temporaryDirectory } from '../../temporary.fixtures';

let root: string;
beforeEach(() => (root = temporaryDirectory()));

const names = () => readdirSync(root).sort();

describe('writeWhole', () => {
  it('writes all, in small and large pieces', () => {
    const path = join(root, 'new', 'x');
    const large = Buffer.alloc(1 << 20, 'b');
    writeWhole(path, (output) => {
      output.write(Buffer.from('a'));
      output.write(large);
      output.write(Buffer.from('c'));
    });
    expect(
      readFileSync(path).equals(Buffer.concat([Buffer.from('a'), large, Buffer.from('c')])),
    ).toBe(true);
  });

  it('leaves what was there before, and nothing else, when writing fails', () => {
    const path = join(root, 'x');
    writeFileSync(path, 'old');
    const fail = () =>
      writeWhole(path, (output) => {
        output.write(Buffer.from('new'));
        throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      });
    expect(fail).toThrow(expect.objectContaining({ code: 'DISK_FULL' }));
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(names()).toEqual(['x']);
  });

  it('sweeps what a killed process left of this file, and nothing else', () => {
    const { pid: dead } = spawnSync(process.execPath, ['--version']);
    const others = [
      `.x.${ownedName(process.ppid)}.tmp`,
      `.x.${ownedName(dead).replace(/-[0-9a-f]{8}-/, '-00000000-')}.tmp`,
      `.y.${ownedName(dead)}.tmp`,
      '.x.tmp',
    ];
    for (const name of [...others, `.x.${ownedName(dead)}.tmp`]) {
      writeFileSync(join(root, name), '');
    }
    writeTextWhole(join(root, 'x'), 'new');
    expect(names()).toEqual([...others, 'x'].sort());
  });
});

describe('writeWholeAfter', () => {
  const start = () => {
    const file = join(root, 'start');
    writeFileSync(file, '0123456789');
    return startDraft(join(root, 'whole'), { file, length: 4 });
  };

  it.each(['', 'tail', 'a longer tail', 'x'.repeat(600_000)])(
    'puts the first bytes of a file and %.20s together',
    async (tail) => {
      const path = join(root, 'whole');
      writeFileSync(path, 'before');
      const seen: string[] = [];
      const result = await writeWholeAfter(
        path,
        start(),
        async (open) => {
          const output = await open();
          for (const piece of tail.match(/.{1,7000}/g) ?? []) output.write(Buffer.from(piece));
          seen.push(readFileSync(path, 'utf8'));
          return 'result';
        },
        () => seen.push(readFileSync(path, 'utf8')),
      );
      expect(result).toBe('result');
      expect(readFileSync(path, 'utf8')).toBe(`0123${tail}`);
      expect(seen).toEqual(['before', 'before']);
      expect(names()).toEqual(['start', 'whole']);
    },
  );

  it.each(['before it opens the output', 'after'])(
    'leaves all as it was where producing fails %s',
    async (moment) => {
      const path = join(root, 'whole');
      writeFileSync(path, 'before');
      const replace = jest.fn();
      const failing = writeWholeAfter(
        path,
        start(),
        async (open) => {
          if (moment === 'after') (await open()).write(Buffer.from('x'));
          throw new Error('producing');
        },
        replace,
      );
      await expect(failing).rejects.toThrow('producing');
      expect(replace).not.toHaveBeenCalled();
      expect(readFileSync(path, 'utf8')).toBe('before');
      expect(names()).toEqual(['start', 'whole']);
    },
  );

  it('fails as copying does', async () => {
    const path = join(root, 'whole');
    const failing = writeWholeAfter(
      path,
      startDraft(path, { file: join(root, 'missing'), length: 0 }),
      (open) => open(),
      () => undefined,
    );
    await expect(failing).rejects.toMatchObject({ code: 'ENOENT' });
    expect(names()).toEqual([]);
  });

  it('leaves nothing of a draft that is dropped', async () => {
    await dropDraft(start());
    expect(names()).toEqual(['start']);
  });
});

describe('writeWholeAside', () => {
  const [path, next] = ['part', 'package'].map((name) => () => join(root, name)) as [
    () => string,
    () => string,
  ];

  it('writes a file, and begins another one with the same bytes', async () => {
    const { result, draft } = await writeWholeAside(
      path(),
      async (output) => {
        output.write(Buffer.from('0123'));
        return 'result';
      },
      next(),
    );
    expect(result).toBe('result');
    expect(readFileSync(path(), 'utf8')).toBe('0123');
    expect(readFileSync(draft?.path ?? '', 'utf8')).toBe('0123');
    if (draft) await writeWholeAfter(next(), { ...draft, length: 2 }, (open) => open(), jest.fn());
    expect(readFileSync(next(), 'utf8')).toBe('01');
    expect(names()).toEqual(['package', 'part']);
  });

  it('begins none where none is asked for', async () => {
    expect(await writeWholeAside(path(), () => Promise.resolve(1))).toEqual({ result: 1 });
    expect(names()).toEqual(['part']);
  });

  it('leaves nothing where producing fails', async () => {
    const failing = writeWholeAside(path(), () => Promise.reject(new Error('producing')), next());
    await expect(failing).rejects.toThrow('producing');
    expect(names()).toEqual([]);
  });
});

describe('AsideOutput', () => {
  let descriptors: number[];
  beforeEach(() => {
    descriptors = ['a', 'b'].map((name) => openSync(join(root, name), 'w'));
  });
  afterEach(() => descriptors.forEach((descriptor) => closeSync(descriptor)));

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
});
