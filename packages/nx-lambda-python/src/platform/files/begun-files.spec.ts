import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dropDraft, startDraft, writeWholeAfter, writeWholeAside } from './begun-files';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'begun-'))));
afterEach(() => rmSync(root, { recursive: true }));

describe('writeWholeAfter', () => {
  const names = () => readdirSync(root).sort();
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
  const names = () => readdirSync(root).sort();
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
