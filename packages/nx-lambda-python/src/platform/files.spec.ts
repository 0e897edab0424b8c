import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  beginsWith,
  diskError,
  hashFile,
  openFile,
  writeTextWhole,
  writeWhole,
  dropDraft,
  startDraft,
  writeWholeAfter,
} from './files';
import { ownedName } from './owner';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'files-'))));
afterEach(() => rmSync(root, { recursive: true }));

describe('openFile', () => {
  it('reads exactly what is asked for', () => {
    writeFileSync(join(root, 'x'), '0123456789');
    const file = openFile(join(root, 'x'));
    expect(file.read(3, 4).toString()).toBe('3456');
    expect(() => file.read(8, 3)).toThrow(RangeError);
    file.close();
  });
});

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
    expect(readdirSync(root)).toEqual(['x']);
    expect(existsSync(path)).toBe(true);
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
    expect(readdirSync(root).sort()).toEqual([...others, 'x'].sort());
  });

  it('says which directory cannot be written', () => {
    const error = Object.assign(new Error('x'), { code: 'EROFS' });
    expect(diskError(error, '/cache')).toMatchObject({
      code: 'STORE_UNUSABLE',
      message: expect.stringContaining('`/cache`'),
    });
  });
});

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

describe('beginsWith', () => {
  const file = (name: string, bytes: Buffer) => {
    const path = join(root, name);
    writeFileSync(path, bytes);
    return path;
  };
  const bytes = Buffer.alloc(600_000, 'abc');

  it.each([0, 1, 262_144, 262_145, 599_999])('sees one byte that differs, at %i', (at) => {
    const other = Buffer.from(bytes);
    other.writeUInt8(0, at);
    const source = openFile(file('source', other));
    const path = file('whole', bytes);
    expect(beginsWith(path, source, bytes.length)).toBe(false);
    expect(beginsWith(path, source, at)).toBe(true);
    source.close();
  });

  it('is false for a file that is too short', () => {
    const source = openFile(file('source', bytes));
    expect(beginsWith(file('whole', bytes.subarray(1)), source, bytes.length)).toBe(false);
    source.close();
  });

  it('and hashing tell the rest of a file', () => {
    const [a, b] = [file('a', Buffer.from('12rest')), file('b', Buffer.from('rest'))];
    expect(hashFile(a, 'hex', 2)).toBe(hashFile(b, 'hex'));
  });
});
