import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beginsWith, diskError, hashFile, openFile } from './files';
import { temporaryDirectory } from '../../temporary.fixtures';

let root: string;
beforeEach(() => (root = temporaryDirectory()));

describe('openFile', () => {
  it('reads exactly what is asked for', () => {
    writeFileSync(join(root, 'x'), '0123456789');
    using file = openFile(join(root, 'x'));
    expect(file.read(3, 4).toString()).toBe('3456');
    expect(() => file.read(8, 3)).toThrow(RangeError);
  });
});

it('says which directory cannot be written', () => {
  const error = Object.assign(new Error('x'), { code: 'EROFS' });
  expect(diskError(error, '/cache')).toMatchObject({
    code: 'STORE_UNUSABLE',
    message: expect.stringContaining('`/cache`'),
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
    using source = openFile(file('source', other));
    const path = file('whole', bytes);
    expect(beginsWith(path, source, bytes.length)).toBe(false);
    expect(beginsWith(path, source, at)).toBe(true);
  });

  it('is false for a file that is too short', () => {
    using source = openFile(file('source', bytes));
    expect(beginsWith(file('whole', bytes.subarray(1)), source, bytes.length)).toBe(false);
  });

  it('and hashing tell the rest of a file', () => {
    const [a, b] = [file('a', Buffer.from('12rest')), file('b', Buffer.from('rest'))];
    expect(hashFile(a, 2)).toBe(hashFile(b));
  });
});
