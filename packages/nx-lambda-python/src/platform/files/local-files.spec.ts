import { chmodSync, mkdirSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { isEnvironment, type WalkRules } from '../../service/files';
import { listFiles, readLocalContent } from './local-files';
import { temporaryDirectory, writeFiles } from '../../temporary.fixtures';

let root: string;
beforeEach(() => (root = temporaryDirectory()));

const write = (path: string, text = '') => writeFiles(root, { [path]: text });

const NOTHING = { trees: [], archives: [], findLinks: [] };
const tree = () => readLocalContent(root, { ...NOTHING, trees: ['libs/a'] }, 'uv.lock');

describe('readLocalContent', () => {
  it.each([{ trees: ['libs/gone'] }, { archives: ['libs/gone'] }])(
    'says what names a library that is not there: %j',
    (parts) => {
      expect(() => readLocalContent(root, { ...NOTHING, ...parts }, 'uv.lock')).toThrow(
        expect.objectContaining({
          code: 'REQUIREMENTS_MISSING',
          message: '`libs/gone`, which `uv.lock` names, is not in the workspace',
        }),
      );
    },
  );

  it('lists a library without what builds and tools leave in it', () => {
    for (const path of [
      'pyproject.toml',
      'a/x.py',
      'tests/t.py',
      'build/y',
      '.git/HEAD',
      'a/x.pyc',
    ])
      write(`libs/a/${path}`);
    expect(tree().files.map(({ path }) => path)).toEqual([
      'libs/a/a/x.py',
      'libs/a/pyproject.toml',
      'libs/a/tests/t.py',
    ]);
  });

  it('has one digest for one content, wherever and whenever it lies', () => {
    write('libs/a/x.py', 'x = 1\n');
    const { digests } = tree();
    utimesSync(join(root, 'libs/a/x.py'), 1, 1);
    expect(tree().digests).toEqual(digests);
    chmodSync(join(root, 'libs/a/x.py'), 0o755);
    expect(tree().digests).not.toEqual(digests);
    chmodSync(join(root, 'libs/a/x.py'), 0o600);
    expect(tree().digests).toEqual(digests);
    write('libs/a/x.py', 'x = 2\n');
    expect(tree().digests).not.toEqual(digests);
  });

  it('sees the files of a directory of links, and none below', () => {
    write('wheels/a.whl', 'a');
    write('wheels/old/b.whl', 'b');
    const links = () =>
      readLocalContent(root, { ...NOTHING, findLinks: ['wheels'] }, 'requirements.txt');
    const { files, digests } = links();
    expect(files.map(({ path }) => path)).toEqual(['wheels/a.whl']);
    write('wheels/old/c.whl');
    expect(links().digests).toEqual(digests);
    write('wheels/c.whl');
    expect(links().digests).not.toEqual(digests);
  });
});

describe('listFiles', () => {
  const RULES: WalkRules = { enters: () => true, selects: () => true, isEnvironment };

  it('lists by code units, with what is executable, without what is not entered', () => {
    const others = ['b/skipped/x.py', 'b/my env/pyvenv.cfg', 'b/my env/x.py', 'conda/conda-meta/x'];
    for (const name of ['b/é.py', 'b/Z.py', 'a.py', ...others]) write(`service/${name}`);
    chmodSync(join(root, 'service', 'a.py'), 0o755);
    const enters = (path: string) => !path.endsWith('skipped');
    const files = listFiles(join(root, 'service'), root, { ...RULES, enters });
    expect(files).toEqual([
      { path: 'a.py', executable: true },
      { path: 'b/Z.py', executable: false },
      { path: 'b/é.py', executable: false },
    ]);
  });

  it('takes a link inside the workspace for what it points to', () => {
    mkdirSync(join(root, 'service'));
    write('shared/x.py', 'x');
    symlinkSync('../shared', join(root, 'service', 'linked'));
    symlinkSync('../shared/x.py', join(root, 'service', 'y.py'));
    symlinkSync('.', join(root, 'service', 'self'));
    const paths = listFiles(join(root, 'service'), root, RULES).map(({ path }) => path);
    expect(paths).toEqual(['linked/x.py', 'y.py']);
  });

  it.each(['a/x.py', 'b.tmp'])('leaves out %s, which another process removes meanwhile', (path) => {
    for (const name of ['a/x.py', 'b.tmp', 'c.py']) write(name);
    const removes = () => {
      rmSync(join(root, path.split('/')[0] as string), { recursive: true });
      return true;
    };
    const paths = listFiles(root, root, { ...RULES, enters: removes }).map((file) => file.path);
    expect(paths).toEqual(['a/x.py', 'b.tmp', 'c.py'].filter((name) => name !== path));
  });

  it.each([
    ['/etc/hostname', 'points out of the workspace'],
    ['nowhere', 'points to nothing'],
    ['/usr', 'points out of the workspace'],
  ])('refuses a link to %s if it counts', (target, words) => {
    symlinkSync(target, join(root, 'link'));
    expect(() => listFiles(root, root, RULES)).toThrow(
      expect.objectContaining({ code: 'ENTRY_INVALID', message: expect.stringContaining(words) }),
    );
    expect(listFiles(root, root, { ...RULES, selects: () => false })).toEqual([]);
  });
});
