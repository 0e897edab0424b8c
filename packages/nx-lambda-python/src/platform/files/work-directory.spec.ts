import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownedName } from '../process/owner';
import { withWorkDirectory } from './work-directory';
import { temporaryDirectory } from '../../temporary.fixtures';

let parent: string;
beforeEach(() => (parent = temporaryDirectory()));

describe('withWorkDirectory', () => {
  it('is there for the work, and gone afterwards, whatever happens', async () => {
    const seen: string[] = [];
    const work = (directory: string) => {
      writeFileSync(join(directory, 'x'), '');
      seen.push(directory);
      return Promise.reject(new Error('no'));
    };
    await expect(withWorkDirectory(parent, work)).rejects.toThrow('no');
    expect(seen.map((directory) => existsSync(directory))).toEqual([false]);
  });

  it('sweeps what killed processes left, and nothing of those that live', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    const dead = ownedName(pid);
    const alive = ownedName(process.ppid);
    const foreign = '4711-00000000-0123456789ab';
    const old = '4711-00000000-ba9876543210';
    for (const name of [dead, alive, foreign, old]) mkdirSync(join(parent, name));
    utimesSync(join(parent, old), 0, 0);
    await withWorkDirectory(parent, () => Promise.resolve());
    expect(readdirSync(parent).sort()).toEqual([alive, foreign].sort());
  });
});
