import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskError, listFiles, openFile, writeTextWhole, writeWhole } from './files';
import { ownedName } from './owner';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'files-'))));
afterEach(() => rmSync(root, { recursive: true }));

describe('listFiles', () => {
  const none = () => false;

  it('lists by code units, with what is executable, without what is pruned', () => {
    mkdirSync(join(root, 'service', 'b', '.venv'), { recursive: true });
    for (const name of ['b/é.py', 'b/Z.py', 'a.py', 'b/.venv/x.py']) {
      writeFileSync(join(root, 'service', name), '');
    }
    chmodSync(join(root, 'service', 'a.py'), 0o755);
    const files = listFiles(join(root, 'service'), root, (path) => path.endsWith('.venv'));
    expect(files).toEqual([
      { path: 'a.py', executable: true },
      { path: 'b/Z.py', executable: false },
      { path: 'b/é.py', executable: false },
    ]);
  });

  it('takes a link inside the workspace for what it points to', () => {
    mkdirSync(join(root, 'shared'));
    mkdirSync(join(root, 'service'));
    writeFileSync(join(root, 'shared', 'x.py'), 'x');
    symlinkSync('../shared', join(root, 'service', 'linked'));
    symlinkSync('../shared/x.py', join(root, 'service', 'y.py'));
    symlinkSync('.', join(root, 'service', 'self'));
    const paths = listFiles(join(root, 'service'), root, none).map(({ path }) => path);
    expect(paths).toEqual(['linked/x.py', 'y.py']);
  });

  it.each([
    ['/etc/hostname', 'leads out of the workspace'],
    ['nowhere', 'leads nowhere'],
  ])('refuses a link to %s', (target, words) => {
    symlinkSync(target, join(root, 'link'));
    expect(() => listFiles(root, root, none)).toThrow(
      expect.objectContaining({ code: 'ENTRY_INVALID', message: expect.stringContaining(words) }),
    );
  });
});

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
