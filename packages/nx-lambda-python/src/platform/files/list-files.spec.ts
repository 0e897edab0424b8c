import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listFiles } from './list-files';

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
