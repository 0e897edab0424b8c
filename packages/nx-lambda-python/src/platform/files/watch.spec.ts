import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryDirectory } from '../../temporary.fixtures';
import { watchDirectories, type DirectoryWatch } from './watch';

let root: string;
let watch: DirectoryWatch;
let told: number;

beforeEach(() => {
  root = temporaryDirectory();
  mkdirSync(join(root, 'a'));
  writeFileSync(join(root, 'a', 'x.py'), '');
  told = 0;
  watch = watchDirectories(
    () => (told += 1),
    (error) => {
      throw error;
    },
  );
  watch.set([root, join(root, 'a')]);
});
afterEach(() => watch.close());

/** Waits until as much was told since, and no more follows. */
async function settle(expected: number): Promise<void> {
  for (let waited = 0; told < expected && waited < 5000; waited += 10) await sleep(10);
  await sleep(50);
}

describe('watchDirectories', () => {
  it.each<[string, () => void]>([
    ['writes a file', () => writeFileSync(join(root, 'a', 'x.py'), 'x = 1')],
    [
      'renames another file over it, as editors do',
      () => {
        writeFileSync(join(root, 'a', '.x.swp'), 'x = 1');
        renameSync(join(root, 'a', '.x.swp'), join(root, 'a', 'x.py'));
      },
    ],
    ['removes a file', () => rmSync(join(root, 'a', 'x.py'))],
    ['makes a directory', () => mkdirSync(join(root, 'a', 'new'))],
    [
      'writes many files, as git does',
      () => {
        for (let i = 0; i < 200; i += 1) writeFileSync(join(root, 'a', `m${i}.py`), 'x = 1');
      },
    ],
  ])('tells once of what %s', async (_, edit) => {
    edit();
    await settle(1);
    expect(told).toBe(1);
  });

  it('watches a directory that took the place of another', async () => {
    rmSync(join(root, 'a'), { recursive: true });
    mkdirSync(join(root, 'a'));
    await settle(1);
    expect(watch.set([root, join(root, 'a')])).toBe(true);
    const before = told;
    writeFileSync(join(root, 'a', 'x.py'), '');
    await settle(before + 1);
    expect(told).toBeGreaterThan(before);
  });

  it('tells nothing of a directory that is not watched any more, or does not exist', async () => {
    expect(watch.set([root, join(root, 'a')])).toBe(false);
    expect(watch.set([root, join(root, 'gone')])).toBe(false);
    writeFileSync(join(root, 'a', 'x.py'), 'x = 1');
    await sleep(50);
    expect(told).toBe(0);
  });
});
