import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isLocked, withLock } from './locks';
import { ownedName } from '../process/owner';
import { temporaryDirectory } from '../../temporary.fixtures';

let root: string;
beforeEach(() => (root = temporaryDirectory('with spaces ü')));

const deadPid = () => spawnSync(process.execPath, ['--version']).pid;

/** As a holder that is gone left it. */
function leave(name: string, owner: string): void {
  mkdirSync(join(root, `${name}.lock`));
  writeFileSync(join(root, `${name}.lock`, owner), '');
}

describe('withLock', () => {
  it('has one holder, and leaves nothing', async () => {
    const order: string[] = [];
    const work = (name: string) =>
      withLock(join(root, 'x'), async () => {
        order.push(`${name} in`);
        expect(isLocked(join(root, 'x'))).toBe(true);
        await new Promise((resolve) => setTimeout(resolve, 5));
        order.push(`${name} out`);
      });
    await Promise.all(['a', 'b', 'c'].map(work));
    expect(order.map((entry) => entry.slice(2))).toEqual(['in', 'out', 'in', 'out', 'in', 'out']);
    expect(readdirSync(root)).toEqual([]);
    expect(isLocked(join(root, 'x'))).toBe(false);
  });

  it('is given back when the work fails', async () => {
    const fail = withLock(join(root, 'x'), () => Promise.reject(new Error('no')));
    await expect(fail).rejects.toThrow('no');
    expect(readdirSync(root)).toEqual([]);
  });

  it('takes over from a dead process of this machine at once', async () => {
    leave('x', ownedName(deadPid()));
    expect(isLocked(join(root, 'x'))).toBe(false);
    // Silence never counts here: only a holder known to be dead is passed over.
    const taken = await withLock(join(root, 'x'), () => Promise.resolve(true), {
      staleAfter: Infinity,
    });
    expect(taken).toBe(true);
    expect(readdirSync(root)).toEqual([]);
  });

  it.each([
    ['another machine', () => `${process.ppid}-00000000-0123456789ab`],
    ['a process id that is in use again', () => ownedName(process.ppid)],
    ['nobody that is known', () => 'unknown'],
  ])('takes over from %s after a silence', async (_, owner) => {
    leave('x', owner());
    expect(isLocked(join(root, 'x'))).toBe(true);
    const work = () => Promise.resolve(true);
    expect(await withLock(join(root, 'x'), work, { staleAfter: 50 })).toBe(true);
    expect(readdirSync(root)).toEqual([]);
  });

  it('sweeps what was left between the two steps of taking it', async () => {
    const dead = ownedName(deadPid());
    const alive = ownedName(process.ppid);
    for (const owner of [dead, alive]) {
      mkdirSync(join(root, `x.${owner}.tmp`));
      writeFileSync(join(root, `x.${owner}.tmp`, owner), '');
    }
    await withLock(join(root, 'x'), () => Promise.resolve());
    expect(readdirSync(root)).toEqual([`x.${alive}.tmp`]);
  });

  it('does not give back what another process has taken over', async () => {
    await withLock(join(root, 'x'), () => {
      rmSync(join(root, 'x.lock'), { recursive: true });
      leave('x', 'other');
      return Promise.resolve();
    });
    expect(existsSync(join(root, 'x.lock', 'other'))).toBe(true);
  });

  it('says where it cannot be', async () => {
    writeFileSync(join(root, 'file'), '');
    const attempt = withLock(join(root, 'file', 'x'), () => Promise.resolve());
    await expect(attempt).rejects.toMatchObject({ code: 'STORE_UNUSABLE' });
  });
});
